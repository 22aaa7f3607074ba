// Secrets that open something: made here, shown once, kept as hashes.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32
const SEAL = { algorithm: 'aes-256-gcm', nonceBytes: 12, tagBytes: 16 } as const

/** A secret of 256 bits behind a prefix by which scanners of leaked secrets, and people, know it. */
export const newSecret = (prefix: 'kbs' | 'kbt' | 'kbi' | 'kbd' | 'kbf' | 'kbj'): string =>
  `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`

/** What is kept of a secret. It is random and long, so that a plain hash cannot be turned back, and may be looked up. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Hides what must be read again, such as the seed of one-time codes, from whoever reads the database alone. */
export interface Seal {
  seal(plain: string, purpose: string): string
  /** Throws when it was sealed by another key, for another purpose, or was changed since. */
  open(sealed: string, purpose: string): string
}

export function sealBy(key: Buffer): Seal {
  return {
    seal(plain, purpose) {
      const nonce = randomBytes(SEAL.nonceBytes)
      const cipher = createCipheriv(SEAL.algorithm, key, nonce).setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed, 'base64')
      const tagAt = SEAL.nonceBytes
      const textAt = tagAt + SEAL.tagBytes
      const cipher = createDecipheriv(SEAL.algorithm, key, bytes.subarray(0, tagAt)).setAAD(Buffer.from(purpose))
      cipher.setAuthTag(bytes.subarray(tagAt, textAt))
      return Buffer.concat([cipher.update(bytes.subarray(textAt)), cipher.final()]).toString('utf8')
    },
  }
}
