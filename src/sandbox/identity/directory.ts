// What IAM knows: users, roles, policies and MFA devices of the account.
import { AwsError, type Cloud, type Table } from '../cloud.ts'
import { AccessKeys, uniqueId } from './access-keys.ts'
import { awsManagedPolicy } from './managed-policies.ts'
import { type Statement, statementsOf } from './policy.ts'

/** A user or a role: what has policies. */
export interface Identity {
  name: string
  path: string
  id: string
  arn: string
  createdAt: number
  /** Inline policies by name. */
  inline: Record<string, string>
  /** ARNs of attached policies. */
  attached: string[]
  tags: Record<string, string>
}

export type User = Identity

export interface Role extends Identity {
  /** The trust policy. */
  trust: string
  description: string | undefined
  maxSessionSeconds: number
}

export interface ManagedPolicy {
  arn: string
  name: string
  path: string
  id: string
  description?: string
  createdAt: number
  versions: { id: string; document: string; createdAt: number }[]
  defaultVersion: string
  tags: Record<string, string>
}

export interface MfaDevice {
  serial: string
  seed: string
  tags: Record<string, string>
  user?: string
  enabledAt?: number
  /** The time step of the last code that was taken: a code counts once. */
  lastStep?: number
}

export class Directory {
  readonly cloud: Cloud
  readonly keys: AccessKeys
  readonly users: Table<User>
  readonly roles: Table<Role>
  readonly policies: Table<ManagedPolicy>
  readonly devices: Table<MfaDevice>

  constructor(cloud: Cloud) {
    this.cloud = cloud
    this.keys = new AccessKeys(cloud)
    this.users = cloud.table('iam.users')
    this.roles = cloud.table('iam.roles')
    this.policies = cloud.table('iam.policies')
    this.devices = cloud.table('iam.mfa-devices')
  }

  user(name: string): User {
    return this.users.get(name) ?? missing('user', name)
  }

  role(name: string): Role {
    return this.roles.get(name) ?? missing('role', name)
  }

  roleByArn(arn: string): Role | undefined {
    const role = this.roles.get(arn.slice(arn.lastIndexOf('/') + 1))
    return role?.arn === arn ? role : undefined
  }

  policy(arn: string): ManagedPolicy {
    const policy = awsManagedPolicy(arn) ?? this.policies.get(arn)
    if (!policy) throw new AwsError('NoSuchEntityException', `Policy ${arn} does not exist or is not attachable.`)
    return policy
  }

  /** `arn:aws:iam::123456789012:role/path/name`. */
  arn(kind: 'user' | 'role' | 'policy' | 'mfa', path: string, name: string): string {
    return `arn:aws:iam::${this.cloud.account}:${kind}${path}${name}`
  }

  newIdentity(kind: 'user' | 'role', name: string, path: string, tags: Record<string, string>): Identity {
    const id = uniqueId(kind === 'user' ? 'AIDA' : 'AROA')
    const arn = this.arn(kind, path, name)
    return { name, path, id, arn, createdAt: Date.now(), inline: {}, attached: [], tags }
  }

  /** Everything that the policies of an identity say. */
  statements(identity: Identity): Statement[] {
    const attached = identity.attached.flatMap((arn) => {
      const policy = awsManagedPolicy(arn) ?? this.policies.get(arn)
      const version = policy?.versions.find(({ id }) => id === policy.defaultVersion)
      return version ? [version.document] : []
    })
    return [...Object.values(identity.inline), ...attached].flatMap((document) => statementsOf(document, 'identity'))
  }
}

function missing(kind: 'user' | 'role', name: string): never {
  throw new AwsError('NoSuchEntityException', `The ${kind} with name ${name} cannot be found.`)
}
