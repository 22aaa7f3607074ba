// Time-based one-time passwords: RFC 6238 over RFC 4226 (HMAC-SHA-1, six digits, 30 seconds), as virtual MFA devices make them.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const STEP_MS = 30_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new seed in base 32, 64 characters like AWS's. */
export const newSeed = (): string => Array.from(randomBytes(64), (byte) => ALPHABET[byte % 32]).join('')

export const stepAt = (now: number): number => Math.floor(now / STEP_MS)

export function codeOf(seed: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', bytesOf(seed)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** The time step whose code this is, now or one step to either side; undefined when it is none of the three. */
export function stepOf(seed: string, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const current = stepAt(now)
  return [current, current - 1, current + 1].find((step) => timingSafeEqual(Buffer.from(codeOf(seed, step)), Buffer.from(code)))
}

/** RFC 4648, section 6. */
function bytesOf(seed: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const character of seed) {
    held = (held << 5) | ALPHABET.indexOf(character)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
    held &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}
