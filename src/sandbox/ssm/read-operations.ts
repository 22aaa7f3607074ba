import type { ParameterHistory, ParameterMetadata, Parameter as WireParameter } from '@aws-sdk/client-ssm'
import { AwsError } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { latest, type Parameter, type ParameterVersion } from './parameter.ts'
import { byPathFilter, describeFilter, isUnder } from './parameter-filters.ts'
import type { ParameterStore, Selected } from './parameter-store.ts'
import type { SsmHandlers } from './ssm.ts'

const BY_PATH_PAGE = 10
const DESCRIBE_PAGE = 10
const HISTORY_PAGE = 50

export function readOperations(store: ParameterStore): SsmHandlers {
  return {
    GetParameter(input) {
      return { Parameter: wireParameter(store, store.select(input.Name as string), input.WithDecryption) }
    },

    GetParameters(input) {
      const names = input.Names ?? []
      const repeated = names.filter((name, index) => names.indexOf(name) !== index)
      if (repeated.length > 0) {
        throw new AwsError(
          'ValidationException',
          `There are duplicate names in the request: ${[...new Set(repeated)].join(', ')}.`,
        )
      }
      const selected = names.map((name) => selectedOrNone(store, name))
      return {
        Parameters: selected.flatMap((one) => (one ? [wireParameter(store, one, input.WithDecryption)] : [])),
        InvalidParameters: names.filter((_, index) => selected[index] === undefined),
      }
    },

    GetParametersByPath(input) {
      const path = input.Path as string
      if (!/^\/(?:[a-zA-Z0-9_.-]+\/)*[a-zA-Z0-9_.-]*$/.test(path)) throw invalidPath()
      const under = isUnder(path, input.Recursive === true)
      const passes = byPathFilter(input.ParameterFilters)
      const label = input.ParameterFilters?.find(({ Key }) => Key === 'Label')?.Values
      const found = [...store.parameters.values()].filter((one) => under(one) && passes(one))
      const { items, nextToken } = named(found, input.NextToken, input.MaxResults ?? BY_PATH_PAGE)
      return {
        Parameters: items.map((one) => wireParameter(store, atLabel(one, label), input.WithDecryption)),
        NextToken: nextToken,
      }
    },

    GetParameterHistory(input) {
      const parameter = store.existing(input.Name as string)
      const { items, nextToken } = page(parameter.versions, ({ version }) => String(version).padStart(16, '0'), {
        token: input.NextToken,
        size: input.MaxResults ?? HISTORY_PAGE,
        invalid: invalidToken,
      })
      return { Parameters: items.map((one) => history(store, parameter, one, input.WithDecryption)), NextToken: nextToken }
    },

    DescribeParameters(input) {
      if (input.Shared) return { Parameters: [] }
      const passes = describeFilter(input.ParameterFilters, input.Filters)
      const found = [...store.parameters.values()].filter(passes)
      const { items, nextToken } = named(found, input.NextToken, input.MaxResults ?? DESCRIBE_PAGE)
      return { Parameters: items.map((one) => metadata(store, one, latest(one))), NextToken: nextToken }
    },
  }
}

function selectedOrNone(store: ParameterStore, name: string): Selected | undefined {
  try {
    return store.select(name)
  } catch (error) {
    if (error instanceof AwsError && /^Parameter(Version)?NotFound$/.test(error.code)) return undefined
    throw error
  }
}

function wireParameter(store: ParameterStore, selected: Selected, decrypted = false): WireParameter {
  const { parameter, version, selector } = selected
  return {
    Name: parameter.name,
    Type: version.type,
    Value: store.value(parameter, version, decrypted),
    Version: version.version,
    Selector: selector,
    LastModifiedDate: version.modifiedAt,
    ARN: store.arn(parameter.name),
    DataType: version.dataType,
  }
}

function atLabel(parameter: Parameter, labels: string[] | undefined): Selected {
  const version = labels && parameter.versions.findLast((one) => one.labels.some((label) => labels.includes(label)))
  return { parameter, version: version ?? latest(parameter) }
}

function history(store: ParameterStore, parameter: Parameter, version: ParameterVersion, decrypted = false): ParameterHistory {
  const { ARN: _, ...rest } = metadata(store, parameter, version)
  return { ...rest, Value: store.value(parameter, version, decrypted), Labels: version.labels }
}

function metadata(store: ParameterStore, parameter: Parameter, version: ParameterVersion): ParameterMetadata {
  return {
    Name: parameter.name,
    ARN: store.arn(parameter.name),
    Type: version.type,
    KeyId: version.keyId,
    LastModifiedDate: version.modifiedAt,
    LastModifiedUser: version.modifiedBy,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: version.dataType,
  }
}

function named(parameters: Parameter[], token: string | undefined, size: number) {
  const byName = ({ name }: Parameter) => name
  return page(sortedBy(parameters, byName), byName, { token, size, invalid: invalidToken })
}

const invalidToken = (): never => {
  throw new AwsError('InvalidNextToken', "The specified token isn't valid.")
}

const invalidPath = () =>
  new AwsError(
    'ValidationException',
    'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be ' +
      'prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), ' +
      '- (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol ' +
      '"/". Valid example: /get/parameters2-/by1./path0_.',
  )
