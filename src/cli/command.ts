// Makes a command of an operation.
import { type Aliases, buildCommand, type Command, type CommandContext, numberParser } from '@stricli/core'
import { z } from 'zod'
import { cli } from '../core/messages/cli.ts'
import type { Operation } from '../core/operation.ts'
import type { Language, Text } from '../core/text.ts'
import { proposalsFor } from './proposals.ts'

/** What every command takes besides the fields of its operation. */
export interface CommonFlags {
  json?: boolean
  yes?: boolean
  utc?: boolean
  lang?: Language
}

export type RunCommand = (operation: Operation, input: Record<string, unknown>, common: CommonFlags) => Promise<void>

interface Field {
  type?: string
  enum?: string[]
  items?: Field
  description?: string
  ja?: string
  default?: unknown
  /** A list whose values may hold commas: its flag is given again for each. */
  repeated?: boolean
}

/** The parser's types cannot follow flags that are made from data. */
type BuilderArguments = Parameters<typeof buildCommand<CommonFlags, unknown[], CommandContext>>[0]

/** The command of an operation: a flag or an argument for each field of its input, in the reader's language. */
export function commandOf(operation: Operation, language: Language, run: RunCommand): Command<CommandContext> {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Field>
    required?: string[]
  }
  const fields = schema.properties ?? {}
  const required = new Set(schema.required)
  const positional = (operation.cli?.positional ?? []).filter((name) => fields[name])
  const flags = Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !positional.includes(name))
      .map(([name, field]) => [name, flagOf(name, field, !required.has(name), language)]),
  )
  const lists = fields[positional.at(-1) ?? '']?.type === 'array'
  const argument = (name: string) => ({
    placeholder: name,
    brief: briefOf(fields[name] ?? {}, language),
    parse: parserOf(fields[name] ?? {}),
    optional: !required.has(name),
    proposeCompletions: () => proposalsFor(name),
  })
  return buildCommand({
    docs: { brief: operation.summary[language] },
    parameters: {
      flags: { ...flags, ...commonFlags(operation, language) },
      aliases: { ...(operation.cli?.short ?? {}) } as Aliases<string>,
      positional: lists
        ? listedArguments(positional, fields, required, language)
        : { kind: 'tuple', parameters: positional.map(argument) },
    },
    async func(given: Record<string, unknown>, ...args: unknown[]) {
      const { json, yes, utc, lang, ...input } = given
      const before = positional.length - 1
      const values = lists ? [...args.slice(0, before), args.slice(before)] : args
      positional.forEach((name, at) => {
        const value = values[at]
        if (value !== undefined && !(Array.isArray(value) && value.length === 0)) input[name] = value
      })
      await run(operation, input, { json, yes, utc, lang } as CommonFlags)
    },
  } as unknown as BuilderArguments)
}

/** The last argument takes all that are left: services, or the words of a command. The parser knows lists of one kind only. */
function listedArguments(
  positional: readonly string[],
  fields: Record<string, Field>,
  required: ReadonlySet<string>,
  language: Language,
) {
  const [first = ''] = positional
  const parameter = {
    placeholder: positional.join(' '),
    brief: positional.map((name) => briefOf(fields[name] ?? {}, language)).join(' · '),
    parse: positional.length > 1 ? String : parserOf(fields[first]?.items ?? {}),
    optional: false,
    proposeCompletions: () => proposalsFor(first),
  }
  return { kind: 'array', parameter, minimum: positional.filter((name) => required.has(name)).length }
}

export function commonFlags(operation: Pick<Operation, 'risk'>, language: Language) {
  const flag = (text: Text) => ({ kind: 'boolean', brief: text[language], optional: true, withNegated: false })
  return {
    json: flag(cli.flagJson),
    ...(operation.risk > 0 ? { yes: flag(cli.flagYes) } : {}),
    utc: flag(cli.flagUtc),
    lang: { kind: 'enum', values: ['en', 'ja'], brief: cli.flagLang[language], optional: true },
  }
}

function flagOf(name: string, field: Field, optional: boolean, language: Language) {
  const proposeCompletions = () => proposalsFor(name)
  const brief = briefOf(field, language)
  // What is on by itself can be turned off: `--no-follow`.
  if (field.type === 'boolean') return { kind: 'boolean', brief, optional: true, withNegated: field.default === true }
  if (field.enum) return { kind: 'enum', values: field.enum, brief, optional }
  if (field.type === 'array')
    return {
      kind: 'parsed',
      parse: parserOf(field.items ?? {}),
      brief,
      optional,
      variadic: field.repeated ? true : ',',
      proposeCompletions,
    }
  return { kind: 'parsed', parse: parserOf(field), brief, optional, proposeCompletions }
}

const briefOf = (field: Field, language: Language) => (language === 'ja' ? field.ja : undefined) ?? field.description ?? ''

const parserOf = (field: Field): ((input: string) => unknown) =>
  field.type === 'number' || field.type === 'integer' ? numberParser : String
