// A message as it is kept, its digests, and what may be in it.
import { createHash } from 'node:crypto'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { AwsError } from '../cloud.ts'

export interface StoredMessage {
  id: string
  body: string
  attributes: Record<string, MessageAttributeValue>
  /** `SenderId`, `SentTimestamp`, `AWSTraceHeader` and so on, as ReceiveMessage shows them. */
  system: Record<string, string>
  sentAt: number
  /** On the simulated clock: hidden before this time, by a delay or a receive. */
  visibleAt: number
  receiveCount: number
  /** Of the last receive; only its handle still works. */
  receipt?: string
}

const MAXIMUM_ATTRIBUTES = 10
const BINARY = 2
const STRING = 1

export function checkBody(body: string | undefined): string {
  if (!body) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what SQS refuses
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(body)) {
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    )
  }
  return body
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
export function checkAttributes(attributes: Record<string, MessageAttributeValue> = {}): Record<string, MessageAttributeValue> {
  const entries = Object.entries(attributes)
  if (entries.length > MAXIMUM_ATTRIBUTES) {
    throw new AwsError(
      'InvalidParameterValue',
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`,
    )
  }
  for (const [name, { DataType: type = '', StringValue: text, BinaryValue: bytes }] of entries) {
    if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name) || /^(aws|amazon)\.|^\.|\.$|\.\./i.test(name)) {
      throw new AwsError('InvalidParameterValue', `The message attribute name '${name}' is invalid.`)
    }
    if (!/^(String|Number|Binary)(\..+)?$/.test(type)) {
      throw new AwsError(
        'InvalidParameterValue',
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      )
    }
    if (type.startsWith('Binary') ? !bytes?.length : !text) {
      throw new AwsError(
        'InvalidParameterValue',
        `The message attribute '${name}' must contain a non-empty message attribute value for message attribute type '${type}'.`,
      )
    }
    if (type.startsWith('Number') && Number.isNaN(Number(text))) {
      throw new AwsError('InvalidParameterValue', `Can't cast the value of message (user) attribute '${name}' to a number.`)
    }
  }
  return attributes
}

export function sizeOf(body: string, attributes: Record<string, MessageAttributeValue>): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue }]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue) + (BinaryValue?.length ?? 0),
    Buffer.byteLength(body),
  )
}

export const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/**
 * The digest that clients check; undefined when there is no attribute.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-attributes-md5-message-digest-calculation.html
 */
export function md5OfAttributes(attributes: Record<string, MessageAttributeValue>): string | undefined {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined
  const hash = createHash('md5')
  const add = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {}
    const isBinary = DataType.startsWith('Binary')
    add(Buffer.from(name))
    add(Buffer.from(DataType))
    hash.update(Buffer.from([isBinary ? BINARY : STRING]))
    add(isBinary ? (BinaryValue ?? new Uint8Array()) : Buffer.from(StringValue ?? ''))
  }
  return hash.digest('hex')
}
