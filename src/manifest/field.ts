// The pieces that every part of the manifest's schema is made of.
import { z } from 'zod'
import { type RuleName, rules } from '../core/messages/manifest.ts'
import type { Text } from '../core/text.ts'

/** Says what a key is for, in both languages; editors show it through the JSON Schema. */
export function about<Schema extends z.ZodType>(schema: Schema, en: string, ja: string): Schema {
  return schema.meta({ description: en, ja: ja })
}

/** A key that may be left out. */
export function optional<Schema extends z.ZodType>(schema: Schema, en: string, ja: string): z.ZodOptional<Schema> {
  return about(schema, en, ja).optional()
}

/** What a problem found by a rule of our own carries: its words, and the value that would do. */
export interface Broken {
  text: Text
  nearest?: string
  /** Whether the key is wrong, not its value. */
  at?: 'key'
}

/** Marks the value as breaking a rule; the problem is shown at the value's place. */
export function broken(context: z.RefinementCtx, broken: Broken): typeof z.NEVER {
  context.addIssue({ code: 'custom', message: broken.text.en, params: { ...broken } })
  return z.NEVER
}

/** Text of a form that a rule names; `fix` may turn a wrong value into a right one. */
export function pattern(form: RegExp, rule: RuleName, fix?: (value: string) => string): z.ZodString {
  return z
    .string()
    .superRefine((value, context) => {
      if (form.test(value)) return
      const fixed = fix?.(value)
      broken(context, { text: rules[rule], nearest: fixed !== undefined && form.test(fixed) ? fixed : undefined })
    })
    .meta({ pattern: form.source })
}

const nameForm = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/

/** The name of a product, environment, service, schedule, task or workflow: it becomes part of AWS names. */
export const Name = pattern(nameForm, 'name', (value) =>
  value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, ''),
)

export const Account = pattern(/^\d{12}$/, 'account')
export const Region = pattern(/^[a-z]{2}(-[a-z]+)+-\d$/, 'region', (value) => value.toLowerCase().replace(/[_ ]/g, '-'))
export const EnvironmentVariable = pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 'environmentVariable', (value) =>
  value.replace(/[^A-Za-z0-9_]/g, '_'),
)

/** A program and its arguments; never a line for a shell. */
export const Command = z.array(z.string()).min(1)

const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A length of time, `30s`, `5m`, `1h` or a number of seconds; seconds when read. */
export function duration(minimum: number, maximum: number) {
  const form = /^(\d{1,9})(s|m|h|d)$/
  const text = pattern(form, 'duration', (value) =>
    value
      .toLowerCase()
      .replace(/\s+/g, '')
      .replace(/(seconds?|secs?|minutes?|mins?|hours?|days?)$/, (unit) => unit[0] ?? ''),
  )
  return z.union([z.int().min(0), text]).transform((value, context) => {
    const [, amount, unit] = typeof value === 'string' ? (form.exec(value) ?? []) : []
    const seconds = typeof value === 'number' ? value : Number(amount) * secondsPer[unit as keyof typeof secondsPer]
    if (seconds >= minimum && seconds <= maximum) return seconds
    return broken(context, {
      text: rules.durationRange(shortDuration(minimum), shortDuration(maximum)),
      nearest: shortDuration(seconds < minimum ? minimum : maximum),
    })
  })
}

/** Seconds in the manifest's own spelling: 90 is `90s`, 120 is `2m`. */
export function shortDuration(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (seconds > 0 && seconds % secondsPer[unit] === 0) return `${seconds / secondsPer[unit]}${unit}`
  }
  return `${seconds}s`
}

/** What `about` said of a schema, also when it was wrapped since. */
export function aboutOf(schema: z.core.$ZodType): { description?: string; ja?: string } | undefined {
  const own = z.globalRegistry.get(schema)
  if (own?.description) return own
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? aboutOf(schema.def.innerType as z.core.$ZodType)
    : undefined
}

type Shape = Record<string, z.ZodType>

/** The same keys as a patch: each may be left out, and `null` takes away what the base says. */
export function patchOf<Fields extends Shape>(
  fields: Fields,
): { [Key in keyof Fields]: z.ZodOptional<z.ZodNullable<Fields[Key]>> } {
  const entries = Object.entries(fields).map(([key, field]) => [
    key,
    field
      .nullable()
      .optional()
      .meta({ ...aboutOf(field) }),
  ])
  return Object.fromEntries(entries)
}

/** A map by names of the team's own choice. Its values are read also where a name is wrong, so that all is told at once. */
export function byName<Value extends z.ZodType>(value: Value): z.ZodRecord<z.ZodString, Value> {
  const checkNames = z.core._check<Record<string, z.output<Value>>>(
    (payload) => {
      for (const key of Object.keys(payload.value ?? {})) {
        for (const issue of Name.safeParse(key).error?.issues ?? []) {
          if (issue.code === 'custom')
            payload.issues.push({ ...issue, path: [key], input: key, params: { ...issue.params, at: 'key' }, continue: true })
        }
      }
    },
    { when: () => true },
  )
  return z
    .record(z.string(), value)
    .check(checkNames)
    .meta({ propertyNames: { type: 'string', pattern: nameForm.source } })
}

/** A map that may also be written in a short form, which is read as the part of the map that it stands for. */
export function withShortForms<Long extends z.ZodType, Short extends readonly z.ZodType<z.output<Long>>[]>(
  long: Long,
  ...short: Short
): z.ZodType<z.output<Long>, z.input<Long> | z.input<Short[number]>> {
  return z.union([...short, long]) as unknown as z.ZodType<z.output<Long>, z.input<Long> | z.input<Short[number]>>
}
