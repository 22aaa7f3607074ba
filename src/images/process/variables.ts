// Variables and quotes in a Dockerfile's words: $name, ${name}, ${name:-word} and its relatives.
import { images } from '../../core/messages/images.ts'
import type { Text } from '../../core/text.ts'

export type Lookup = (name: string) => string | undefined

export class UnreadableWord extends Error {
  readonly text: Text

  constructor(text: Text) {
    super(text.en)
    this.text = text
  }
}

/** One string with its variables replaced and its quotes taken off. Throws UnreadableWord. */
export const expand = (text: string, lookup: Lookup, mark: string): string => read(text, lookup, mark, false).join('')

/** The same, split at blanks that are not quoted; a variable's value is not split. */
export const expandWords = (text: string, lookup: Lookup, mark: string): string[] => read(text, lookup, mark, true)

function read(text: string, lookup: Lookup, mark: string, split: boolean): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (quote === "'") {
      if (character === "'") quote = undefined
      else word += character
    } else if (character === mark && at + 1 < text.length) {
      const next = text[++at] as string
      // Inside double quotes a backslash stays one before anything that it need not protect.
      word = (word ?? '') + (quote && !['"', '$', mark].includes(next) ? mark : '') + next
    } else if (character === '"' || (character === "'" && !quote)) {
      quote = quote ? undefined : character
      word ??= ''
    } else if (character === '$') {
      const variable = variableAt(text, at, lookup, mark)
      word = (word ?? '') + variable.value
      at = variable.end - 1
    } else if (split && !quote && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote) throw new UnreadableWord(images.variableUnreadable(text))
  if (word !== undefined) words.push(word)
  return words
}

/** The value of the variable that begins at the dollar, and where it ends. */
function variableAt(text: string, dollar: number, lookup: Lookup, mark: string): { value: string; end: number } {
  const plain = /^\$([A-Za-z_]\w*)/.exec(text.slice(dollar))
  if (plain) return { value: lookup(plain[1] as string) ?? '', end: dollar + plain[0].length }
  if (text[dollar + 1] !== '{') return { value: '$', end: dollar + 1 }
  const end = closingBrace(text, dollar + 2, mark)
  const [, name, operator = '', word = ''] = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/.exec(text.slice(dollar + 2, end)) ?? []
  if (name === undefined) throw new UnreadableWord(images.variableUnreadable(text.slice(dollar, end + 1)))
  const value = lookup(name)
  const isSet = operator.startsWith(':') ? Boolean(value) : value !== undefined
  const other = () => expand(word, lookup, mark)
  if (operator.endsWith('-')) return { value: isSet ? (value ?? '') : other(), end: end + 1 }
  if (operator.endsWith('+')) return { value: isSet ? other() : '', end: end + 1 }
  if (operator.endsWith('?') && !isSet) throw new UnreadableWord(images.variableRequired(name, other()))
  return { value: value ?? '', end: end + 1 }
}

function closingBrace(text: string, start: number, mark: string): number {
  let depth = 1
  for (let at = start; at < text.length; at++) {
    if (text[at] === mark) at++
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  throw new UnreadableWord(images.variableUnreadable(text.slice(start - 2)))
}
