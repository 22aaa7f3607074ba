// The right-hand side of a condition: a number, a text with wildcards, or a regular expression.
import { PatternError } from './pattern-error.ts'

export type Operator = '=' | '!=' | '<' | '>' | '<=' | '>='

export type PatternValue =
  | { kind: 'number'; number: number; text: string }
  | { kind: 'text'; expression: RegExp }
  | { kind: 'regex'; expression: RegExp }

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

export function bareValue(text: string): PatternValue {
  return NUMBER.test(text) ? { kind: 'number', number: Number(text), text } : textValue(text)
}

/** `*` stands for any characters. */
export function textValue(text: string): PatternValue {
  const source = text.split('*').map(escaped).join('[^]*')
  return { kind: 'text', expression: new RegExp(`^${source}$`) }
}

export function regexValue(source: string): PatternValue {
  return { kind: 'regex', expression: patternRegExp(source) }
}

/** The syntax that CloudWatch Logs takes has no groups, so it cannot be made to backtrack without end. */
export function patternRegExp(source: string): RegExp {
  if (/[^A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+.\s]/.test(source)) throw new PatternError(`Invalid regex '${source}'`)
  try {
    return new RegExp(source)
  } catch {
    throw new PatternError(`Invalid regex '${source}'`)
  }
}

export function compares(actual: string | number, operator: Operator, value: PatternValue): boolean {
  if (operator === '=') return equals(actual, value)
  if (operator === '!=') return !equals(actual, value)
  const number = typeof actual === 'number' ? actual : NUMBER.test(actual) ? Number(actual) : Number.NaN
  if (value.kind !== 'number') return false
  if (operator === '<') return number < value.number
  if (operator === '>') return number > value.number
  return operator === '<=' ? number <= value.number : number >= value.number
}

function equals(actual: string | number, value: PatternValue): boolean {
  if (value.kind !== 'number') return value.expression.test(String(actual))
  return actual === value.text || (NUMBER.test(String(actual)) && Number(actual) === value.number)
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\/]/g, '\\$&')
}
