import { randomInt, randomUUID } from 'node:crypto'
import { AwsError, type Cloud, type Table } from '../cloud.ts'
import type { Keys } from '../kms/keys.ts'
import { type Secret, type SecretVersion, versionAt } from './secret.ts'

/** What a request brings as a secret's value. */
export interface GivenValue {
  SecretString?: string
  SecretBinary?: Uint8Array
}

const MAXIMUM_BYTES = 65_536
const DEFAULT_KEY = 'alias/aws/secretsmanager'
const DAY_MS = 86_400_000
const SUFFIX_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export class SecretStore {
  readonly #cloud: Cloud
  readonly #keys: Keys
  readonly #secrets: Table<Secret>

  constructor(cloud: Cloud, keys: Keys) {
    this.#cloud = cloud
    this.#keys = keys
    this.#secrets = cloud.table<Secret>('secretsmanager.secrets')
  }

  get(name: string): Secret | undefined {
    const secret = this.#secrets.get(name)
    if (!secret?.deletion || secret.deletion.dueAt.getTime() > this.#cloud.clock.now()) return secret
    this.#secrets.delete(name)
    return undefined
  }

  all(): Secret[] {
    return [...this.#secrets.keys()].flatMap((name) => this.get(name) ?? [])
  }

  save(secret: Secret): void {
    this.#secrets.set(secret.name, secret)
  }

  delete(secret: Secret): void {
    this.#secrets.delete(secret.name)
  }

  /** By name, ARN, or ARN without its six random characters. */
  find(identifier: string): Secret {
    const name = identifier.startsWith('arn:') ? (identifier.split(':').slice(6).join(':') ?? '') : identifier
    const found = identifier.startsWith('arn:') ? (this.#byArn(identifier, name) ?? this.get(name)) : this.get(name)
    if (!found || (identifier.startsWith('arn:') && !found.arn.startsWith(identifier))) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    }
    return found
  }

  /** Like `find`, and not marked for deletion. */
  findAlive(identifier: string): Secret {
    const secret = this.find(identifier)
    if (secret.deletion) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      )
    }
    return secret
  }

  newArn(name: string): string {
    const suffix = Array.from({ length: 6 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('')
    return `arn:aws:secretsmanager:${this.#cloud.region}:${this.#cloud.account}:secret:${name}-${suffix}`
  }

  newVersion(secret: Secret, given: GivenValue, token: string | undefined): SecretVersion {
    const value = bytes(given)
    const id = token ?? randomUUID()
    const { blob, keyArn } = asFailure('Encryption', () =>
      this.#keys.encrypt(secret.keyId ?? DEFAULT_KEY, value, context(secret, id)),
    )
    return { id, blob, keyArn, isBinary: given.SecretBinary !== undefined, stages: [], createdAt: this.now() }
  }

  /** The value at a version or label, and the memory that it was read today. */
  read(secret: Secret, wanted: { id?: string; stage?: string }): { version: SecretVersion; value: GivenValue } {
    const version = versionAt(secret, wanted)
    const value = this.value(secret, version)
    this.#remember(secret, version)
    return { version, value }
  }

  value(secret: Secret, version: SecretVersion): GivenValue {
    const { plaintext } = asFailure('Decryption', () => this.#keys.decrypt(version.blob, context(secret, version.id)))
    return version.isBinary ? { SecretBinary: plaintext } : { SecretString: Buffer.from(plaintext).toString() }
  }

  holds(secret: Secret, version: SecretVersion, given: GivenValue): boolean {
    const held = this.value(secret, version)
    return version.isBinary === (given.SecretBinary !== undefined) && Buffer.from(bytes(held)).equals(bytes(given))
  }

  now(): Date {
    return new Date(this.#cloud.clock.now())
  }

  #byArn(arn: string, nameAndSuffix: string): Secret | undefined {
    const secret = this.get(nameAndSuffix.slice(0, -7))
    return secret?.arn === arn ? secret : undefined
  }

  // AWS keeps the day of the last access only.
  #remember(secret: Secret, version: SecretVersion): void {
    const today = new Date(Math.floor(this.#cloud.clock.now() / DAY_MS) * DAY_MS)
    if (version.accessedAt?.getTime() === today.getTime()) return
    const versions = secret.versions.map((one) => (one.id === version.id ? { ...one, accessedAt: today } : one))
    this.save({ ...secret, accessedAt: today, versions })
  }
}

export function isGiven(given: GivenValue): boolean {
  return given.SecretString !== undefined || given.SecretBinary !== undefined
}

function bytes(given: GivenValue): Buffer {
  if (given.SecretString !== undefined && given.SecretBinary !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    )
  }
  const value = given.SecretBinary === undefined ? Buffer.from(given.SecretString ?? '') : Buffer.from(given.SecretBinary)
  if (value.length > MAXIMUM_BYTES) {
    throw new AwsError('InvalidParameterException', `The secret value is too large: it can have up to ${MAXIMUM_BYTES} bytes.`)
  }
  return value
}

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
const context = (secret: Secret, versionId: string) => ({ SecretARN: secret.arn, SecretVersionId: versionId })

function asFailure<T>(what: 'Encryption' | 'Decryption', use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const verb = what === 'Encryption' ? 'encrypt' : 'decrypt'
    throw new AwsError(
      `${what}Failure`,
      `Secrets Manager can't ${verb} the protected secret text using the provided KMS key. ${error.message}`.trim(),
    )
  }
}
