// What `kiban init` believes of a repository, each value with its reason.
import type { Text } from '../../core/text.ts'

/** Keys of a manifest's service, task or schedule, and why each has its value. */
export interface Guess {
  values: Record<string, unknown>
  why: Record<string, Text>
}

export interface ProductGuess {
  product: Guess
  services: Map<string, Guess>
  tasks: Map<string, Guess>
  schedules: Map<string, Guess>
  /** What was seen but not taken over. */
  remarks: Text[]
}

export const emptyGuess = (): ProductGuess => ({
  product: { values: {}, why: {} },
  services: new Map(),
  tasks: new Map(),
  schedules: new Map(),
  remarks: [],
})

/** The guess of a name, made when it is new. */
export function guessOf(guesses: Map<string, Guess>, name: string): Guess {
  const known = guesses.get(name)
  if (known) return known
  const made: Guess = { values: {}, why: {} }
  guesses.set(name, made)
  return made
}

/** Believes a value, unless something surer was believed before or there is none. */
export function believe(guess: Guess, key: string, value: unknown, why: Text): void {
  if (value === undefined || value === '' || Object.hasOwn(guess.values, key)) return
  guess.values[key] = value
  guess.why[key] = why
}

/** A name as the manifest wants it: lower case, digits and hyphens, beginning with a letter, at most 40 characters. */
export function slug(name: string): string | undefined {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return plain || undefined
}

const SOUNDS_SECRET = /(PASSWORD|PASSWD|SECRET|TOKEN|_KEY|CREDENTIALS?|DATABASE_URL|DSN)$/i

/** Splits variables into plain ones and secrets; of a secret only its name is kept. */
export function believeVariables(guess: Guess, variables: Record<string, unknown>, why: Text, secretWhy: Text): void {
  const env: Record<string, string> = {}
  const secrets: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name === 'PORT') continue
    const text = value === null || value === undefined ? '' : String(value)
    if (SOUNDS_SECRET.test(name) || /:\/\/[^/\s:@]*:[^/\s@]+@/.test(text)) secrets[name] = name.toLowerCase().replaceAll('_', '-')
    else if (!/[${]/.test(text) && text !== '') env[name] = text
  }
  if (Object.keys(env).length > 0) believe(guess, 'env', env, why)
  if (Object.keys(secrets).length === 0) return
  const isPlain = Object.keys(secrets).every((name) => name === name.toUpperCase())
  believe(guess, 'secrets', isPlain ? Object.values(secrets) : secrets, secretWhy)
}

/** Words of a command line; undefined when a shell would do more with it than split it. */
export function words(line: string): string[] | undefined {
  const plain = line.trim().replace(/^exec\s+/, '')
  return plain === '' || /[$`|&;<>(){}*?"'\\]/.test(plain) ? undefined : plain.split(/\s+/)
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value of nested keys, or undefined. */
export function dig(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isMap(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value)
}

export const portOf = (value: unknown): number | undefined => {
  const port = Number(value)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}
