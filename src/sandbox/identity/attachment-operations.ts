import { AwsError, type Table } from '../cloud.ts'
import type { Directory, Identity } from './directory.ts'
import { encodedDocument, type IamHandlers, identityDocument, listed } from './iam-answer.ts'

/** The inline and attached policies of users and roles: the same ten operations twice. */
export function attachmentOperations(directory: Directory): IamHandlers {
  const ofRole = attachments(directory, directory.roles, (name) => directory.role(name), 'role')
  const ofUser = attachments(directory, directory.users, (name) => directory.user(name), 'user')
  return {
    PutRolePolicy: ({ RoleName, PolicyName, PolicyDocument }) => ofRole.put(RoleName, PolicyName, PolicyDocument),
    PutUserPolicy: ({ UserName, PolicyName, PolicyDocument }) => ofUser.put(UserName, PolicyName, PolicyDocument),
    GetRolePolicy: ({ RoleName, PolicyName }) => ({ RoleName, ...ofRole.get(RoleName, PolicyName) }),
    GetUserPolicy: ({ UserName, PolicyName }) => ({ UserName, ...ofUser.get(UserName, PolicyName) }),
    DeleteRolePolicy: ({ RoleName, PolicyName }) => ofRole.remove(RoleName, PolicyName),
    DeleteUserPolicy: ({ UserName, PolicyName }) => ofUser.remove(UserName, PolicyName),
    ListRolePolicies: (input) => ofRole.inline(input.RoleName, input),
    ListUserPolicies: (input) => ofUser.inline(input.UserName, input),
    AttachRolePolicy: ({ RoleName, PolicyArn }) => ofRole.attach(RoleName, PolicyArn),
    AttachUserPolicy: ({ UserName, PolicyArn }) => ofUser.attach(UserName, PolicyArn),
    DetachRolePolicy: ({ RoleName, PolicyArn }) => ofRole.detach(RoleName, PolicyArn),
    DetachUserPolicy: ({ UserName, PolicyArn }) => ofUser.detach(UserName, PolicyArn),
    ListAttachedRolePolicies: (input) => ofRole.attached(input.RoleName, input),
    ListAttachedUserPolicies: (input) => ofUser.attached(input.UserName, input),
  }
}

interface Listing {
  PathPrefix?: string
  Marker?: string
  MaxItems?: number
}

function attachments<T extends Identity>(
  directory: Directory,
  table: Table<T>,
  find: (name: string) => T,
  kind: 'role' | 'user',
) {
  return {
    put(name = '', policy = '', document = '') {
      const identity = find(name)
      table.set(name, { ...identity, inline: { ...identity.inline, [policy]: identityDocument(document) } })
      return {}
    },

    get(name = '', policy = '') {
      return { PolicyName: policy, PolicyDocument: encodedDocument(inlineOf(find(name), policy, kind)) }
    },

    remove(name = '', policy = '') {
      const identity = find(name)
      inlineOf(identity, policy, kind)
      const inline = Object.fromEntries(Object.entries(identity.inline).filter(([other]) => other !== policy))
      table.set(name, { ...identity, inline })
      return {}
    },

    inline(name = '', listing: Listing) {
      const { items, paging } = listed(Object.keys(find(name).inline), (policy) => policy, listing)
      return { PolicyNames: items, ...paging }
    },

    attach(name = '', arn = '') {
      const identity = find(name)
      directory.policy(arn)
      if (!identity.attached.includes(arn)) table.set(name, { ...identity, attached: [...identity.attached, arn] })
      return {}
    },

    detach(name = '', arn = '') {
      const identity = find(name)
      if (!identity.attached.includes(arn)) {
        throw new AwsError('NoSuchEntityException', `Policy ${arn} was not found.`)
      }
      table.set(name, { ...identity, attached: identity.attached.filter((other) => other !== arn) })
      return {}
    },

    attached(name = '', listing: Listing) {
      const policies = find(name).attached.map((arn) => directory.policy(arn))
      const found = policies.filter((policy) => policy.path.startsWith(listing.PathPrefix ?? '/'))
      const { items, paging } = listed(found, ({ arn }) => arn, listing)
      return { AttachedPolicies: items.map((policy) => ({ PolicyName: policy.name, PolicyArn: policy.arn })), ...paging }
    },
  }
}

function inlineOf(identity: Identity, policy: string, kind: 'role' | 'user'): string {
  const document = identity.inline[policy]
  if (document !== undefined) return document
  throw new AwsError('NoSuchEntityException', `The ${kind} policy with name ${policy} cannot be found.`)
}
