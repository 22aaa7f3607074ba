/**
 * File patterns as Docker reads them in .dockerignore and COPY: Go's filepath.Match, and `**` for any number of folders.
 * All ways of matching are followed side by side, so that a hostile pattern costs its length and not its exponent.
 */

/** Matches a path of parts joined by `/`; `below` also matches whatever lies below a match. */
export function globMatcher(pattern: string, options: { below: boolean }): (path: string) => boolean {
  const clean = pattern
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
  if (!hasWildcard(clean)) return (path) => path === clean || (options.below && path.startsWith(`${clean}/`))
  const tokens = tokensOf(clean)
  return (path) => matches(tokens, path, options.below)
}

export const hasWildcard = (pattern: string): boolean => /[*?[\\]/.test(pattern)

interface Token {
  /** Whether it takes a character. */
  takes: (character: string) => boolean
  /** It may take any number, none included. */
  repeats?: boolean
  /** `**` and `/` in one: takes nothing, or whole folders with their slash. */
  folders?: boolean
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at)
    const character = pattern[at] as string
    const set = /^\[(\^?)((?:\\[\s\S]|[^\]\\])+)\]/.exec(rest)
    if (rest.startsWith('**/')) {
      tokens.push({ takes: () => true, folders: true })
      at += 2
    } else if (rest.startsWith('**')) {
      tokens.push({ takes: () => true, repeats: true })
      at += 1
    } else if (character === '*') tokens.push({ takes: (one) => one !== '/', repeats: true })
    else if (character === '?') tokens.push({ takes: (one) => one !== '/' })
    else if (set) {
      const inSet = setOf(set[2] ?? '')
      const negated = set[1] === '^'
      tokens.push({ takes: (one) => one !== '/' && inSet(one) !== negated })
      at += set[0].length - 1
    } else {
      const literal = character === '\\' && at + 1 < pattern.length ? (pattern[++at] as string) : character
      tokens.push({ takes: (one) => one === literal })
    }
  }
  return tokens
}

function setOf(text: string): (character: string) => boolean {
  const characters = [...text.matchAll(/\\([\s\S])|([\s\S])/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const ranges: [string, string][] = []
  for (let at = 0; at < characters.length; at++) {
    const from = characters[at] as string
    const isRange = characters[at + 1] === '-' && at + 2 < characters.length
    ranges.push([from, isRange ? (characters[at + 2] as string) : from])
    if (isRange) at += 2
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to)
}

/** A state is a token's index, doubled; odd ones stand inside the folders that a `**` has begun to take. */
function matches(tokens: Token[], path: string, below: boolean): boolean {
  const end = tokens.length * 2
  let states = closure(tokens, [0])
  for (const character of path) {
    if (below && character === '/' && states.has(end)) return true
    const next: number[] = []
    for (const state of states) {
      const token = tokens[state >> 1]
      if (!token?.takes(character)) continue
      if (token.folders) {
        next.push(state | 1)
        if (character === '/') next.push((state | 1) + 1)
      } else next.push(token.repeats ? state : state + 2)
    }
    states = closure(tokens, next)
    if (states.size === 0) return false
  }
  return states.has(end)
}

/** With the states that are reached without taking a character. */
function closure(tokens: Token[], states: number[]): Set<number> {
  const reached = new Set<number>()
  const waiting = [...states]
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    if (reached.has(state)) continue
    reached.add(state)
    const token = tokens[state >> 1]
    if (state % 2 === 0 && (token?.repeats || token?.folders)) waiting.push(state + 2)
  }
  return reached
}
