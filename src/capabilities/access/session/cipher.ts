// AES-256-GCM as sessions have it: a nonce of 12 bytes, the ciphertext, a tag of 16.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

export function seal(bytes: Uint8Array, key: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

/** Throws when the bytes were not sealed with this key, or were changed. */
export function unseal(bytes: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  cipher.setAuthTag(bytes.subarray(bytes.byteLength - TAG_BYTES))
  return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, bytes.byteLength - TAG_BYTES)), cipher.final()])
}
