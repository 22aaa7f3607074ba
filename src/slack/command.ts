// What was typed behind /kiban, read as the command line reads it: the same words, flags and order, for the same operations.
import { z } from 'zod'
import { KibanError } from '../core/error.ts'
import { type FieldSchema, valueOfText } from '../core/http-fields.ts'
import { slack as text } from '../core/messages/slack.ts'
import type { Operation } from '../core/operation.ts'

/** What is of use in a channel. The rest needs a screen of its own, shows secrets, or is about the platform itself. */
const nouns = [
  'deployment',
  'release',
  'service',
  'task',
  'schedule',
  'workflow',
  'approval',
  'freeze',
  'lock',
  'product',
  'timeline',
]
const besides = ['identity.whoami', 'permission.check']
const without = ['product.add', 'product.remove', 'product.init', 'task.follow', 'timeline.follow', 'lock.take', 'lock.release']

export const offered = (operations: readonly Operation[]): Operation[] =>
  operations.filter(
    ({ name, hidden, local, standalone }) =>
      !hidden &&
      !local &&
      !standalone &&
      !without.includes(name) &&
      (nouns.includes(name.split('.')[0] ?? '') || besides.includes(name)),
  )

/** The words of a line. Quotes keep words together; Slack's own quotes, dashes, links and escapes are undone. */
export function wordsOf(line: string): string[] {
  const plain = line
    .replaceAll(/<(https?:[^|>]+)(?:\|[^>]*)?>/g, '$1')
    .replaceAll(/[“”„]/g, '"')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/(^|\s)[–—](?=\w)/g, '$1--')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
  return [...plain.matchAll(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/g)].map(([word]) => word.replaceAll(/"([^"]*)"?|'([^']*)'?/g, '$1$2'))
}

export interface ReadCommand {
  operation: Operation
  input: Record<string, unknown>
}

/** Throws `slack.no-command` and `input.invalid`, each with what would be right. */
export function readCommand(words: readonly string[], operations: readonly Operation[]): ReadCommand {
  const [first = '', second = ''] = words
  const own = offered(operations)
  const named = own.find(({ name }) => name === `${first}.${second}`)
  const operation = named ?? own.find(({ cli }) => cli?.alias === first)
  if (!operation) throw new KibanError('not-found', 'slack.no-command', text.noCommand(first), { hint: text.noCommandHint })
  return { operation, input: inputOf(operation, words.slice(named ? 2 : 1)) }
}

interface Field extends FieldSchema {
  enum?: string[]
}

const fieldsOf = ({ input }: Operation) => {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Field>
    required?: string[]
  }
  return { fields: schema.properties ?? {}, required: schema.required ?? [] }
}

export const hasField = (operation: Operation, name: string): boolean => Object.hasOwn(fieldsOf(operation).fields, name)

function inputOf(operation: Operation, words: readonly string[]): Record<string, unknown> {
  const { fields } = fieldsOf(operation)
  const positional = (operation.cli?.positional ?? []).filter((name) => fields[name])
  const input: Record<string, unknown> = {}
  const loose: string[] = []
  const wrong = (problem: ReturnType<typeof text.badFlag>) =>
    new KibanError('invalid', 'input.invalid', problem, { hint: text.usage(usageOf(operation)) })
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') {
      loose.push(...words.slice(at + 1))
      break
    }
    const [, long, short, inline] = /^(?:--([\w-]+)|-([a-z]))(?:=(.*))?$/s.exec(word) ?? []
    if (long === undefined && short === undefined) {
      loose.push(word)
      continue
    }
    const name = short === undefined ? camelCase(long ?? '') : (operation.cli?.short?.[short] ?? '')
    const field = fields[name]
    if (!field || positional.includes(name)) throw wrong(text.badFlag(word.split('=')[0] ?? word))
    if (field.type === 'boolean') {
      input[name] = inline === undefined || inline === 'true'
      continue
    }
    const value = inline ?? words[++at]
    if (value === undefined) throw wrong(text.noValue(word))
    const read = valueOfText(field, [value])
    input[name] = Array.isArray(read) && Array.isArray(input[name]) ? [...(input[name] as unknown[]), ...read] : read
  }
  for (const [at, name] of positional.entries()) {
    if (fields[name]?.type === 'array') {
      const rest = loose.splice(0)
      if (rest.length > 0) input[name] = rest
    } else if (loose.length > 0 && !(at < positional.length - 1 && loose.length === 0)) {
      input[name] = valueOfText(fields[name], [loose.shift() ?? ''])
    }
  }
  if (loose[0] !== undefined) throw wrong(text.tooMany(loose[0]))
  return input
}

/** Throws `input.invalid` for what must be said and is not. */
export function refuseIncomplete(operation: Operation, input: Record<string, unknown>): void {
  const missing = fieldsOf(operation).required.find((name) => input[name] === undefined)
  if (missing === undefined) return
  const isPositional = operation.cli?.positional?.includes(missing)
  const word = isPositional ? missing.toUpperCase() : `--${kebabCase(missing)}`
  throw new KibanError('invalid', 'input.invalid', text.missing(word), { hint: text.usage(usageOf(operation)) })
}

/** `/kiban deploy [services...] --env … --ref …`, with what must be there. */
export function usageOf(operation: Operation): string {
  const { fields, required } = fieldsOf(operation)
  const positional = (operation.cli?.positional ?? []).filter((name) => fields[name])
  const words = operation.cli?.alias ?? operation.name.replace('.', ' ')
  const places = positional.map((name) => (required.includes(name) ? name.toUpperCase() : `[${name}]`))
  const flags = required.filter((name) => !positional.includes(name)).map((name) => `--${kebabCase(name)} …`)
  return ['/kiban', words, ...places, ...flags].join(' ')
}

const camelCase = (word: string): string => word.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
const kebabCase = (word: string): string => word.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
