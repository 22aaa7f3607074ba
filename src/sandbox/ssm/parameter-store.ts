import { AwsError, type Cloud, type Table } from '../cloud.ts'
import type { Keys } from '../kms/keys.ts'
import { latest, type Parameter, type ParameterVersion, parameterArn } from './parameter.ts'

/** A parameter at the version that a name, `name:version` or `name:label` selects. */
export interface Selected {
  parameter: Parameter
  version: ParameterVersion
  /** `:3` or `:production`, as it was asked for. */
  selector?: string
}

export class ParameterStore {
  readonly parameters: Table<Parameter>
  readonly #cloud: Cloud
  readonly #keys: Keys

  constructor(cloud: Cloud, keys: Keys) {
    this.#cloud = cloud
    this.#keys = keys
    this.parameters = cloud.table<Parameter>('ssm.parameters')
  }

  /** By name or ARN; throws ParameterNotFound, whose message is empty on AWS too. */
  existing(name: string): Parameter {
    const parameter = this.#find(name)
    if (!parameter) throw new AwsError('ParameterNotFound', '')
    return parameter
  }

  /** By name or ARN, with or without a selector; throws ParameterNotFound or ParameterVersionNotFound. */
  select(reference: string): Selected {
    const [, name, selector] = /^((?:arn:(?:[^:]*:){4})?[^:]*)(:[^:]+)?$/.exec(reference.trim()) ?? []
    const parameter = this.existing(name ?? reference)
    if (selector === undefined) return { parameter, version: latest(parameter) }
    const wanted = selector.slice(1)
    const version = parameter.versions.find((one) => String(one.version) === wanted || one.labels.includes(wanted))
    if (!version) throw versionNotFound(parameter.name, wanted)
    return { parameter, version, selector }
  }

  value(parameter: Parameter, version: ParameterVersion, decrypted: boolean): string {
    if (version.type !== 'SecureString' || !decrypted) return version.value
    const context = this.#context(parameter.name)
    return Buffer.from(
      asInvalidKeyId(() => this.#keys.decrypt(Buffer.from(version.value, 'base64'), context)).plaintext,
    ).toString()
  }

  encrypted(name: string, value: string, keyId: string): Pick<ParameterVersion, 'value' | 'keyId' | 'keyArn'> {
    const { blob, keyArn } = asInvalidKeyId(() => this.#keys.encrypt(keyId, Buffer.from(value), this.#context(name)))
    return { value: Buffer.from(blob).toString('base64'), keyId, keyArn }
  }

  arn(name: string): string {
    return parameterArn(this.#cloud, name)
  }

  // https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
  #context(name: string): Record<string, string> {
    return { PARAMETER_ARN: this.arn(name) }
  }

  #find(name: string): Parameter | undefined {
    const path = /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(\/.+)$/.exec(name)?.[1]
    if (path === undefined) return this.parameters.get(name)
    if (name !== this.arn(path)) return undefined
    return this.parameters.get(path) ?? this.parameters.get(path.slice(1))
  }
}

export function versionNotFound(name: string, wanted: string | number): AwsError {
  const text = `Systems Manager could not find version ${wanted} of ${name}. Verify the version and try again.`
  return new AwsError('ParameterVersionNotFound', text)
}

function asInvalidKeyId<T>(use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new AwsError('InvalidKeyId', `${error.message} (Service: AWSKMS; Status Code: 400; Error Code: ${error.code})`)
  }
}
