// The ciphertext blobs of the sandbox's KMS: AES-256-GCM, with the key's id and the number of its material in the clear.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AwsError } from '../cloud.ts'

const HEADER = Buffer.from([0x01, 0x02, 0x02, 0x00])
const ID_BYTES = 16
const MATERIAL_BYTES = 2
const IV_BYTES = 12
const TAG_BYTES = 16
const OVERHEAD_BYTES = HEADER.length + ID_BYTES + MATERIAL_BYTES + IV_BYTES + TAG_BYTES

export interface SealedBy {
  /** The key's UUID. */
  keyId: string
  /** Which of the key's materials, counted from 0; a rotation adds one. */
  material: number
}

export function sealed(by: SealedBy, secret: Uint8Array, plaintext: Uint8Array, context: Record<string, string>): Uint8Array {
  const head = Buffer.concat([HEADER, Buffer.from(by.keyId.replaceAll('-', ''), 'hex'), uint16(by.material)])
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.concat([head, canonical(context)]))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([head, iv, cipher.getAuthTag(), body])
}

/** Whose blob it is; throws InvalidCiphertextException when it is none of ours. */
export function sealedBy(blob: Uint8Array): SealedBy {
  const bytes = Buffer.from(blob)
  if (bytes.length < OVERHEAD_BYTES || !bytes.subarray(0, HEADER.length).equals(HEADER)) throw invalidCiphertext()
  const hex = bytes.toString('hex', HEADER.length, HEADER.length + ID_BYTES)
  const keyId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { keyId, material: bytes.readUInt16BE(HEADER.length + ID_BYTES) }
}

/** The plaintext; a wrong context or an altered blob is an InvalidCiphertextException. */
export function opened(blob: Uint8Array, secret: Uint8Array, context: Record<string, string>): Uint8Array {
  const bytes = Buffer.from(blob)
  const head = bytes.subarray(0, HEADER.length + ID_BYTES + MATERIAL_BYTES)
  const iv = bytes.subarray(head.length, head.length + IV_BYTES)
  const tag = bytes.subarray(head.length + IV_BYTES, OVERHEAD_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.concat([head, canonical(context)]))
    .setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(bytes.subarray(OVERHEAD_BYTES)), decipher.final()])
  } catch {
    throw invalidCiphertext()
  }
}

/** AWS sends no message with this one. */
export const invalidCiphertext = () => new AwsError('InvalidCiphertextException', '')

// The order of the pairs does not matter to KMS, so it must not matter to the tag.
function canonical(context: Record<string, string>): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(JSON.stringify(pairs))
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(MATERIAL_BYTES)
  bytes.writeUInt16BE(value)
  return bytes
}
