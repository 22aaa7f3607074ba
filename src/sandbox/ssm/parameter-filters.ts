// Filters of DescribeParameters and GetParametersByPath.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
import type { ParameterStringFilter, ParametersFilter } from '@aws-sdk/client-ssm'
import { AwsError } from '../cloud.ts'
import { latest, type Parameter } from './parameter.ts'

type Test = (parameter: Parameter) => boolean

const DESCRIBE_KEYS = ['Path', 'Name', 'Type', 'KeyId', 'Tier', 'DataType']
const BY_PATH_KEYS = ['Type', 'KeyId', 'Label']

export function describeFilter(filters: ParameterStringFilter[] = [], old: ParametersFilter[] = []): Test {
  if (filters.length > 0 && old.length > 0) {
    throw new AwsError('ValidationException', 'You can use either Filters or ParameterFilters in a single request.')
  }
  const tests = [...filters.map((filter) => test(filter, DESCRIBE_KEYS)), ...old.map(oldTest)]
  return (parameter) => tests.every((passes) => passes(parameter))
}

export function byPathFilter(filters: ParameterStringFilter[] = []): Test {
  const tests = filters.map((filter) => test(filter, BY_PATH_KEYS))
  return (parameter) => tests.every((passes) => passes(parameter))
}

/** Whether a parameter lies below a path (`/` holds all), in it directly or at any depth. */
export function isUnder(path: string, recursive: boolean): Test {
  const prefix = path.endsWith('/') ? path : `${path}/`
  return ({ name }) => {
    const full = rooted(name)
    return full.startsWith(prefix) && (recursive || !full.slice(prefix.length).includes('/'))
  }
}

function test(filter: ParameterStringFilter, allowed: string[]): Test {
  const key = filter.Key as string
  const isTag = key.startsWith('tag:') && allowed === DESCRIBE_KEYS
  if (!isTag && !allowed.includes(key)) {
    throw new AwsError(
      'InvalidFilterKey',
      `The following filter key is not valid: ${key}. Valid filter keys include: [${allowed.join(', ')}].`,
    )
  }
  const values = filter.Values ?? []
  if (key === 'Path') return pathTest(option(filter, ['Recursive', 'OneLevel'], 'OneLevel'), values)
  if (values.length === 0 && !isTag) {
    throw new AwsError('InvalidFilterValue', `The following filter values are missing : ${key}.`)
  }
  if (key === 'Label') {
    option(filter, ['Equals'], 'Equals')
    return (parameter) => parameter.versions.some(({ labels }) => labels.some((label) => values.includes(label)))
  }
  const options = key === 'Name' ? ['BeginsWith', 'Equals', 'Contains'] : ['BeginsWith', 'Equals']
  const compares = comparison(option(filter, options, 'Equals'))
  if (isTag) return tagTest(key.slice('tag:'.length), values, compares)
  const wanted = key === 'Name' ? values.map(rooted) : values
  return (parameter) => {
    const actual = member(key, parameter)
    return actual !== undefined && wanted.some((value) => compares(actual, value))
  }
}

function option(filter: ParameterStringFilter, options: string[], byDefault: string): string {
  const given = filter.Option ?? byDefault
  if (options.includes(given)) return given
  throw new AwsError(
    'InvalidFilterOption',
    `The following filter option is not valid: ${given}. Valid options include: [${options.join(', ')}].`,
  )
}

function pathTest(option: string, values: string[]): Test {
  for (const value of values) {
    if (!value.startsWith('/')) {
      throw new AwsError('ValidationException', `The parameter path ${value} must begin with a forward slash "/".`)
    }
  }
  const tests = values.map((value) => isUnder(value, option === 'Recursive'))
  return (parameter) => tests.some((passes) => passes(parameter))
}

function tagTest(tag: string, values: string[], compares: (actual: string, value: string) => boolean): Test {
  return ({ tags }) => {
    const actual = tags[tag]
    return actual !== undefined && (values.length === 0 || values.some((value) => compares(actual, value)))
  }
}

function comparison(option: string): (actual: string, value: string) => boolean {
  if (option === 'BeginsWith') return (actual, value) => actual.startsWith(value)
  if (option === 'Contains') return (actual, value) => actual.includes(value.replace(/^\//, ''))
  return (actual, value) => actual === value
}

// A name is compared from its root, whether or not it was made with a leading slash.
function member(key: string, parameter: Parameter): string | undefined {
  const version = latest(parameter)
  if (key === 'Name') return rooted(parameter.name)
  if (key === 'Type') return version.type
  if (key === 'KeyId') return version.keyId
  if (key === 'Tier') return version.tier
  return version.dataType
}

function oldTest(filter: ParametersFilter): Test {
  const key = filter.Key as string
  const values = filter.Values ?? []
  if (key === 'Name') return ({ name }) => values.some((value) => rooted(name).startsWith(rooted(value)))
  return (parameter) => values.includes(member(key, parameter) ?? '')
}

const rooted = (name: string) => (name.startsWith('/') ? name : `/${name}`)
