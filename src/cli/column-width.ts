import { createRequire } from 'node:module'
import { stripVTControlCharacters } from 'node:util'

/** Letters, punctuation, arrows and the marks of this CLI: one column each. */
const NARROW = /^[ -~¡-¬®-ˇ‐-‧‹›←-↓─━✔✖▲●]$/u
/** What Japanese is written in: two columns each. The marks that combine (U+3099, U+309A) are not among it. */
const WIDE = /^[\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uff01-\uff60]$/u

let measured: ((text: string) => number) | undefined

/** Columns that a text takes on a terminal; escape sequences take none. */
export function columnWidth(text: string): number {
  const bare = text.includes('\u001b') ? stripVTControlCharacters(text) : text
  let columns = 0
  for (const character of bare) {
    if (NARROW.test(character)) columns += 1
    else if (WIDE.test(character)) columns += 2
    else return measure(bare)
  }
  return columns
}

/** Emoji, combining marks and other scripts. What knows them takes longer to load than most commands take to run. */
function measure(text: string): number {
  measured ??= createRequire(import.meta.url)('string-width').default as (text: string) => number
  return measured(text)
}
