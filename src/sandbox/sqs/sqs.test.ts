import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { ManualClock } from '../../core/manual-clock.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let sqs: SQSClient
// The signatures stay good: nothing here turns the clock further than their time window in all.
const clock = new ManualClock(Date.now())

beforeAll(async () => {
  sandbox = await testSandbox({ clock })
  sqs = new SQSClient(sandbox.client)
})
afterAll(() => sandbox.close())

async function newQueue(QueueName: string, Attributes?: Record<string, string>): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
  return QueueUrl ?? ''
}
const arn = (name: string) => `arn:aws:sqs:ap-northeast-1:123456789012:${name}`
const send = (QueueUrl: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }))
const receive = async (QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}) => {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))
  return Messages ?? []
}
const bodies = async (QueueUrl: string) => (await receive(QueueUrl)).map(({ Body }) => Body)
const attributes = async (QueueUrl: string, ...AttributeNames: ('All' | 'ApproximateNumberOfMessages')[]) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes

describe('queues', () => {
  test('have a URL on the endpoint, and are made again only with equal attributes', async () => {
    const url = await newQueue('made', { VisibilityTimeout: '60' })
    expect(url).toBe(`${sandbox.endpoint}/123456789012/made`)
    expect(await newQueue('made', { VisibilityTimeout: '60', DelaySeconds: '0' })).toBe(url)
    await expect(newQueue('made', { VisibilityTimeout: '30' })).rejects.toBeInstanceOf(QueueNameExists)
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'made' }))).QueueUrl).toBe(url)
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toBeInstanceOf(QueueDoesNotExist)
  })

  test('show their attributes, defaults and counts', async () => {
    const url = await newQueue('shown')
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { DelaySeconds: '5' } }))
    await send(url, 'later')
    await send(url, 'now', { DelaySeconds: 0 })
    await send(url, 'seen', { DelaySeconds: 0 })
    await receive(url, { MaxNumberOfMessages: 1 })
    expect(await attributes(url, 'All')).toEqual({
      QueueArn: arn('shown'),
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
      DelaySeconds: '5',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      VisibilityTimeout: '30',
      SqsManagedSseEnabled: 'true',
    })
    expect(await attributes(url)).toBeUndefined()
  })

  test('are listed by prefix, in pages', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await newQueue(name)
    const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'list-', MaxResults: 2 }))
    const second = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'list-', MaxResults: 2, NextToken: first.NextToken }))
    const names = [first, second].map(({ QueueUrls }) => QueueUrls?.map((url) => url.split('/').at(-1)))
    expect(names).toEqual([['list-a', 'list-b'], ['list-c']])
  })

  test('refuse FIFO, bad names and bad attributes', async () => {
    await expect(newQueue('a.fifo')).rejects.toMatchObject({ name: 'UnsupportedOperation' })
    await expect(newQueue('a', { FifoQueue: 'true' })).rejects.toMatchObject({ name: 'UnsupportedOperation' })
    await expect(newQueue('a b')).rejects.toMatchObject({ name: 'InvalidParameterValue' })
    await expect(newQueue('a', { VisibilityTimeout: '43201' })).rejects.toMatchObject({ name: 'InvalidAttributeValue' })
    await expect(newQueue('a', { Nonsense: '1' })).rejects.toMatchObject({ name: 'InvalidAttributeName' })
  })

  test('are gone after DeleteQueue, and their name rests for a minute', async () => {
    const url = await newQueue('deleted')
    await send(url, 'x')
    await sqs.send(new DeleteQueueCommand({ QueueUrl: url }))
    await expect(receive(url)).rejects.toBeInstanceOf(QueueDoesNotExist)
    await expect(newQueue('deleted')).rejects.toMatchObject({ name: 'QueueDeletedRecently' })
    await clock.advance(60_000)
    await newQueue('deleted')
    expect(await bodies(url)).toEqual([])
  })

  test('carry tags', async () => {
    const QueueUrl = await newQueue('tagged')
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { a: '1', b: '2' } }))
    await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['a'] }))
    expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ b: '2' })
  })
})

describe('messages', () => {
  test('carry attributes and the digests of AWS', async () => {
    const url = await newQueue('digests')
    const sent = await send(url, 'hello', {
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'greeting' },
        size: { DataType: 'Number', StringValue: '5' },
        raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
      },
    })
    expect(sent).toMatchObject({ MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592', MessageId: expect.any(String) })
    const [message] = await receive(url, { MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] })
    expect(message).toMatchObject({
      Body: 'hello',
      MessageId: sent.MessageId,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes: { kind: { StringValue: 'greeting' }, raw: { BinaryValue: new Uint8Array([1, 2, 3]) } },
      Attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
      },
    })
  })

  // The example and its digest stand in moto's and localstack's tests too: name, type and value of one attribute.
  test('the digest of one attribute is the one that other implementations compute', async () => {
    const url = await newQueue('digest-of-one')
    const { MD5OfMessageAttributes } = await send(url, 'x', {
      MessageAttributes: { timestamp: { DataType: 'Number', StringValue: '1493147359900' } },
    })
    expect(MD5OfMessageAttributes).toBe('235c5c510d26fb653d073faed50ae77c')
  })

  test('are hidden for the visibility timeout and come back with a higher count', async () => {
    const url = await newQueue('hidden', { VisibilityTimeout: '20' })
    await send(url, 'x')
    expect(await bodies(url)).toEqual(['x'])
    expect(await bodies(url)).toEqual([])
    await clock.advance(20_000)
    const [message] = await receive(url, { AttributeNames: ['All'] })
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('2')
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }),
    )
    expect(await bodies(url)).toEqual(['x'])
  })

  test('are delayed', async () => {
    const url = await newQueue('delayed')
    await send(url, 'x', { DelaySeconds: 10 })
    expect(await bodies(url)).toEqual([])
    await clock.advance(10_000)
    expect(await bodies(url)).toEqual(['x'])
  })

  test('are deleted by the last receipt handle only', async () => {
    const url = await newQueue('deleting')
    await send(url, 'x')
    const [first] = await receive(url, { VisibilityTimeout: 0 })
    const [second] = await receive(url, { VisibilityTimeout: 0 })
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle }))
    expect(await attributes(url, 'ApproximateNumberOfMessages')).toEqual({ ApproximateNumberOfMessages: '1' })
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: second?.ReceiptHandle }))
    expect(await attributes(url, 'ApproximateNumberOfMessages')).toEqual({ ApproximateNumberOfMessages: '0' })
    await expect(sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: 'junk' }))).rejects.toMatchObject({
      name: 'ReceiptHandleIsInvalid',
    })
  })

  test('travel in batches, of which each entry succeeds or fails for itself', async () => {
    const QueueUrl = await newQueue('batches', { MaximumMessageSize: '1024' })
    const { Successful, Failed } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', MessageBody: 'x' },
          { Id: 'b', MessageBody: 'y'.repeat(1025) },
        ],
      }),
    )
    expect(Successful).toMatchObject([{ Id: 'a', MD5OfMessageBody: '9dd4e461268c8034f5c8564e155c67a6' }])
    expect(Failed).toMatchObject([{ Id: 'b', Code: 'InvalidParameterValue', SenderFault: true }])
    const [message] = await receive(QueueUrl)
    const Entries = [
      { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
      { Id: 'b', ReceiptHandle: 'junk' },
    ]
    expect(await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))).toMatchObject({
      Successful: [{ Id: 'a' }],
      Failed: [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }],
    })
    const twice = { Id: 'a', MessageBody: 'x' }
    await expect(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [twice, twice] }))).rejects.toMatchObject({
      name: 'BatchEntryIdsNotDistinct',
    })
    await expect(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] }))).rejects.toMatchObject({
      name: 'EmptyBatchRequest',
    })
  })

  test('are purged, once a minute', async () => {
    const QueueUrl = await newQueue('purged')
    await send(QueueUrl, 'x')
    await sqs.send(new PurgeQueueCommand({ QueueUrl }))
    expect(await bodies(QueueUrl)).toEqual([])
    await expect(sqs.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({ name: 'PurgeQueueInProgress' })
  })

  test('refuse bodies that are empty or hold characters that XML does not know', async () => {
    const url = await newQueue('refusing')
    await expect(send(url, '')).rejects.toMatchObject({ name: 'MissingParameter' })
    await expect(send(url, 'a\u0000b')).rejects.toMatchObject({ name: 'InvalidMessageContents' })
    await expect(receive(url, { MaxNumberOfMessages: 11 })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: 'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    })
  })
})

describe('long polling', () => {
  test('answers when a message arrives, in real time', async () => {
    const url = await newQueue('polled')
    const waiting = receive(url, { WaitTimeSeconds: 20 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sandbox.cloud.queues.send(arn('polled'), 'hello', { kind: 'event' })).toBe(true)
    expect((await waiting).map(({ Body }) => Body)).toEqual(['hello'])
    expect(sandbox.cloud.queues.send(arn('none'), 'hello')).toBe(false)
  })

  test('answers when a message comes into sight again', async () => {
    const url = await newQueue('polled-again')
    await send(url, 'x')
    await receive(url)
    const waiting = receive(url, { WaitTimeSeconds: 20 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await clock.advance(30_000)
    expect(await waiting).toHaveLength(1)
  })

  test('answers with nothing when the time is over, and a client that has gone takes nothing', async () => {
    const url = await newQueue('polled-empty')
    const start = performance.now()
    expect(await receive(url, { WaitTimeSeconds: 1 })).toEqual([])
    expect(performance.now() - start).toBeGreaterThan(950)
    const gone = new AbortController()
    const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), { abortSignal: gone.signal })
    await new Promise((resolve) => setTimeout(resolve, 100))
    gone.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await send(url, 'for the next')
    expect(await bodies(url)).toEqual(['for the next'])
  })
})

describe('dead-letter queues', () => {
  const policy = (name: string, maxReceiveCount: number) => ({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount }),
  })

  test('take what was received too often, and give it back to where it came from', async () => {
    const dead = await newQueue('dead')
    const source = await newQueue('source', policy('dead', 2))
    await send(source, 'poison')
    for (const expected of [['poison'], ['poison'], []]) {
      expect(await bodies(source)).toEqual(expected)
      await clock.advance(30_000)
    }
    const [message] = await receive(dead, { AttributeNames: ['All'], VisibilityTimeout: 0 })
    expect(message).toMatchObject({ Body: 'poison', Attributes: { DeadLetterQueueSourceArn: arn('source') } })
    const { TaskHandle } = await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('dead') }))
    expect(TaskHandle).toEqual(expect.any(String))
    await clock.advance(1)
    expect(await bodies(source)).toEqual(['poison'])
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn('dead') }))
    expect(Results).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1, SourceArn: arn('dead') }])
  })

  test('a move keeps to its rate', async () => {
    const dead = await newQueue('dead-rated')
    await newQueue('source-rated', policy('dead-rated', 1))
    const target = await newQueue('target-rated')
    for (let i = 0; i < 5; i++) await send(dead, `m${i}`)
    await sqs.send(
      new StartMessageMoveTaskCommand({
        SourceArn: arn('dead-rated'),
        DestinationArn: arn('target-rated'),
        MaxNumberOfMessagesPerSecond: 2,
      }),
    )
    await clock.advance(1)
    expect(await bodies(target)).toEqual(['m0', 'm1'])
    await expect(sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('dead-rated') }))).rejects.toMatchObject({
      name: 'UnsupportedOperation',
    })
    await clock.advance(2000)
    expect(await bodies(target)).toEqual(['m2', 'm3', 'm4'])
  })

  test('must exist, and a queue that is none has nothing to move', async () => {
    await expect(newQueue('lost', policy('nowhere', 3))).rejects.toMatchObject({ name: 'InvalidParameterValue' })
    await newQueue('plain')
    await expect(sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('plain') }))).rejects.toMatchObject({
      message: 'Source queue must be configured as a Dead Letter Queue.',
    })
  })
})
