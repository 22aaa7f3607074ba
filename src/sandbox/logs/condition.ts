/**
 * Conditions joined by `&&`, `||` and parentheses, as JSON patterns and the fields of space-delimited patterns have
 * them. What a subject (`$.status`, `status`) means is up to the pattern that holds the condition.
 */
import { PatternError } from './pattern-error.ts'
import { bareValue, type Operator, type PatternValue, regexValue, textValue } from './pattern-value.ts'

export type Condition =
  | { kind: 'and'; left: Condition; right: Condition }
  | { kind: 'or'; left: Condition; right: Condition }
  | { kind: 'compare'; subject: string; operator: Operator; value: PatternValue }
  | { kind: 'is'; subject: string; value: null | boolean }
  | { kind: 'missing'; subject: string }

type Token =
  | { kind: 'symbol'; text: string }
  | { kind: 'subject' | 'word'; text: string }
  | { kind: 'quoted'; text: string }
  | { kind: 'regex'; text: string }

const TOKEN = new RegExp(
  [
    String.raw`\s*(?:(\(|\)|&&|\|\||!=|<=|>=|=|<|>)`,
    String.raw`(\$(?:\.[^\s=!<>()&|.[\]]+|\.?\[(?:\d+|\*|'[^']*'|"[^"]*")\])*)`,
    String.raw`"((?:[^"\\]|\\.)*)"`,
    '%([^%]*)%',
    String.raw`([^\s=!<>()&|"%]+))\s*`,
  ].join('|'),
  'y',
)

export function condition(text: string): Condition {
  const tokens = lexed(text)
  let at = 0

  const symbol = (wanted: string) => {
    const token = tokens[at]
    if (token?.kind !== 'symbol' || token.text !== wanted) return false
    at++
    return true
  }
  const or = (): Condition => {
    let left = and()
    while (symbol('||')) left = { kind: 'or', left, right: and() }
    return left
  }
  const and = (): Condition => {
    let left = single()
    while (symbol('&&')) left = { kind: 'and', left, right: single() }
    return left
  }
  const single = (): Condition => {
    if (!symbol('(')) return comparison()
    const inner = or()
    if (!symbol(')')) throw invalid()
    return inner
  }
  const comparison = (): Condition => {
    const subject = tokens[at++]
    const next = tokens[at++]
    if (subject?.kind !== 'subject' && subject?.kind !== 'word') throw invalid()
    if (next?.kind === 'word') return keyword(subject.text, next.text, tokens[at++])
    if (next?.kind !== 'symbol' || !isOperator(next.text)) throw invalid()
    return { kind: 'compare', subject: subject.text, operator: next.text, value: value(tokens[at++]) }
  }

  const whole = or()
  if (at !== tokens.length) throw invalid()
  return whole
}

function lexed(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text)
    if (!found) throw invalid()
    const [, sign, subject, quoted, regex, word] = found
    if (sign !== undefined) tokens.push({ kind: 'symbol', text: sign })
    else if (subject !== undefined) tokens.push({ kind: 'subject', text: subject })
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replace(/\\(.)/g, '$1') })
    else if (regex !== undefined) tokens.push({ kind: 'regex', text: regex })
    else tokens.push({ kind: 'word', text: word ?? '' })
  }
  return tokens
}

function keyword(subject: string, first: string, second: Token | undefined): Condition {
  const words = `${first} ${second?.kind === 'word' ? second.text : ''}`.toUpperCase()
  if (words === 'IS NULL') return { kind: 'is', subject, value: null }
  if (words === 'IS TRUE') return { kind: 'is', subject, value: true }
  if (words === 'IS FALSE') return { kind: 'is', subject, value: false }
  if (words === 'NOT EXISTS') return { kind: 'missing', subject }
  throw invalid()
}

function value(token: Token | undefined): PatternValue {
  if (token?.kind === 'quoted') return textValue(token.text)
  if (token?.kind === 'regex') return regexValue(token.text)
  if (token?.kind === 'word') return bareValue(token.text)
  throw invalid()
}

function isOperator(text: string): text is Operator {
  return ['=', '!=', '<', '>', '<=', '>='].includes(text)
}

export const invalid = () => new PatternError('Invalid filter pattern')
