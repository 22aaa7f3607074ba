// `{ $.level = "error" && ($.status >= 500 || $.user.name NOT EXISTS) }`
import { type Condition, condition, invalid } from './condition.ts'
import type { MessageTest } from './filter-pattern.ts'
import { compares } from './pattern-value.ts'

type Step = string | number | typeof EACH
type JsonTest = (json: unknown) => boolean

const EACH = Symbol('each element')
const STEP = /\.?\[(\d+)\]|\.?\[(\*)\]|\.?\['([^']*)'\]|\.?\["([^"]*)"\]|\.([^.[\]]+)/y

/** A message that is not a JSON object or array never matches. */
export function jsonPattern(pattern: string): MessageTest {
  if (!pattern.endsWith('}')) throw invalid()
  const test = compiled(condition(pattern.slice(1, -1)))
  return (message) => {
    const json = parsed(message)
    return json !== undefined && test(json)
  }
}

function parsed(message: string): unknown {
  if (!/^\s*[{[]/.test(message)) return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

function compiled(node: Condition): JsonTest {
  if (node.kind === 'and' || node.kind === 'or') {
    const [left, right] = [compiled(node.left), compiled(node.right)]
    return node.kind === 'and' ? (json) => left(json) && right(json) : (json) => left(json) || right(json)
  }
  const steps = path(node.subject)
  if (node.kind === 'missing') return (json) => found(json, steps).length === 0
  if (node.kind === 'is') return (json) => found(json, steps).includes(node.value)
  return (json) => found(json, steps).some((value) => comparable(value) && compares(plain(value), node.operator, node.value))
}

function path(selector: string): Step[] {
  const steps: Step[] = []
  STEP.lastIndex = 1
  while (STEP.lastIndex < selector.length) {
    const [, index, each, single, double, name] = STEP.exec(selector) ?? []
    const step = index !== undefined ? Number(index) : each !== undefined ? EACH : (single ?? double ?? name)
    if (step === undefined) throw invalid()
    steps.push(step)
  }
  if (!selector.startsWith('$') || steps.length === 0) throw invalid()
  return steps
}

/** The values that a selector reaches; none when a part of the way is missing. */
function found(json: unknown, steps: Step[]): unknown[] {
  let values: unknown[] = [json]
  for (const step of steps) values = values.flatMap((value) => reached(value, step))
  return values
}

function reached(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return step === EACH ? value : typeof step === 'number' && step in value ? [value[step]] : []
  if (typeof step === 'symbol' || !Object.hasOwn(value, step)) return []
  return [(value as Record<string, unknown>)[step]]
}

function comparable(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

const plain = (value: string | number | boolean) => (typeof value === 'boolean' ? String(value) : value)
