// What a container definition's `secrets[].valueFrom` reads: Parameter Store and Secrets Manager behind one door.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
import { AwsError, type Cloud, type Secrets } from './cloud.ts'
import type { SecretStore } from './secrets-manager/secret-store.ts'
import type { ParameterStore } from './ssm/parameter-store.ts'

export function secrets(cloud: Cloud, parameters: ParameterStore, store: SecretStore): Secrets {
  return {
    read(valueFrom, executionRoleArn) {
      return /^arn:[^:]*:secretsmanager:/.test(valueFrom)
        ? secretValue(cloud, store, valueFrom, executionRoleArn)
        : parameterValue(cloud, parameters, valueFrom, executionRoleArn)
    },
  }
}

/** A parameter by name (in this region) or ARN, decrypted. */
function parameterValue(cloud: Cloud, store: ParameterStore, valueFrom: string, role: string | undefined): string {
  const arn = valueFrom.startsWith('arn:') ? valueFrom : store.arn(valueFrom)
  demand(cloud, role, 'ssm:GetParameters', arn)
  try {
    const { parameter, version } = store.select(valueFrom)
    demandKey(cloud, role, version)
    return store.value(parameter, version, true)
  } catch (error) {
    if (!(error instanceof AwsError) || !/^Parameter(Version)?NotFound$/.test(error.code)) throw error
    throw new AwsError('ParameterNotFound', `invalid parameters: ${valueFrom}`)
  }
}

/** `arn:…:secret:name-AbCdEf`, then optionally `:json-key:version-stage:version-id`, each of which may be empty. */
function secretValue(cloud: Cloud, store: SecretStore, valueFrom: string, role: string | undefined): string {
  const parts = valueFrom.split(':')
  const arn = parts.slice(0, 7).join(':')
  const [jsonKey, stage, versionId] = parts.slice(7)
  demand(cloud, role, 'secretsmanager:GetSecretValue', arn)
  const secret = store.findAlive(arn)
  const { version, value } = store.read(secret, { id: versionId || undefined, stage: stage || undefined })
  demandKey(cloud, role, { keyId: secret.keyId, keyArn: version.keyArn })
  const text = value.SecretString ?? Buffer.from(value.SecretBinary ?? []).toString()
  return jsonKey ? jsonMember(text, jsonKey) : text
}

function jsonMember(text: string, key: string): string {
  let object: unknown
  try {
    object = JSON.parse(text)
  } catch {
    throw new AwsError('ResourceInitializationError', `invalid character '${text[0] ?? ''}' looking for beginning of value`)
  }
  const entries = typeof object === 'object' && object !== null ? new Map<string, unknown>(Object.entries(object)) : new Map()
  if (!entries.has(key))
    throw new AwsError('ResourceInitializationError', `retrieved secret from Secrets Manager did not contain json key ${key}`)
  const member: unknown = entries.get(key)
  return typeof member === 'string' ? member : JSON.stringify(member)
}

// The keys that AWS manages let their service use them for everyone in the account.
function demandKey(cloud: Cloud, role: string | undefined, key: { keyId?: string; keyArn?: string }): void {
  if (key.keyId === undefined || key.keyArn === undefined || /(^|:)alias\/aws\//.test(key.keyId)) return
  demand(cloud, role, 'kms:Decrypt', key.keyArn)
}

function demand(cloud: Cloud, role: string | undefined, action: string, resource: string): void {
  if (role !== undefined && cloud.roles.allows(role, action, resource)) return
  const name = role?.split('/').at(-1) ?? 'no execution role'
  const account = role?.split(':')[4] ?? cloud.account
  throw new AwsError(
    'AccessDeniedException',
    `User: arn:aws:sts::${account}:assumed-role/${name} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because no identity-based policy allows the ${action} action`,
  )
}
