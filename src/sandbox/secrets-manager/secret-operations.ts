import type { DescribeSecretResponse, Tag } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../cloud.ts'
import { type Secret, stagesByVersion, withVersion } from './secret.ts'
import { isGiven, type SecretStore } from './secret-store.ts'
import type { SecretsManagerHandlers } from './secrets-manager.ts'
import { repeatedVersion } from './value-operations.ts'

const MAXIMUM_NAME_LENGTH = 512
const MAXIMUM_TAGS = 50
const DAY_MS = 86_400_000
const RECOVERY_DAYS = { default: 30, least: 7, most: 30 }

export function secretOperations(store: SecretStore): SecretsManagerHandlers {
  return {
    CreateSecret(input) {
      refuseReplicas(input)
      const name = newName(input.Name as string)
      const old = store.get(name)
      if (old) return repeatedCreation(store, old, input)
      const now = store.now()
      const secret: Secret = {
        name,
        arn: store.newArn(name),
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.KmsKeyId !== undefined && { keyId: input.KmsKeyId }),
        tags: taggedWith({}, input.Tags),
        versions: [],
        createdAt: now,
        changedAt: now,
      }
      if (!isGiven(input)) {
        store.save(secret)
        return { ARN: secret.arn, Name: name }
      }
      const version = store.newVersion(secret, input, input.ClientRequestToken)
      store.save(withVersion(secret, version, []))
      return { ARN: secret.arn, Name: name, VersionId: version.id }
    },

    UpdateSecret(input) {
      if (input.Type !== undefined) throw new AwsError('InvalidParameterException', 'Type is not supported by this sandbox.')
      const secret = store.findAlive(input.SecretId as string)
      const changed: Secret = {
        ...secret,
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.KmsKeyId !== undefined && { keyId: input.KmsKeyId }),
        changedAt: store.now(),
      }
      const repeated = isGiven(input) ? repeatedVersion(store, secret, input) : undefined
      if (!isGiven(input) || repeated) {
        store.save(changed)
        return { ARN: secret.arn, Name: secret.name, VersionId: repeated?.id }
      }
      const version = store.newVersion(changed, input, input.ClientRequestToken)
      store.save(withVersion(changed, version, ['AWSCURRENT']))
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id }
    },

    DescribeSecret: (input) => description(store.find(input.SecretId as string)),

    DeleteSecret(input) {
      const force = input.ForceDeleteWithoutRecovery === true
      const days = recoveryDays(input.RecoveryWindowInDays, force)
      const secret = force ? foundOrNone(store, input.SecretId as string) : store.findAlive(input.SecretId as string)
      const now = store.now()
      if (!secret) return { Name: input.SecretId, ARN: store.newArn(input.SecretId as string), DeletionDate: now }
      if (force) {
        store.delete(secret)
        return { ARN: secret.arn, Name: secret.name, DeletionDate: now }
      }
      const dueAt = new Date(now.getTime() + days * DAY_MS)
      store.save({ ...secret, deletion: { calledAt: now, dueAt } })
      return { ARN: secret.arn, Name: secret.name, DeletionDate: dueAt }
    },

    RestoreSecret(input) {
      const { deletion: _, ...secret } = store.find(input.SecretId as string)
      store.save(secret)
      return { ARN: secret.arn, Name: secret.name }
    },

    TagResource(input) {
      const secret = store.findAlive(input.SecretId as string)
      store.save({ ...secret, tags: taggedWith(secret.tags, input.Tags) })
      return {}
    },

    UntagResource(input) {
      const secret = store.findAlive(input.SecretId as string)
      const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !input.TagKeys?.includes(key)))
      store.save({ ...secret, tags })
      return {}
    },
  }
}

function refuseReplicas(input: { AddReplicaRegions?: unknown[]; Type?: string }): void {
  if (input.AddReplicaRegions?.length) {
    throw new AwsError('InvalidParameterException', 'AddReplicaRegions is not supported by this sandbox.')
  }
  if (input.Type !== undefined) throw new AwsError('InvalidParameterException', 'Type is not supported by this sandbox.')
}

function newName(name: string): string {
  if (!/^[a-zA-Z0-9/_+=.@-]+$/.test(name) || name.length > MAXIMUM_NAME_LENGTH) {
    throw new AwsError(
      'ValidationException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    )
  }
  return name
}

// A creation that is sent again with its token is answered like the first time.
function repeatedCreation(store: SecretStore, old: Secret, input: Parameters<typeof repeatedVersion>[2]) {
  if (old.deletion) {
    throw new AwsError(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
  }
  const version = isGiven(input) && old.versions.find(({ id }) => id === input.ClientRequestToken)
  if (version && store.holds(old, version, input)) return { ARN: old.arn, Name: old.name, VersionId: version.id }
  throw new AwsError('ResourceExistsException', `The operation failed because the secret ${old.name} already exists.`)
}

function recoveryDays(given: number | undefined, force: boolean): number {
  if (given !== undefined && force) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    )
  }
  const days = given ?? RECOVERY_DAYS.default
  if (days < RECOVERY_DAYS.least || days > RECOVERY_DAYS.most) {
    throw new AwsError('InvalidParameterException', 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
  }
  return days
}

function foundOrNone(store: SecretStore, identifier: string): Secret | undefined {
  try {
    return store.find(identifier)
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined
    throw error
  }
}

export function taggedWith(old: Record<string, string>, tags: Tag[] | undefined): Record<string, string> {
  const next = { ...old, ...Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])) }
  if (Object.keys(next).length > MAXIMUM_TAGS) {
    throw new AwsError('InvalidParameterException', `A secret can have at most ${MAXIMUM_TAGS} tags.`)
  }
  return next
}

export function description(secret: Secret): DescribeSecretResponse {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.keyId,
    LastChangedDate: secret.changedAt,
    LastAccessedDate: secret.accessedAt,
    DeletedDate: secret.deletion?.dueAt,
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: stagesByVersion(secret),
    CreatedDate: secret.createdAt,
  }
}
