// `ERROR "not found" -debug`, `?WARN ?ERROR`, `%regular expression%`.
import type { MessageTest } from './filter-pattern.ts'
import { PatternError } from './pattern-error.ts'
import { patternRegExp } from './pattern-value.ts'

interface Term {
  kind: 'all' | 'any' | 'none'
  matches: MessageTest
}

const TERM = /\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"]+))(?=\s|$)/uy

/** An empty pattern matches everything. A `?term` beside terms of the other kinds is ignored, as AWS does. */
export function termPattern(pattern: string): MessageTest {
  const terms = parsedTerms(pattern)
  const of = (kind: Term['kind']) => terms.filter((term) => term.kind === kind)
  const [all, any, none] = [of('all'), of('any'), of('none')]
  if (all.length === 0 && none.length === 0 && any.length > 0) return (message) => any.some(({ matches }) => matches(message))
  return (message) => all.every(({ matches }) => matches(message)) && !none.some(({ matches }) => matches(message))
}

function parsedTerms(pattern: string): Term[] {
  const terms: Term[] = []
  TERM.lastIndex = 0
  while (TERM.lastIndex < pattern.length) {
    const found = TERM.exec(pattern)
    if (!found) throw new PatternError('Invalid filter pattern')
    const [, sign, quoted, regex, bare] = found
    const kind = sign === '?' ? 'any' : sign === '-' ? 'none' : 'all'
    terms.push({ kind, matches: test(quoted, regex, bare) })
  }
  return terms
}

function test(quoted: string | undefined, regex: string | undefined, bare: string | undefined): MessageTest {
  if (regex !== undefined) {
    const expression = patternRegExp(regex)
    return (message) => expression.test(message)
  }
  if (bare !== undefined && !/^[\p{L}\p{N}_]+$/u.test(bare)) throw new PatternError(`Invalid character(s) in term '${bare}'`)
  const text = bare ?? (quoted ?? '').replace(/\\(.)/g, '$1')
  return (message) => message.includes(text)
}
