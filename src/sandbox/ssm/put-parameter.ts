import type { ParameterTier, PutParameterCommandInput } from '@aws-sdk/client-ssm'
import { AwsError, type Call, type Cloud } from '../cloud.ts'
import { latest, MAXIMUM_VERSIONS, newName, type Parameter, type ParameterVersion } from './parameter.ts'
import type { ParameterStore } from './parameter-store.ts'
import { taggedWith } from './tag-operations.ts'

const STANDARD_BYTES = 4096
const ADVANCED_BYTES = 8192
const STANDARD_PARAMETERS = 10_000
const DEFAULT_KEY = 'alias/aws/ssm'
const DATA_TYPES = ['text', 'aws:ec2:image']

export function putParameter(cloud: Cloud, store: ParameterStore, input: PutParameterCommandInput, call: Call) {
  const name = newName(cloud, input.Name as string)
  const old = store.parameters.get(name)
  checkConflicts(input, old)
  const version = newVersion(store, name, input, old, { at: new Date(cloud.clock.now()), by: call.principal.arn })
  const tags = old ? old.tags : taggedWith({}, input.Tags)
  store.parameters.set(name, { name, tags, versions: [...keptVersions(name, old), version] })
  return { Version: version.version, Tier: version.tier }
}

function checkConflicts(input: PutParameterCommandInput, old: Parameter | undefined): void {
  if (input.Policies !== undefined && input.Policies !== '' && input.Policies !== '[]') {
    throw new AwsError('InvalidPolicyTypeException', 'Parameter policies are not supported by this sandbox.')
  }
  if (input.Overwrite && input.Tags?.length) {
    throw new AwsError(
      'ValidationException',
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
        'To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.',
    )
  }
  if (!old && input.Type === undefined) {
    throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.')
  }
  if (old && !input.Overwrite) {
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    )
  }
  if (old && input.Type !== undefined && input.Type !== latest(old).type) {
    throw new AwsError(
      'HierarchyTypeMismatchException',
      "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a " +
        'String type to a SecureString type. You must create a new, unique parameter.',
    )
  }
}

function newVersion(
  store: ParameterStore,
  name: string,
  input: PutParameterCommandInput,
  old: Parameter | undefined,
  modified: { at: Date; by: string },
): ParameterVersion {
  const value = checkedValue(input)
  const tier = chosenTier(store, input, old)
  const type = input.Type ?? (old && latest(old).type) ?? 'String'
  const keyId = type === 'SecureString' ? (input.KeyId ?? DEFAULT_KEY) : undefined
  if (keyId === undefined && input.KeyId !== undefined) {
    throw new AwsError('ValidationException', 'KeyId is required for SecureString type parameter only.')
  }
  return {
    version: (old ? latest(old).version : 0) + 1,
    type,
    ...(keyId === undefined ? { value } : store.encrypted(name, value, keyId)),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.AllowedPattern !== undefined && { allowedPattern: input.AllowedPattern }),
    tier,
    dataType: dataType(input.DataType),
    labels: [],
    modifiedAt: modified.at,
    modifiedBy: modified.by,
  }
}

function checkedValue(input: PutParameterCommandInput): string {
  const value = input.Value as string
  if (value === '') {
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    )
  }
  if (/\{\{.*\}\}/.test(value)) {
    throw new AwsError('ValidationException', "Parameter value can't nest another parameter. Do not use {{}} in the value.")
  }
  if (input.AllowedPattern !== undefined && !pattern(input.AllowedPattern).test(value)) {
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
    )
  }
  return value
}

function pattern(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch {
    throw new AwsError('InvalidAllowedPatternException', "The request doesn't meet the regular expression requirement.")
  }
}

// The default tier of an account is Standard, and an advanced parameter stays one.
function chosenTier(store: ParameterStore, input: PutParameterCommandInput, old: Parameter | undefined): ParameterTier {
  const bytes = Buffer.byteLength(input.Value as string)
  const isAdvanced = old !== undefined && latest(old).tier === 'Advanced'
  if (isAdvanced && input.Tier === 'Standard') {
    throw new AwsError(
      'ValidationException',
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the " +
        'standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.',
    )
  }
  const tier =
    isAdvanced || input.Tier === 'Advanced' || (input.Tier === 'Intelligent-Tiering' && bytes > STANDARD_BYTES)
      ? 'Advanced'
      : 'Standard'
  if (tier === 'Standard' && bytes > STANDARD_BYTES) {
    throw new AwsError(
      'ValidationException',
      `Standard tier parameters support a maximum parameter value of ${STANDARD_BYTES} characters. To create a larger parameter value, ` +
        'upgrade the parameter to use the advanced-parameter tier. For more information, see ' +
        'https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html',
    )
  }
  if (bytes > ADVANCED_BYTES) {
    throw new AwsError(
      'ValidationException',
      `Advanced tier parameters support a maximum parameter value of ${ADVANCED_BYTES} characters.`,
    )
  }
  if (tier === 'Standard' && !old && store.parameters.size >= STANDARD_PARAMETERS) {
    throw new AwsError(
      'ParameterLimitExceeded',
      'You have exceeded the number of parameters for this Amazon Web Services account.',
    )
  }
  return tier
}

function dataType(given = 'text'): string {
  if (!DATA_TYPES.includes(given)) {
    throw new AwsError(
      'ValidationException',
      `The data type ${given} is not supported by this sandbox; it knows ${DATA_TYPES.join(', ')}.`,
    )
  }
  return given
}

function keptVersions(name: string, old: Parameter | undefined): ParameterVersion[] {
  const versions = old?.versions ?? []
  const [oldest, ...rest] = versions
  if (oldest === undefined || versions.length < MAXIMUM_VERSIONS) return versions
  if (oldest.labels.length > 0) {
    throw new AwsError(
      'ParameterMaxVersionLimitExceeded',
      `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ` +
        `${oldest.version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another ` +
        'version of the parameter, and try again.',
    )
  }
  return rest
}
