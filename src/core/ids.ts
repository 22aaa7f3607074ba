import { randomBytes, randomUUID } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * An id that sorts by its time of making: ten characters of time and ten of chance, in Crockford's base 32
 * (the layout of ULID, shortened), after a prefix that says what it names: `dep_01kb3x…`.
 */
export function newId(prefix: string, now = Date.now()): string {
  let time = ''
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time
  const chance = Array.from(randomBytes(10), (byte) => ALPHABET[byte % 32]).join('')
  return `${prefix}_${time}${chance}`
}

export const newToken = (): string => randomUUID()
