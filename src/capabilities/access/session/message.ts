// One frame of the session data channel, as AWS's agent and its plugin exchange it: a header of fixed places, big-endian,
// then the payload. https://github.com/aws/session-manager-plugin (src/message)
import { createHash, randomUUID } from 'node:crypto'
import { KibanError } from '../../../core/error.ts'
import { access as text } from '../../../core/messages/access.ts'

export type MessageType =
  | 'input_stream_data'
  | 'output_stream_data'
  | 'acknowledge'
  | 'channel_closed'
  | 'start_publication'
  | 'pause_publication'

/** What a payload is; AWS's numbers. */
export const payloadType = {
  none: 0,
  output: 1,
  size: 3,
  parameter: 4,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  challengeRequest: 8,
  challengeResponse: 9,
  flag: 10,
  stderr: 11,
  exitCode: 12,
} as const

export const flags = { data: 0, first: 1, acknowledgement: 3 } as const

export interface Message {
  type: MessageType | (string & {})
  /** Counts the frames of one direction from 0; acknowledgements carry 0. */
  sequence: number
  flags: number
  /** UUID; an acknowledgement names it. */
  id: string
  payloadType: number
  payload: Uint8Array
  /** Milliseconds since the Unix epoch. */
  createdAt: number
}

const TYPE_BYTES = 32
/** The header's own length as it is written: it ends before the payload's length. */
const HEADER_BYTES = 116
const PAYLOAD_AT = HEADER_BYTES + 4
const place = { type: 4, schema: 36, createdAt: 40, sequence: 48, flags: 56, id: 64, digest: 80, payloadType: 112 }
const SCHEMA_VERSION = 1

export function encodeMessage(message: Omit<Message, 'id'> & { id?: string }): Buffer {
  const frame = Buffer.alloc(PAYLOAD_AT + message.payload.byteLength)
  frame.writeUInt32BE(HEADER_BYTES, 0)
  frame.fill(' ', place.type, place.type + TYPE_BYTES)
  frame.write(message.type, place.type, 'latin1')
  frame.writeUInt32BE(SCHEMA_VERSION, place.schema)
  frame.writeBigUInt64BE(BigInt(Math.trunc(message.createdAt)), place.createdAt)
  frame.writeBigInt64BE(BigInt(message.sequence), place.sequence)
  frame.writeBigUInt64BE(BigInt(message.flags), place.flags)
  // The halves of the UUID lie the wrong way round: the less significant one comes first.
  const id = Buffer.from((message.id ?? randomUUID()).replaceAll('-', ''), 'hex')
  id.copy(frame, place.id, 8, 16)
  id.copy(frame, place.id + 8, 0, 8)
  digestOf(message.payload).copy(frame, place.digest)
  frame.writeUInt32BE(message.payloadType, place.payloadType)
  frame.writeUInt32BE(message.payload.byteLength, HEADER_BYTES)
  frame.set(message.payload, PAYLOAD_AT)
  return frame
}

/** Throws `channel.frame-broken` for bytes that are no whole frame, or whose payload is not what its digest says. */
export function decodeMessage(bytes: Uint8Array): Message {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (frame.byteLength < PAYLOAD_AT) throw frameBroken()
  const payloadAt = frame.readUInt32BE(0) + 4
  if (payloadAt < PAYLOAD_AT || payloadAt > frame.byteLength) throw frameBroken()
  if (frame.readUInt32BE(payloadAt - 4) !== frame.byteLength - payloadAt) throw frameBroken()
  const payload = frame.subarray(payloadAt)
  const digest = frame.subarray(place.digest, place.digest + 32)
  if (payload.byteLength > 0 && !digest.equals(digestOf(payload))) throw frameBroken()
  const id = Buffer.concat([frame.subarray(place.id + 8, place.id + 16), frame.subarray(place.id, place.id + 8)]).toString('hex')
  const typed = frame.toString('latin1', place.type, place.type + TYPE_BYTES)
  return {
    type: typed.replace(/[\0 ]+$/, ''),
    sequence: Number(frame.readBigInt64BE(place.sequence)),
    flags: Number(frame.readBigUInt64BE(place.flags)),
    id: [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join('-'),
    payloadType: frame.readUInt32BE(place.payloadType),
    payload,
    createdAt: Number(frame.readBigUInt64BE(place.createdAt)),
  }
}

const digestOf = (payload: Uint8Array): Buffer => createHash('sha256').update(payload).digest()

export const frameBroken = () =>
  new KibanError('unavailable', 'channel.frame-broken', text.frameBroken, { hint: text.frameBrokenHint })

/** That a message has come. */
export function encodeAcknowledgement({ type, id, sequence }: Message, createdAt: number): Buffer {
  const content = {
    AcknowledgedMessageType: type,
    AcknowledgedMessageId: id,
    AcknowledgedMessageSequenceNumber: sequence,
    IsSequentialMessage: true,
  }
  const payload = jsonBytes(content)
  const { acknowledgement } = flags
  return encodeMessage({
    type: 'acknowledge',
    sequence: 0,
    flags: acknowledgement,
    payloadType: payloadType.none,
    payload,
    createdAt,
  })
}

export const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** The JSON object that a payload is; undefined for anything else. */
export function objectOf(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
