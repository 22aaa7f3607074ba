// Access keys, long-lived and of sessions, and who they stand for.
import { randomBytes } from 'node:crypto'
import type { Cloud, Principal, SessionCredentials, Table } from '../cloud.ts'

export interface AccessKey {
  accessKeyId: string
  secret: string
  principal: Principal
  status: 'Active' | 'Inactive'
  createdAt: number
  /** Of a session alone. */
  token?: string
  expiresAt?: number
  /** A session's own policies, which narrow what its role or user may do. */
  policies?: string[]
}

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export const uniqueId = (prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA' | 'ANPA'): string =>
  prefix + Array.from(randomBytes(16), (byte) => ID_ALPHABET[byte % 32]).join('')

const newSecret = (): string => randomBytes(30).toString('base64')

export class AccessKeys {
  readonly #keys: Table<AccessKey>

  constructor(cloud: Pick<Cloud, 'table'>) {
    this.#keys = cloud.table('identity.access-keys')
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId)
  }

  add(key: AccessKey): void {
    this.#keys.set(key.accessKeyId, key)
  }

  remove(accessKeyId: string): void {
    this.#keys.delete(accessKeyId)
  }

  ofUser(arn: string): AccessKey[] {
    return [...this.#keys.values()].filter((key) => !key.token && key.principal.arn === arn)
  }

  /** A new long-lived key. */
  create(principal: Omit<Principal, 'accessKeyId'>): AccessKey {
    const accessKeyId = uniqueId('AKIA')
    const key: AccessKey = {
      accessKeyId,
      secret: newSecret(),
      principal: { ...principal, accessKeyId },
      status: 'Active',
      createdAt: Date.now(),
    }
    this.add(key)
    return key
  }

  /** New credentials of a session. */
  open(principal: Omit<Principal, 'accessKeyId'>, seconds: number, policies?: string[]): SessionCredentials {
    this.#forgetExpired()
    const accessKeyId = uniqueId('ASIA')
    const secret = newSecret()
    const token = randomBytes(180).toString('base64')
    const expiresAt = Date.now() + seconds * 1000
    const now = Date.now()
    const session = { ...principal.session, issuedAt: now, expiresAt }
    this.add({
      accessKeyId,
      secret,
      token,
      expiresAt,
      createdAt: now,
      status: 'Active',
      principal: { ...principal, accessKeyId, session },
      ...(policies && { policies }),
    })
    return { accessKeyId, secretAccessKey: secret, sessionToken: token, expiration: new Date(expiresAt) }
  }

  /** An expired session is kept for a while, so that its user reads ExpiredToken and not an unknown key. */
  #forgetExpired(): void {
    const before = Date.now() - EXPIRED_KEPT_MS
    for (const key of this.#keys.values()) if (key.expiresAt && key.expiresAt < before) this.remove(key.accessKeyId)
  }
}

const EXPIRED_KEPT_MS = 24 * 60 * 60 * 1000
