// Policy documents: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
import { AwsError } from '../cloud.ts'

export interface Statement {
  sid: string | undefined
  effect: 'Allow' | 'Deny'
  actions: string[] | undefined
  notActions: string[] | undefined
  resources: string[] | undefined
  notResources: string[] | undefined
  /** By kind: `AWS`, `Service`, `Federated`; `{ '*': ['*'] }` for everyone. Of trust policies alone. */
  principals: Record<string, string[]> | undefined
  notPrincipals: Record<string, string[]> | undefined
  conditions: Record<string, Record<string, string[]>>
}

export type PolicyKind = 'identity' | 'trust'

const parsed = new Map<string, Statement[]>()
const MAX_PARSED = 1000

/** The statements of a document; throws MalformedPolicyDocument. */
export function statementsOf(document: string, kind: PolicyKind): Statement[] {
  const name = `${kind}:${document}`
  const known = parsed.get(name)
  if (known) return known
  if (parsed.size >= MAX_PARSED) parsed.clear()
  const statements = parse(document, kind)
  parsed.set(name, statements)
  return statements
}

function parse(document: string, kind: PolicyKind): Statement[] {
  let json: unknown
  try {
    json = JSON.parse(document)
  } catch {
    throw malformed('Syntax errors in policy.')
  }
  if (!isObject(json)) throw malformed('Syntax errors in policy.')
  if (json.Version !== undefined && json.Version !== '2012-10-17' && json.Version !== '2008-10-17') {
    throw malformed('Syntax errors in policy.')
  }
  const statements = Array.isArray(json.Statement) ? json.Statement : json.Statement === undefined ? [] : [json.Statement]
  if (statements.length === 0) throw malformed('Syntax errors in policy.')
  return statements.map((statement) => statementFrom(statement, kind))
}

const KEYS = new Set('Sid Effect Action NotAction Resource NotResource Principal NotPrincipal Condition'.split(' '))

function statementFrom(json: unknown, kind: PolicyKind): Statement {
  if (!isObject(json) || Object.keys(json).some((key) => !KEYS.has(key))) throw malformed('Syntax errors in policy.')
  if (json.Effect !== 'Allow' && json.Effect !== 'Deny') throw malformed('Syntax errors in policy.')
  const statement: Statement = {
    sid: typeof json.Sid === 'string' ? json.Sid : undefined,
    effect: json.Effect,
    actions: texts(json.Action),
    notActions: texts(json.NotAction),
    resources: texts(json.Resource),
    notResources: texts(json.NotResource),
    principals: principalsFrom(json.Principal),
    notPrincipals: principalsFrom(json.NotPrincipal),
    conditions: conditionsFrom(json.Condition),
  }
  check(statement, kind)
  return statement
}

function check(statement: Statement, kind: PolicyKind): void {
  const { actions, notActions, resources, notResources, principals, notPrincipals } = statement
  if (!actions === !notActions) throw malformed('Policy statement must contain actions.')
  for (const action of [...(actions ?? []), ...(notActions ?? [])]) {
    if (action !== '*' && !/^[\w-]+:[\w*?-]+$/.test(action)) {
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
    }
  }
  if (kind === 'identity') {
    if (principals || notPrincipals) throw malformed('Policy document should not specify a principal.')
    if (!resources === !notResources) throw malformed('Policy statement must contain resources.')
    for (const resource of [...(resources ?? []), ...(notResources ?? [])]) {
      if (resource !== '*' && !/^(arn|\*|\$\{)/.test(resource)) {
        throw malformed(`Resource ${resource} must be in ARN format or "*".`)
      }
    }
    return
  }
  if (resources || notResources) throw malformed('Has prohibited field Resource')
  if (!principals && !notPrincipals) throw malformed('Missing required field Principal')
}

function principalsFrom(json: unknown): Record<string, string[]> | undefined {
  if (json === undefined) return undefined
  if (json === '*') return { '*': ['*'] }
  if (!isObject(json)) throw malformed('Syntax errors in policy.')
  return Object.fromEntries(Object.entries(json).map(([kind, value]) => [kind, texts(value) ?? []]))
}

function conditionsFrom(json: unknown): Record<string, Record<string, string[]>> {
  if (json === undefined) return {}
  if (!isObject(json)) throw malformed('Syntax errors in policy.')
  // Not by assignment: an operator named __proto__ would be no condition at all.
  return Object.fromEntries(
    Object.entries(json).map(([operator, keys]) => {
      if (!isObject(keys)) throw malformed('Syntax errors in policy.')
      return [operator, Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, texts(value) ?? []]))]
    }),
  )
}

function texts(json: unknown): string[] | undefined {
  if (json === undefined) return undefined
  const values = Array.isArray(json) ? json : [json]
  return values.map((value) => {
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw malformed('Syntax errors in policy.')
  })
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocumentException', message)
