// What IAM's operations have in common: names, tags, pages, and how records look in answers.
import type { Tag } from '@aws-sdk/client-iam'
import { AwsError, type Handlers } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import type { Identity, ManagedPolicy, Role } from './directory.ts'
import { statementsOf } from './policy.ts'

export type IamHandlers = Handlers<typeof import('@aws-sdk/client-iam')>

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const DEFAULT_SESSION_SECONDS = 3600
const DEFAULT_PAGE_SIZE = 100

export function pathOf(path: string | undefined): string {
  if (path === undefined) return '/'
  if (!path.startsWith('/') || !path.endsWith('/')) {
    throw new AwsError(
      'ValidationError',
      `The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
    )
  }
  return path
}

export const tagsFrom = (tags: Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]))

export const tagList = (tags: Record<string, string>): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

/** IAM gives documents percent-encoded (RFC 3986). */
export const encodedDocument = (document: string): string =>
  encodeURIComponent(document).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** The document of an identity policy, once it is known to be one. */
export function identityDocument(document: string): string {
  statementsOf(document, 'identity')
  return document
}

interface Listing {
  Marker?: string
  MaxItems?: number
}

export function listed<T>(items: Iterable<T>, keyOf: (item: T) => string, { Marker, MaxItems }: Listing) {
  const invalid = () => {
    throw new AwsError('ValidationError', `Invalid Marker: ${Marker}`)
  }
  const cut = page(sortedBy(items, keyOf), keyOf, { token: Marker, size: MaxItems ?? DEFAULT_PAGE_SIZE, invalid })
  return { items: cut.items, paging: { IsTruncated: cut.nextToken !== undefined, Marker: cut.nextToken } }
}

export function roleAnswer(role: Role) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodedDocument(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
  }
}

export function userAnswer(user: Identity) {
  return { Path: user.path, UserName: user.name, UserId: user.id, Arn: user.arn, CreateDate: new Date(user.createdAt) }
}

export function policyAnswer(policy: ManagedPolicy, attachmentCount: number) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachmentCount,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(Math.max(...policy.versions.map(({ createdAt }) => createdAt))),
  }
}
