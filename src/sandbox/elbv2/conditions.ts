// Conditions of listener rules: checked and completed when a rule is made, and asked of every request.
import { BlockList, isIP } from 'node:net'
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError } from '../cloud.ts'
import { matchesWildcard } from '../wildcard.ts'
import { invalid } from './records.ts'

/** What of a request the conditions look at. */
export interface RequestFacts {
  method: string
  /** As on the request line, without the query. */
  path: string
  query: string
  /** Without the port, in lower case. */
  host: string
  headers: NodeJS.Dict<string[]>
  /** The peer's address, never X-Forwarded-For. */
  address: string
}

export type Condition = (facts: RequestFacts) => boolean

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const CONDITION_VALUES_MAX = 5
const VALUE_LENGTH_MAX = 128

/** The conditions as AWS gives them back; refuses what ELBv2 refuses, and regular expressions, which are not simulated. */
export function completedConditions(conditions: RuleCondition[] | undefined): RuleCondition[] {
  if (!conditions?.length) throw invalid('A condition must be specified')
  const completed = conditions.map(completed1)
  const values = completed.reduce((sum, condition) => sum + valuesOf(condition).length, 0)
  if (values > CONDITION_VALUES_MAX) throw invalid(`Rules cannot have more than ${CONDITION_VALUES_MAX} condition values`)
  for (const field of ['path-pattern', 'host-header', 'http-request-method', 'source-ip']) {
    if (completed.filter((condition) => condition.Field === field).length > 1) {
      throw invalid(`A rule can only have one '${field}' condition`)
    }
  }
  return completed
}

function completed1(condition: RuleCondition): RuleCondition {
  const { Field } = condition
  if (condition.RegexValues?.length || regexOf(condition)?.length) {
    throw new AwsError('InvalidConfigurationRequestException', 'Regular expressions in conditions are not simulated')
  }
  if (Field === 'path-pattern' || Field === 'host-header') {
    const config = Field === 'path-pattern' ? condition.PathPatternConfig : condition.HostHeaderConfig
    const Values = config?.Values ?? condition.Values ?? []
    mustBePlain(Field, Values)
    return Field === 'path-pattern'
      ? { Field, Values, PathPatternConfig: { Values } }
      : { Field, Values, HostHeaderConfig: { Values } }
  }
  if (Field === 'http-header') {
    const { HttpHeaderName, Values } = condition.HttpHeaderConfig ?? {}
    if (!HttpHeaderName) throw invalid("A http-header condition must have a 'HttpHeaderName'")
    mustBePlain(Field, Values)
    return { Field, HttpHeaderConfig: { HttpHeaderName, Values } }
  }
  if (Field === 'http-request-method') {
    const { Values } = condition.HttpRequestMethodConfig ?? {}
    mustBePlain(Field, Values)
    return { Field, HttpRequestMethodConfig: { Values } }
  }
  if (Field === 'query-string') {
    const { Values } = condition.QueryStringConfig ?? {}
    mustBePlain(
      Field,
      Values?.map((pair) => pair.Value ?? ''),
    )
    return { Field, QueryStringConfig: { Values } }
  }
  if (Field === 'source-ip') {
    const { Values } = condition.SourceIpConfig ?? {}
    mustBePlain(Field, Values)
    for (const cidr of Values ?? []) if (!blocks(cidr)) throw invalid(`The CIDR block '${cidr}' is not valid`)
    return { Field, SourceIpConfig: { Values } }
  }
  throw invalid(
    `Condition field '${Field}' must be one of '[path-pattern,host-header,http-header,http-request-method,query-string,source-ip]'`,
  )
}

const regexOf = (condition: RuleCondition) =>
  condition.PathPatternConfig?.RegexValues ?? condition.HostHeaderConfig?.RegexValues ?? condition.HttpHeaderConfig?.RegexValues

const valuesOf = (condition: RuleCondition): unknown[] =>
  condition.Values ??
  condition.HttpHeaderConfig?.Values ??
  condition.HttpRequestMethodConfig?.Values ??
  condition.QueryStringConfig?.Values ??
  condition.SourceIpConfig?.Values ??
  []

function mustBePlain(field: string, values: string[] | undefined): void {
  if (!values?.length) throw invalid(`A '${field}' condition must have at least one value`)
  for (const value of values) {
    if (value.length > VALUE_LENGTH_MAX) throw invalid(`A condition value cannot be longer than '${VALUE_LENGTH_MAX}' characters`)
  }
}

/** A predicate for a completed condition. */
export function conditionOf(condition: RuleCondition): Condition {
  switch (condition.Field) {
    case 'path-pattern': {
      const patterns = condition.PathPatternConfig?.Values ?? []
      return (facts) => patterns.some((pattern) => matchesWildcard(pattern, facts.path))
    }
    case 'host-header': {
      const patterns = lower(condition.HostHeaderConfig?.Values)
      return (facts) => patterns.some((pattern) => matchesWildcard(pattern, facts.host))
    }
    case 'http-header': {
      const name = condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() ?? ''
      const patterns = lower(condition.HttpHeaderConfig?.Values)
      return (facts) => (facts.headers[name] ?? []).some((value) => matchesAny(patterns, value.toLowerCase()))
    }
    case 'http-request-method': {
      const methods = condition.HttpRequestMethodConfig?.Values ?? []
      return (facts) => methods.includes(facts.method)
    }
    case 'query-string': {
      const pairs = (condition.QueryStringConfig?.Values ?? []).map((pair) => ({
        key: pair.Key?.toLowerCase(),
        value: pair.Value?.toLowerCase() ?? '',
      }))
      return (facts) => {
        const given = [...new URLSearchParams(facts.query.toLowerCase())]
        return pairs.some(({ key, value }) =>
          given.some(([name, text]) => (key === undefined || matchesWildcard(key, name)) && matchesWildcard(value, text)),
        )
      }
    }
    case 'source-ip': {
      const lists = (condition.SourceIpConfig?.Values ?? []).map((cidr) => blocks(cidr))
      return (facts) => lists.some((list) => list?.check(facts.address, isIP(facts.address) === 6 ? 'ipv6' : 'ipv4'))
    }
    default:
      return () => false
  }
}

const lower = (values: string[] | undefined) => (values ?? []).map((value) => value.toLowerCase())
const matchesAny = (patterns: string[], text: string) => patterns.some((pattern) => matchesWildcard(pattern, text))

function blocks(cidr: string): BlockList | undefined {
  const [address = '', bits = ''] = cidr.split('/')
  const family = isIP(address)
  if (!family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return undefined
  const list = new BlockList()
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4')
  return list
}
