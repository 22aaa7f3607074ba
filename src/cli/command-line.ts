import type { Operation } from '../core/operation.ts'

/** What somebody types to run an operation with an input, in the words of a POSIX shell; pure. */
export function commandLine({ name, cli }: Pick<Operation, 'name' | 'cli'>, input: Record<string, unknown>): string {
  const positional = cli?.positional ?? []
  const words = positional.flatMap((field) => wordsOf(input[field]))
  const flags = Object.entries(input).flatMap(([field, value]) => (positional.includes(field) ? [] : flagOf(field, value)))
  return ['kiban', ...(cli?.alias ? [cli.alias] : name.split('.')), ...words, ...flags].join(' ')
}

function flagOf(field: string, value: unknown): string[] {
  const flag = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  if (value === true) return [`--${flag}`]
  if (value === false) return [`--no-${flag}`]
  if (Array.isArray(value)) return value.length === 0 ? [] : [`--${flag}`, quoted(value.join(','))]
  return wordsOf(value).flatMap((word) => [`--${flag}`, word])
}

const wordsOf = (value: unknown): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value.map(quoted) : [quoted(value)]

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02 */
function quoted(value: unknown): string {
  const text = String(value)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
