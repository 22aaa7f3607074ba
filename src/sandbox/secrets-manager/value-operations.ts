import { AwsError } from '../cloud.ts'
import { moved, type Secret, type SecretVersion, withVersion } from './secret.ts'
import { type GivenValue, isGiven, type SecretStore } from './secret-store.ts'
import type { SecretsManagerHandlers } from './secrets-manager.ts'

export function valueOperations(store: SecretStore): SecretsManagerHandlers {
  return {
    PutSecretValue(input) {
      if (!isGiven(input)) {
        throw new AwsError('InvalidParameterException', 'You must provide either SecretString or SecretBinary.')
      }
      if (input.RotationToken !== undefined) {
        throw new AwsError('InvalidParameterException', 'RotationToken is not supported by this sandbox.')
      }
      const secret = store.findAlive(input.SecretId as string)
      const repeated = repeatedVersion(store, secret, input)
      if (repeated) return { ARN: secret.arn, Name: secret.name, VersionId: repeated.id, VersionStages: repeated.stages }
      const version = store.newVersion(secret, input, input.ClientRequestToken)
      const changed = withVersion(secret, version, input.VersionStages ?? ['AWSCURRENT'])
      store.save(changed)
      const stages = changed.versions.find(({ id }) => id === version.id)?.stages
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: stages }
    },

    GetSecretValue(input) {
      const secret = store.findAlive(input.SecretId as string)
      return entry(store, secret, { id: input.VersionId, stage: input.VersionStage })
    },

    UpdateSecretVersionStage(input) {
      const secret = store.findAlive(input.SecretId as string)
      const stage = input.VersionStage as string
      const holder = secret.versions.find(({ stages }) => stages.includes(stage))
      checkMove(secret, stage, holder, input)
      const versions = moved(secret.versions, stage, input.MoveToVersionId)
      store.save({ ...secret, versions, changedAt: store.now() })
      return { ARN: secret.arn, Name: secret.name }
    },
  }
}

/** The version that an earlier request with this token made; throws when it was made with another value. */
export function repeatedVersion(
  store: SecretStore,
  secret: Secret,
  input: GivenValue & { ClientRequestToken?: string },
): SecretVersion | undefined {
  const version = secret.versions.find(({ id }) => id === input.ClientRequestToken)
  if (version && !store.holds(secret, version, input)) {
    throw new AwsError('ResourceExistsException', 'A resource with the ID you requested already exists.')
  }
  return version
}

export function entry(store: SecretStore, secret: Secret, wanted: { id?: string; stage?: string }) {
  const { version, value } = store.read(secret, wanted)
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...value,
    VersionStages: version.stages,
    CreatedDate: version.createdAt,
  }
}

function checkMove(
  secret: Secret,
  stage: string,
  holder: SecretVersion | undefined,
  input: { RemoveFromVersionId?: string; MoveToVersionId?: string },
): void {
  const { RemoveFromVersionId: from, MoveToVersionId: to } = input
  for (const id of [from, to]) {
    if (id !== undefined && !secret.versions.some((version) => version.id === id)) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for VersionId: ${id}`,
      )
    }
  }
  if (holder && holder.id !== to && from === undefined) {
    throw new AwsError(
      'InvalidParameterException',
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, ` +
        'so you must explicitly reference that version in RemoveFromVersionId.',
    )
  }
  if (from !== undefined && holder?.id !== from) {
    throw new AwsError('InvalidParameterException', `Staging label ${stage} is not currently attached to version ${from}.`)
  }
  if (stage === 'AWSCURRENT' && to === undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
    )
  }
}
