// The key ring: who a key id, key ARN, alias or alias ARN means, and what may be done with it now.
import { randomBytes, randomUUID } from 'node:crypto'
import { AwsError, type Cloud, type Table } from '../cloud.ts'
import { opened, sealed, sealedBy } from './ciphertext.ts'

export interface Key {
  id: string
  arn: string
  createdAt: Date
  description: string
  enabled: boolean
  manager: 'AWS' | 'CUSTOMER'
  deletionDate?: Date
  rotation?: { periodDays: number; since: Date }
  policy: string
  tags: Record<string, string>
  /** 32 bytes each; the last one encrypts, all decrypt. */
  materials: Uint8Array[]
}

export interface Alias {
  name: string
  keyId: string
  createdAt: Date
  updatedAt: Date
}

export type Context = Record<string, string>

/** What the other simulated services use KMS for. */
export interface Keys {
  /** Throws AwsError (NotFoundException, DisabledException, KMSInvalidStateException) when the key cannot be used. */
  encrypt(keyId: string, plaintext: Uint8Array, context: Context): { blob: Uint8Array; keyArn: string }
  /** Throws AwsError InvalidCiphertextException when the context is not the one of `encrypt`. */
  decrypt(blob: Uint8Array, context: Context): { plaintext: Uint8Array; keyArn: string }
}

const KEY_BYTES = 32
/** Made by AWS in every account when the service first needs it; here they are there from the start. */
const MANAGED = ['alias/aws/ssm', 'alias/aws/secretsmanager']

export class KeyRing implements Keys {
  readonly #cloud: Cloud
  readonly #keys: Table<Key>
  readonly aliases: Table<Alias>

  constructor(cloud: Cloud) {
    this.#cloud = cloud
    this.#keys = cloud.table<Key>('kms.keys')
    this.aliases = cloud.table<Alias>('kms.aliases')
    for (const name of MANAGED) if (!this.aliases.has(name)) this.#makeManaged(name)
  }

  create(given: Pick<Key, 'description' | 'policy' | 'tags' | 'manager'>): Key {
    const id = randomUUID()
    const key = {
      ...given,
      id,
      arn: this.#arn(`key/${id}`),
      createdAt: this.#date(),
      enabled: true,
      materials: [randomBytes(KEY_BYTES)],
    }
    this.save(key)
    return key
  }

  save(key: Key): void {
    this.#keys.set(key.id, key)
  }

  all(): Key[] {
    return [...this.#keys.keys()].flatMap((id) => this.#alive(id) ?? [])
  }

  /** By id, ARN, alias name or alias ARN. https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
  find(identifier: string): Key {
    const name = identifier.replace(/^arn:[^:]*:kms:[^:]*:[^:]*:/, '')
    if (name.startsWith('alias/')) {
      const target = this.aliases.get(name)
      const key = target && this.#alive(target.keyId)
      if (!key) throw new AwsError('NotFoundException', `Alias ${this.aliasArn(name)} is not found.`)
      return key
    }
    const id = name.replace(/^key\//, '')
    const key = this.#alive(id)
    if (key && (identifier === id || identifier === key.arn)) return key
    if (!/^(mrk-)?[0-9a-f-]{32,36}$/.test(id)) throw new AwsError('NotFoundException', `Invalid keyId '${identifier}'`)
    throw new AwsError(
      'NotFoundException',
      `Key '${identifier.startsWith('arn:') ? identifier : this.#arn(`key/${id}`)}' does not exist`,
    )
  }

  /** By id or ARN only, as the operations that change a key want it. */
  findCustomers(identifier: string): Key {
    if (/(^|:)alias\//.test(identifier)) throw new AwsError('NotFoundException', `Invalid keyId '${identifier}'`)
    const key = this.find(identifier)
    if (key.manager === 'AWS') throw new AwsError('AccessDeniedException', `${key.arn} is managed by AWS and can't be changed.`)
    return key
  }

  usable(identifier: string): Key {
    const key = this.find(identifier)
    if (key.deletionDate) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)
    if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`)
    return key
  }

  encrypt(identifier: string, plaintext: Uint8Array, context: Context): { blob: Uint8Array; keyArn: string } {
    const key = this.usable(identifier)
    const material = key.materials.length - 1
    const secret = key.materials[material] as Uint8Array
    return { blob: sealed({ keyId: key.id, material }, secret, plaintext, context), keyArn: key.arn }
  }

  decrypt(blob: Uint8Array, context: Context): { plaintext: Uint8Array; keyArn: string } {
    const by = sealedBy(blob)
    const key = this.usable(by.keyId)
    const secret = key.materials[by.material]
    return { plaintext: opened(blob, secret ?? new Uint8Array(KEY_BYTES), context), keyArn: key.arn }
  }

  aliasArn(name: string): string {
    return this.#arn(name)
  }

  // Deletion is looked at on access: Node's timers end before the shortest waiting period does.
  #alive(id: string): Key | undefined {
    const key = this.#keys.get(id)
    if (!key?.deletionDate || key.deletionDate.getTime() > this.#cloud.clock.now()) return key
    this.#keys.delete(id)
    for (const alias of [...this.aliases.values()]) if (alias.keyId === id) this.aliases.delete(alias.name)
    return undefined
  }

  #makeManaged(name: string): void {
    const service = name.replace('alias/aws/', '')
    const description = `Default key that protects my ${service === 'ssm' ? 'SSM parameters' : 'Secrets Manager secrets'} when no other key is defined`
    const key = this.create({ description, policy: defaultPolicy(this.#cloud.account), tags: {}, manager: 'AWS' })
    this.aliases.set(name, { name, keyId: key.id, createdAt: key.createdAt, updatedAt: key.createdAt })
  }

  #arn(resource: string): string {
    return `arn:aws:kms:${this.#cloud.region}:${this.#cloud.account}:${resource}`
  }

  #date(): Date {
    return new Date(this.#cloud.clock.now())
  }
}

/** The policy of a key made without one. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
export function defaultPolicy(account: string): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] }, null, 2)
}
