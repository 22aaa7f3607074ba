// Repositories, their settings, tags and lifecycle policies. Scanning and encryption are kept and shown, never acted on.
import type { Repository as RepositoryShape } from '@aws-sdk/client-ecr'
import { AwsError, type Call, type Cloud } from '../cloud.ts'
import type { EcrHandlers } from './ecr.ts'
import { page } from './pages.ts'
import { rememberHost } from './reference.ts'
import { type ImageStore, invalid, type Repository } from './store.ts'

const MAX_TAGS = 50

export function repositoryOperations(cloud: Cloud, store: ImageStore): EcrHandlers {
  const shape = (repository: Repository, call: Call): RepositoryShape => ({
    repositoryArn: repository.arn,
    registryId: cloud.account,
    repositoryName: repository.name,
    repositoryUri: `${rememberHost(cloud, call.endpoint)}/${repository.name}`,
    createdAt: new Date(repository.createdAt),
    imageTagMutability: repository.mutability,
    imageTagMutabilityExclusionFilters: repository.exclusions.length > 0 ? repository.exclusions : undefined,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  })
  const byArn = (arn: string | undefined): Repository => {
    const name = arn?.split(':repository/')[1] ?? ''
    const repository = store.repository(name)
    if (repository.arn !== arn) throw invalid('resourceArn', 'Invalid ARN')
    return repository
  }

  return {
    CreateRepository(input, call) {
      const exclusions = input.imageTagMutabilityExclusionFilters ?? []
      const mutability = input.imageTagMutability ?? 'MUTABLE'
      checkExclusions(mutability, exclusions.length)
      const tags = input.tags ?? []
      checkTags(tags)
      const encryption = input.encryptionConfiguration
      const repository = store.createRepository({
        name: input.repositoryName ?? '',
        mutability,
        exclusions,
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        encryption: { encryptionType: encryption?.encryptionType ?? 'AES256', kmsKey: encryption?.kmsKey },
        tags,
      })
      return { repository: shape(repository, call) }
    },
    DescribeRepositories(input, call) {
      const named = input.repositoryNames?.map((name) => store.repository(name, input.registryId))
      const { items, nextToken } = named ? { items: named } : page([...store.repositories.values()], (one) => one.name, input)
      return { repositories: items.map((repository) => shape(repository, call)), nextToken }
    },
    DeleteRepository(input, call) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      return { repository: shape(store.deleteRepository(repository.name, input.force ?? false), call) }
    },
    PutImageTagMutability(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const mutability = input.imageTagMutability ?? 'MUTABLE'
      const exclusions = input.imageTagMutabilityExclusionFilters ?? []
      checkExclusions(mutability, exclusions.length)
      store.repositories.set(repository.name, { ...repository, mutability, exclusions })
      return {
        registryId: cloud.account,
        repositoryName: repository.name,
        imageTagMutability: mutability,
        imageTagMutabilityExclusionFilters: exclusions.length > 0 ? exclusions : undefined,
      }
    },
    PutImageScanningConfiguration(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false
      store.repositories.set(repository.name, { ...repository, scanOnPush })
      return { registryId: cloud.account, repositoryName: repository.name, imageScanningConfiguration: { scanOnPush } }
    },
    PutLifecyclePolicy(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      const lifecyclePolicy = input.lifecyclePolicyText ?? ''
      checkPolicy(lifecyclePolicy)
      store.repositories.set(repository.name, { ...repository, lifecyclePolicy })
      return { registryId: cloud.account, repositoryName: repository.name, lifecyclePolicyText: lifecyclePolicy }
    },
    GetLifecyclePolicy(input) {
      const repository = store.repository(input.repositoryName ?? '', input.registryId)
      return {
        registryId: cloud.account,
        repositoryName: repository.name,
        lifecyclePolicyText: policyOf(repository, cloud.account),
      }
    },
    DeleteLifecyclePolicy(input) {
      const { lifecyclePolicy, ...repository } = store.repository(input.repositoryName ?? '', input.registryId)
      const text = policyOf({ ...repository, lifecyclePolicy }, cloud.account)
      store.repositories.set(repository.name, repository)
      return { registryId: cloud.account, repositoryName: repository.name, lifecyclePolicyText: text }
    },
    TagResource(input) {
      const repository = byArn(input.resourceArn)
      const added = input.tags ?? []
      const tags = [...repository.tags.filter((tag) => !added.some((one) => one.Key === tag.Key)), ...added]
      checkTags(tags)
      store.repositories.set(repository.name, { ...repository, tags })
      return {}
    },
    UntagResource(input) {
      const repository = byArn(input.resourceArn)
      const tags = repository.tags.filter((tag) => !input.tagKeys?.includes(tag.Key ?? ''))
      store.repositories.set(repository.name, { ...repository, tags })
      return {}
    },
    ListTagsForResource: (input) => ({ tags: byArn(input.resourceArn).tags }),
  }
}

function checkExclusions(mutability: Repository['mutability'], filters: number): void {
  if (mutability.endsWith('_WITH_EXCLUSION') === filters > 0) return
  const rule =
    filters > 0
      ? `must not be set when imageTagMutability is ${mutability}`
      : `must be set when imageTagMutability is ${mutability}`
  throw invalid('imageTagMutabilityExclusionFilters', rule)
}

function checkTags(tags: { Key?: string; Value?: string }[]): void {
  if (tags.length > MAX_TAGS) {
    throw new AwsError('TooManyTagsException', `The maximum number of tags that can be applied to a repository is ${MAX_TAGS}.`)
  }
  const bad = tags.find((tag) => !tag.Key || tag.Key.length > 128 || (tag.Value ?? '').length > 256)
  if (!bad) return
  const limits =
    'Tag keys can have a maximum character length of 128 characters, and tag values can have a maximum length of 256 characters.'
  throw new AwsError('InvalidTagParameterException', `An invalid parameter has been specified. ${limits}`)
}

/** Only the outline: rules are kept and shown, and nothing expires. */
function checkPolicy(text: string): void {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw invalid('LifecyclePolicyText', 'Lifecycle policy validation failure: not valid JSON')
  }
  const rules = typeof policy === 'object' && policy !== null && 'rules' in policy ? policy.rules : undefined
  if (!Array.isArray(rules) || rules.length === 0) {
    throw invalid('LifecyclePolicyText', 'Lifecycle policy validation failure: rules must not be empty')
  }
}

function policyOf(repository: Repository, account: string): string {
  if (repository.lifecyclePolicy !== undefined) return repository.lifecyclePolicy
  const where = `for the repository with name '${repository.name}' in the registry with id '${account}'`
  throw new AwsError('LifecyclePolicyNotFoundException', `Lifecycle policy does not exist ${where}`)
}
