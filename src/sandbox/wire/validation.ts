// Input that the model does not let be: members that are missing, values beyond their limits.
import { AwsError } from '../cloud.ts'
import { type Violation, violations } from './constraints.ts'
import type { Members } from './json-decode.ts'
import type { Model, OperationModel } from './model.ts'
import type { Shape } from './shape.ts'

/** Throws the service's own error, naming every problem. */
export function validate(model: Model, operation: OperationModel, input: Members): void {
  const broken = violations(model.signingName, operation.input, input)
  const odd = broken.find(({ limit }) => limit === undefined)
  if (odd) throw ofAnotherType(model, odd)
  const missing: string[] = []
  collectMissing(operation.input, input, '', missing)
  if (PLAIN.has(model.signingName)) {
    if (missing.length > 0) throw new AwsError('MissingParameter', `The request must contain the parameter ${missing[0]}`)
    return
  }
  if (missing.length === 0 && broken.length === 0) return
  const problems = [
    ...missing.map((path) => `Value null at '${lowerFirst(path)}' failed to satisfy constraint: Member must not be null`),
    ...broken.map(
      ({ path, value, limit }) => `Value '${shown(value)}' at '${lowerFirst(path)}' failed to satisfy constraint: ${limit}`,
    ),
  ]
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`
  throw new AwsError(CODES[model.signingName] ?? 'ValidationException', `${count}: ${problems.join('; ')}`)
}

/** What the service says when it cannot read a number, before it looks at anything else. */
function ofAnotherType({ protocol }: Model, { path, value }: Violation): AwsError {
  const isQuery = protocol === 'awsQuery' || protocol === 'ec2Query'
  if (isQuery) return new AwsError('MalformedInput', `Invalid value '${value}' for ${path}`)
  return new AwsError('SerializationException', 'NUMBER_VALUE can not be converted to an Integer')
}

/** Services that check their input by rules of their own, which their handlers keep. */
export const PLAIN = new Set(['ec2', 'sqs', 's3'])

/** How services name an input that their model refuses, where it is not ValidationException. */
const CODES: Record<string, string> = {
  ecr: 'InvalidParameterException',
  ecs: 'InvalidParameterException',
  elasticloadbalancing: 'ValidationError',
  iam: 'ValidationError',
  logs: 'InvalidParameterException',
  monitoring: 'ValidationError',
  sts: 'ValidationError',
}

function collectMissing(shape: Shape, value: unknown, path: string, missing: string[]): void {
  if (value === null || value === undefined) return
  if (shape.kind === 'structure' || shape.kind === 'union') {
    const members = value as Members
    for (const member of shape.members) {
      const entry = members[member.name]
      const at = path === '' ? member.name : `${path}.${member.name}`
      if (entry !== undefined) collectMissing(member.shape, entry, at, missing)
      else if (member.required && !member.traits.idempotencyToken) missing.push(at)
    }
  } else if (shape.kind === 'list') {
    for (const [i, item] of (value as unknown[]).entries())
      collectMissing(shape.item.shape, item, `${path}.${i + 1}.member`, missing)
  } else if (shape.kind === 'map') {
    for (const [key, item] of Object.entries(value as Members))
      collectMissing(shape.value.shape, item, `${path}.${key}.member`, missing)
  }
}

const lowerFirst = (path: string): string => path.replace(/(^|\.)[A-Z]/g, (start) => start.toLowerCase())

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
