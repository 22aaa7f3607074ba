// YAML text to plain values, and back from a path to its place in the text. Manifests come from branches that nobody
// has reviewed: sizes are limited, nothing is executed, and no tag makes anything but plain values.
import {
  type Document,
  type DocumentOptions,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParsedNode,
  parseDocument,
  type SchemaOptions,
  type Tags,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import { yaml as words } from '../core/messages/manifest.ts'
import type { Text } from '../core/text.ts'
import type { Path } from './problem.ts'

const MAX_KB = 256
const MAX_ALIASES = 100
/** Other tools have no patches: their files repeat by aliases instead. */
const MAX_FOREIGN_ALIASES = 1000
const MAX_DEPTH = 64

export interface Place {
  line: number
  column: number
}

export interface YamlDocument {
  /** Plain values; undefined when the text cannot be read as YAML at all. */
  value: unknown
  problems: (Place & { text: Text; path: Path })[]
  /** Where the value of a path is; `key` asks for its key instead. A path that is not there gives its nearest parent. */
  place(path: Path, at?: 'key' | 'value'): Place
}

/** Ours, or another tool's: that is read as Ruby and Go read it, with merge keys and the booleans of YAML 1.1. */
type Dialect = 'kiban' | 'foreign'

/** Dates, bytes and ordered maps would become objects that no tool's files mean. */
const NOT_PLAIN = /:(timestamp|binary|omap|pairs|set)$/

const dialects = {
  kiban: { version: '1.2', schema: 'core', merge: false },
  foreign: {
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !NOT_PLAIN.test(tag.tag)).map(withoutLetters),
  },
} as const satisfies Record<Dialect, DocumentOptions & SchemaOptions>

/** YAML 1.1 has `y` and `n` as booleans; nobody's parser does, for `y` is a coordinate. */
function withoutLetters(tag: Tags[number]): Tags[number] {
  if (typeof tag === 'string' || !tag.tag.endsWith(':bool') || !('test' in tag)) return tag
  return { ...tag, test: tag.test?.test('true') ? /^(?:yes|true|on)$/i : /^(?:no|false|off)$/i } as typeof tag
}

export function yamlDocument(text: string, dialect: Dialect = 'kiban'): YamlDocument {
  const start = () => ({ line: 1, column: 1 })
  const unreadable = (reason: Text): YamlDocument => ({
    value: undefined,
    problems: [{ ...start(), text: reason, path: [] }],
    place: start,
  })
  if (text.length > MAX_KB * 1024) return unreadable(words.tooLarge(MAX_KB))
  if (isTooDeep(text)) return unreadable(words.tooDeep)

  const lines = new LineCounter()
  const document = parseDocument(text, {
    ...dialects[dialect],
    resolveKnownTags: false,
    uniqueKeys: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    text: wordsFor(error, text),
    path: [],
  }))
  const structureHolds = document.errors.every((error) => error.code === 'DUPLICATE_KEY' || error.code === 'TAG_RESOLVE_FAILED')
  if (!structureHolds) return { value: undefined, problems, place: start }

  const odd = oddKeys(document).filter(({ text }) => dialect === 'kiban' || text !== words.mergeKey)
  problems.push(...odd.map(({ offset, text }) => ({ ...placeAt(offset), text, path: [] })))
  try {
    if (dialect === 'kiban') keepSpelling(document)
    else keepFractions(document)
    const value: unknown = document.toJS({ maxAliasCount: dialect === 'kiban' ? MAX_ALIASES : MAX_FOREIGN_ALIASES })
    JSON.stringify(value) // throws when an alias contains itself
    return { value, problems, place: (path, at = 'value') => placeAt(offsetOf(document, path, at)) }
  } catch {
    return unreadable(words.tooManyAliases)
  }
}

/** Counts open brackets and the widest indentation: enough to refuse what would overflow a parser that recurses. */
function isTooDeep(text: string): boolean {
  let open = 0
  for (const character of text) {
    if (character === '[' || character === '{') open++
    else if ((character === ']' || character === '}') && open > 0) open--
    if (open > MAX_DEPTH) return true
  }
  return /^ *(?:[-?:] +){64}/m.test(text) || indentLevels(text) > MAX_DEPTH
}

function indentLevels(text: string): number {
  const open: number[] = []
  let deepest = 0
  for (const line of text.split('\n')) {
    const width = line.search(/[^ \r]/)
    if (width < 0) continue
    while ((open.at(-1) ?? -1) >= width) open.pop()
    deepest = Math.max(deepest, open.push(width))
  }
  return deepest
}

function wordsFor(error: YAMLError, text: string): Text {
  const source = text.slice(error.pos[0], error.pos[1])
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return words.duplicate(/^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? source)
    case 'TAG_RESOLVE_FAILED':
      return words.tag
    case 'MULTIPLE_DOCS':
      return words.severalDocuments
    case 'BAD_INDENT':
      return words.badIndent
    case 'TAB_AS_INDENT':
      return words.tab
    case 'BAD_ALIAS':
      return words.alias(source)
    case 'MISSING_CHAR':
      return words.unclosed
    default:
      return words.unexpected
  }
}

function oddKeys(document: Document<ParsedNode>): { offset: number; text: Text }[] {
  const found: { offset: number; text: Text }[] = []
  visit(document, {
    Pair(_, pair) {
      const key = pair.key as Node | null
      const offset = key?.range?.[0] ?? 0
      if (!isScalar(key) || key.value === null) found.push({ offset, text: words.keyKind })
      else if (key.value === '<<') found.push({ offset, text: words.mergeKey })
    },
  })
  return found
}

/** Environment variables are text: `1.10` stays `1.10`, as its writer meant, and never becomes the number 1.1. */
function keepSpelling(document: Document<ParsedNode>): void {
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || !['env', 'args', 'tags', 'options'].includes(String(pair.key.value)) || !isMap(pair.value))
        return
      for (const item of pair.value.items) {
        if (isScalar(item.value) && ['number', 'boolean'].includes(typeof item.value.value) && item.value.source !== undefined) {
          item.value.value = item.value.source
        }
      }
    },
  })
}

/** `1.0` is a version, and what Ruby and Go make of it as text is `1.0`, not `1`. */
function keepFractions(document: Document<ParsedNode>): void {
  visit(document, {
    // A key is a name, also one such as `on`.
    Pair(_, { key }) {
      if (isScalar(key) && typeof key.value === 'boolean' && key.source !== undefined) key.value = key.source
    },
    Scalar(_, scalar) {
      if (Number.isInteger(scalar.value) && /^[-+]?\d+\.\d+$/.test(scalar.source ?? '')) scalar.value = `${scalar.value}.0`
    },
  })
}

function offsetOf(document: Document<ParsedNode>, path: Path, at: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? 0
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const last = index === path.length - 1
    if (isMap(node)) {
      const pair = pairOf(node, step, document)
      if (!pair) return offset
      const key = (pair.key as Node | null)?.range?.[0] ?? offset
      const value = pair.value as Node | null
      const isEmpty = isScalar(value) && value.source === ''
      node = value
      // A map's own beginning is on the next line; what people look for is its key.
      offset = (last && at === 'key') || isEmpty || isMap(value) || isSeq(value) ? key : (value?.range?.[0] ?? key)
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined
      if (!item) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}

function pairOf(map: YAMLMap, step: string | number, document: Document<ParsedNode>): Pair | undefined {
  const keyOf = ({ key }: Pair) => String(isScalar(key) ? key.value : key)
  const own = map.items.find((pair) => keyOf(pair) === String(step))
  if (own) return own
  const merged = map.items.filter((pair) => keyOf(pair) === '<<').flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
  const maps = merged.map((value) => (isAlias(value) ? value.resolve(document) : value)).filter((value) => isMap(value))
  return maps.map((one) => pairOf(one, step, document)).find((pair) => pair !== undefined)
}

/** Other tools' YAML as plain values, under the same limits; undefined when it cannot be read. */
export function yamlValue(text: string): unknown {
  const { value, problems } = yamlDocument(text)
  return problems.length > 0 && value === undefined ? undefined : value
}
