// .dockerignore (https://docs.docker.com/build/concepts/context/#dockerignore-files): the last pattern that matches decides.
import { globMatcher } from './glob.ts'

export interface Ignore {
  /** Whether a path of the build folder, `a/b`, is left out of it. */
  hides(path: string): boolean
  /** Whether nothing below a hidden folder can be brought back, so that it need not be read. */
  hidesAllBelow(folder: string): boolean
}

export function parseIgnore(text: string): Ignore {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '!')
    .map((line) => {
      const hides = !line.startsWith('!')
      return { hides, matches: globMatcher((hides ? line : line.slice(1)).trim(), { below: true }) }
    })
  const hides = (path: string) => rules.findLast((rule) => rule.matches(path))?.hides ?? false
  const canBringBack = rules.some((rule) => !rule.hides)
  return { hides, hidesAllBelow: (folder) => !canBringBack && hides(folder) }
}
