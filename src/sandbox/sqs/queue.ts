// A queue's attributes. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
import { AwsError } from '../cloud.ts'

export type Attributes = Record<string, string>

export interface Queue {
  name: string
  arn: string
  /** As they were set; what was not set has its default. */
  attributes: Attributes
  tags: Record<string, string>
  createdAt: number
  modifiedAt: number
}

export interface RedrivePolicy {
  deadLetterTargetArn: string
  maxReceiveCount: number
}

export type NumericAttribute = keyof typeof RANGES

const RANGES = {
  DelaySeconds: { least: 0, most: 900, byDefault: 0 },
  MaximumMessageSize: { least: 1024, most: 1_048_576, byDefault: 1_048_576 },
  MessageRetentionPeriod: { least: 60, most: 1_209_600, byDefault: 345_600 },
  ReceiveMessageWaitTimeSeconds: { least: 0, most: 20, byDefault: 0 },
  VisibilityTimeout: { least: 0, most: 43_200, byDefault: 30 },
}
const TEXTS = ['Policy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled']
const FIFO = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit']
const MAXIMUM_RECEIVES = 1000

export function newName(name: string): string {
  if (name.endsWith('.fifo')) throw noFifo()
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) {
    throw new AwsError(
      'InvalidParameterValue',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    )
  }
  return name
}

/** Attributes that a request sets; throws InvalidAttributeName, InvalidAttributeValue or UnsupportedOperation. */
export function checkedAttributes(given: Attributes = {}): Attributes {
  for (const [name, value] of Object.entries(given)) {
    if (FIFO.includes(name)) throw noFifo()
    if (name === 'RedrivePolicy') parsedRedrivePolicy(value)
    else if (isNumeric(name)) checkRange(name, value)
    else if (!TEXTS.includes(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
  }
  return given
}

export function numberOf(queue: Queue, name: NumericAttribute): number {
  return Number(queue.attributes[name] ?? RANGES[name].byDefault)
}

export function redrivePolicy(queue: Queue): RedrivePolicy | undefined {
  const text = queue.attributes.RedrivePolicy
  return text ? parsedRedrivePolicy(text) : undefined
}

/** What GetQueueAttributes says besides the counts. */
export function shownAttributes(queue: Queue): Attributes {
  const numbers = Object.fromEntries(Object.keys(RANGES).map((name) => [name, String(numberOf(queue, name as NumericAttribute))]))
  return {
    QueueArn: queue.arn,
    CreatedTimestamp: seconds(queue.createdAt),
    LastModifiedTimestamp: seconds(queue.modifiedAt),
    SqsManagedSseEnabled: String(!queue.attributes.KmsMasterKeyId),
    ...queue.attributes,
    ...numbers,
  }
}

const isNumeric = (name: string): name is NumericAttribute => Object.hasOwn(RANGES, name)
const seconds = (ms: number) => String(Math.floor(ms / 1000))

function checkRange(name: NumericAttribute, value: string): void {
  const { least, most } = RANGES[name]
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most) throw invalidValue(name)
}

function parsedRedrivePolicy(text: string): RedrivePolicy | undefined {
  if (text === '') return undefined
  const policy = parsed(text)
  const count = Number(policy?.maxReceiveCount)
  if (!policy || typeof policy.deadLetterTargetArn !== 'string' || !Number.isInteger(count)) throw invalidValue('RedrivePolicy')
  if (count < 1 || count > MAXIMUM_RECEIVES) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: ${count}, ` +
        'valid values are from 1 to 1000 both inclusive.',
    )
  }
  return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount: count }
}

function parsed(text: string): { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const invalidValue = (name: string) => new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
export const noFifo = () => new AwsError('UnsupportedOperation', 'FIFO queues are not supported by this sandbox.')
