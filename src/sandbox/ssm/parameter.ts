// A parameter as it is kept, and the rules of its name.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
import type { ParameterTier, ParameterType } from '@aws-sdk/client-ssm'
import { AwsError } from '../cloud.ts'

export interface Parameter {
  name: string
  tags: Record<string, string>
  /** Oldest first; at most MAXIMUM_VERSIONS. */
  versions: ParameterVersion[]
}

export interface ParameterVersion {
  version: number
  type: ParameterType
  /** The value itself, or for a SecureString its KMS ciphertext in base64. */
  value: string
  /** As it was given, and the key that it meant. */
  keyId?: string
  keyArn?: string
  description?: string
  allowedPattern?: string
  tier: ParameterTier
  dataType: string
  labels: string[]
  modifiedAt: Date
  modifiedBy: string
}

export const MAXIMUM_VERSIONS = 100
const MAXIMUM_LEVELS = 15
const MAXIMUM_ARN_LENGTH = 1011

export function latest(parameter: Parameter): ParameterVersion {
  return parameter.versions.at(-1) as ParameterVersion
}

export function parameterArn(cloud: { region: string; account: string }, name: string): string {
  return `arn:aws:ssm:${cloud.region}:${cloud.account}:parameter${name.startsWith('/') ? '' : '/'}${name}`
}

/** A name fit for PutParameter, without the spaces around it. */
export function newName(cloud: { region: string; account: string }, given: string): string {
  const name = given.trim()
  if (/^\/?aws/i.test(name)) throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`)
  const parts = name.replace(/^\//, '').split('/')
  if (/^\/?ssm/i.test(name) || !parts.every((part) => /^[a-zA-Z0-9_.-]+$/.test(part))) {
    throw new AwsError(
      'ValidationException',
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths ' +
        'divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    )
  }
  if (parts.length > 1 && !name.startsWith('/')) {
    throw new AwsError('ValidationException', 'Parameter name must be a fully qualified name.')
  }
  if (parts.length > MAXIMUM_LEVELS) {
    throw new AwsError(
      'HierarchyLevelLimitExceededException',
      'A hierarchy can have a maximum of 15 levels. For more information, see Requirements and constraints for parameter names in the ' +
        'Amazon Web Services Systems Manager User Guide.',
    )
  }
  if (parameterArn(cloud, name).length > MAXIMUM_ARN_LENGTH) {
    throw new AwsError(
      'ValidationException',
      `The maximum length of a parameter name, its ARN included, is ${MAXIMUM_ARN_LENGTH} characters.`,
    )
  }
  return name
}
