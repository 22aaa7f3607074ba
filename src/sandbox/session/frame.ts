// The frames of a session as the agent reads and writes them: each field behind the other, as the agent's contract lists them.
// https://github.com/aws/amazon-ssm-agent (agent/session/contracts)
import { createHash, randomUUID } from 'node:crypto'

export interface Frame {
  type: string
  sequence: number
  flags: number
  id: string
  payloadType: number
  payload: Buffer
}

const HEADER_LENGTH = 116

export function writeFrame({ type, sequence, flags, payloadType, payload }: Omit<Frame, 'id'>, at: number): Buffer {
  const numbers = (...values: [bytes: 4 | 8, value: number][]) =>
    Buffer.concat(
      values.map(([bytes, value]) => {
        const field = Buffer.alloc(bytes)
        if (bytes === 4) field.writeUInt32BE(value)
        else field.writeBigUInt64BE(BigInt(value))
        return field
      }),
    )
  const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
  return Buffer.concat([
    numbers([4, HEADER_LENGTH]),
    Buffer.from(type.padEnd(32)),
    numbers([4, 1], [8, Math.trunc(at)], [8, sequence], [8, flags]),
    uuid.subarray(8),
    uuid.subarray(0, 8),
    sha256(payload),
    numbers([4, payloadType], [4, payload.byteLength]),
    payload,
  ])
}

/** Undefined for what is no whole frame, or not as its digest says. */
export function readFrame(bytes: Buffer): Frame | undefined {
  let at = 0
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  if (bytes.byteLength < HEADER_LENGTH + 4 || take(4).readUInt32BE() !== HEADER_LENGTH) return undefined
  const type = take(32).toString('latin1').split(/[\0 ]/, 1)[0] ?? ''
  take(12)
  const sequence = Number(take(8).readBigUInt64BE())
  const flags = Number(take(8).readBigUInt64BE())
  const low = take(8)
  const id = `${take(8).toString('hex')}${low.toString('hex')}`.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const digest = take(32)
  const payloadType = take(4).readUInt32BE()
  const length = take(4).readUInt32BE()
  const payload = take(length)
  if (payload.byteLength !== length || at !== bytes.byteLength) return undefined
  if (length > 0 && !sha256(payload).equals(digest)) return undefined
  return { type, sequence, flags, id, payloadType, payload }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
