// A secret as it is kept, its versions and the staging labels that move between them.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#term_version
import { AwsError } from '../cloud.ts'

export interface Secret {
  name: string
  arn: string
  description?: string
  keyId?: string
  tags: Record<string, string>
  /** Oldest first. */
  versions: SecretVersion[]
  policy?: string
  createdAt: Date
  changedAt: Date
  accessedAt?: Date
  /** When DeleteSecret was called, and when the secret goes for good. */
  deletion?: { calledAt: Date; dueAt: Date }
}

export interface SecretVersion {
  id: string
  /** KMS ciphertext of the value. */
  blob: Uint8Array
  isBinary: boolean
  keyArn: string
  stages: string[]
  createdAt: Date
  accessedAt?: Date
}

const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'
const KEPT_VERSIONS = 100
const MAXIMUM_STAGES = 20

export function versionAt(secret: Secret, wanted: { id?: string; stage?: string }): SecretVersion {
  const { id, stage } = wanted
  if (id === undefined) {
    const label = stage ?? CURRENT
    return secret.versions.find(({ stages }) => stages.includes(label)) ?? noVersion(`staging label: ${label}`)
  }
  const version = secret.versions.find((one) => one.id === id) ?? noVersion(`VersionId: ${id}`)
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw new AwsError('InvalidRequestException', 'You provided a VersionStage that is not associated to the provided VersionId.')
  }
  return version
}

/** The secret with one more version, which takes over the labels; the first version is always current. */
export function withVersion(secret: Secret, version: SecretVersion, stages: string[]): Secret {
  const all = secret.versions.length === 0 ? [...new Set([CURRENT, ...stages])] : stages
  const added = { ...secret, versions: [...secret.versions, { ...version, stages: [] }], changedAt: version.createdAt }
  return { ...added, versions: trimmed(all.reduce((versions, stage) => moved(versions, stage, version.id), added.versions)) }
}

/** The versions with a label on the version `to`, or on none; where AWSCURRENT leaves, AWSPREVIOUS goes. */
export function moved(versions: SecretVersion[], stage: string, to: string | undefined): SecretVersion[] {
  const from = versions.find(({ stages }) => stages.includes(stage))
  if (from?.id === to) return versions
  const next = versions.map((one) => {
    const without = one.stages.filter((label) => label !== stage)
    return { ...one, stages: one.id === to ? [...without, stage] : without }
  })
  if (next.some(({ stages }) => stages.length > MAXIMUM_STAGES)) {
    throw new AwsError('LimitExceededException', `A version can have at most ${MAXIMUM_STAGES} staging labels.`)
  }
  return stage === CURRENT && from ? moved(next, PREVIOUS, from.id) : next
}

// Versions without a label may go, the oldest first, once there are more than the service keeps.
function trimmed(versions: SecretVersion[]): SecretVersion[] {
  let surplus = versions.length - KEPT_VERSIONS
  return versions.filter(({ stages }) => stages.length > 0 || surplus-- <= 0)
}

export function stagesByVersion(secret: Secret): Record<string, string[]> {
  return Object.fromEntries(secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]))
}

function noVersion(what: string): never {
  throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${what}`)
}
