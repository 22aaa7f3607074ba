import { AwsError } from '../cloud.ts'
import { uniqueId } from './access-keys.ts'
import type { Directory, ManagedPolicy } from './directory.ts'
import {
  encodedDocument,
  type IamHandlers,
  identityDocument,
  listed,
  pathOf,
  policyAnswer,
  tagList,
  tagsFrom,
} from './iam-answer.ts'
import { awsManagedPolicies, awsManagedPolicy } from './managed-policies.ts'
import { conflict } from './role-operations.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_VERSIONS = 5

/** Managed policies and their versions. */
export function policyOperations(directory: Directory): IamHandlers {
  const { policies } = directory

  const attachmentCount = (arn: string): number =>
    [...directory.users.values(), ...directory.roles.values()].filter(({ attached }) => attached.includes(arn)).length

  const answer = (policy: ManagedPolicy) => policyAnswer(policy, attachmentCount(policy.arn))

  /** A policy of this account, which alone can be changed. */
  function own(arn: string): ManagedPolicy {
    if (awsManagedPolicy(arn)) throw new AwsError('InvalidInputException', `ARN ${arn} is not valid for this operation.`)
    return directory.policy(arn)
  }

  function versionOf(policy: ManagedPolicy, id: string) {
    const version = policy.versions.find((one) => one.id === id)
    if (!version)
      throw new AwsError('NoSuchEntityException', `Policy ${policy.arn} version ${id} does not exist or is not attachable.`)
    return version
  }

  return {
    CreatePolicy({ PolicyName = '', Path, PolicyDocument = '', Description, Tags }) {
      const path = pathOf(Path)
      const arn = directory.arn('policy', path, PolicyName)
      if (policies.has(arn)) {
        throw new AwsError(
          'EntityAlreadyExistsException',
          `A policy called ${PolicyName} already exists. Duplicate names are not allowed.`,
        )
      }
      const createdAt = Date.now()
      const policy: ManagedPolicy = {
        arn,
        name: PolicyName,
        path,
        id: uniqueId('ANPA'),
        createdAt,
        versions: [{ id: 'v1', document: identityDocument(PolicyDocument), createdAt }],
        defaultVersion: 'v1',
        tags: tagsFrom(Tags),
        ...(Description !== undefined && { description: Description }),
      }
      policies.set(arn, policy)
      return { Policy: { ...answer(policy), Tags: tagList(policy.tags) } }
    },

    GetPolicy({ PolicyArn = '' }) {
      const policy = directory.policy(PolicyArn)
      return { Policy: { ...answer(policy), Tags: tagList(policy.tags) } }
    },

    ListPolicies(input) {
      const scope = input.Scope ?? 'All'
      const all = [...(scope === 'Local' ? [] : awsManagedPolicies()), ...(scope === 'AWS' ? [] : policies.values())]
      const found = all.filter(({ path, arn }) => {
        return path.startsWith(input.PathPrefix ?? '/') && (!input.OnlyAttached || attachmentCount(arn) > 0)
      })
      const { items, paging } = listed(found, ({ arn }) => arn, input)
      return { Policies: items.map(answer), ...paging }
    },

    DeletePolicy({ PolicyArn = '' }) {
      const policy = own(PolicyArn)
      if (attachmentCount(PolicyArn) > 0) {
        throw new AwsError('DeleteConflictException', 'Cannot delete a policy attached to entities.')
      }
      if (policy.versions.length > 1) throw conflict('must delete all non-default versions first.')
      policies.delete(PolicyArn)
      return {}
    },

    CreatePolicyVersion({ PolicyArn = '', PolicyDocument = '', SetAsDefault }) {
      const policy = own(PolicyArn)
      if (policy.versions.length >= MAX_VERSIONS) {
        const message = `A managed policy can have up to ${MAX_VERSIONS} versions. Before you create a new version, you must delete an existing version.`
        throw new AwsError('LimitExceededException', message)
      }
      const last = Math.max(...policy.versions.map(({ id }) => Number(id.slice(1))))
      const version = { id: `v${last + 1}`, document: identityDocument(PolicyDocument), createdAt: Date.now() }
      const defaultVersion = SetAsDefault ? version.id : policy.defaultVersion
      policies.set(PolicyArn, { ...policy, versions: [...policy.versions, version], defaultVersion })
      return {
        PolicyVersion: {
          VersionId: version.id,
          IsDefaultVersion: SetAsDefault === true,
          CreateDate: new Date(version.createdAt),
        },
      }
    },

    GetPolicyVersion({ PolicyArn = '', VersionId = '' }) {
      const policy = directory.policy(PolicyArn)
      const version = versionOf(policy, VersionId)
      return {
        PolicyVersion: {
          Document: encodedDocument(version.document),
          VersionId: version.id,
          IsDefaultVersion: version.id === policy.defaultVersion,
          CreateDate: new Date(version.createdAt),
        },
      }
    },

    ListPolicyVersions(input) {
      const policy = directory.policy(input.PolicyArn ?? '')
      const { items, paging } = listed(policy.versions, ({ id }) => id, input)
      const Versions = items.map(({ id, createdAt }) => ({
        VersionId: id,
        IsDefaultVersion: id === policy.defaultVersion,
        CreateDate: new Date(createdAt),
      }))
      return { Versions, ...paging }
    },

    DeletePolicyVersion({ PolicyArn = '', VersionId = '' }) {
      const policy = own(PolicyArn)
      versionOf(policy, VersionId)
      if (VersionId === policy.defaultVersion) {
        throw new AwsError('DeleteConflictException', 'Cannot delete the default version of a policy.')
      }
      policies.set(PolicyArn, { ...policy, versions: policy.versions.filter(({ id }) => id !== VersionId) })
      return {}
    },
  }
}
