import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateFilterLogEvents,
  ResourceNotFoundException,
  StartQueryCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

const HOUR_MS = 3_600_000
let sandbox: Awaited<ReturnType<typeof testSandbox>>
let logs: CloudWatchLogsClient

beforeAll(async () => {
  sandbox = await testSandbox()
  logs = new CloudWatchLogsClient(sandbox.client)
})
afterAll(() => sandbox.close())

async function newStream(group: string, stream: string): Promise<void> {
  if (!sandbox.cloud.logs.groupExists(group)) await logs.send(new CreateLogGroupCommand({ logGroupName: group }))
  await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }))
}
const put = (logGroupName: string, logStreamName: string, events: [timestamp: number, message: string][]) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName,
      logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
    }),
  )
const get = async (input: GetLogEventsCommandInput) => {
  const { events, nextForwardToken, nextBackwardToken } = await logs.send(new GetLogEventsCommand(input))
  return { messages: events?.map(({ message }) => message), nextForwardToken, nextBackwardToken }
}
const filter = async (input: FilterLogEventsCommandInput) => {
  const messages: (string | undefined)[] = []
  for await (const page of paginateFilterLogEvents({ client: logs }, input))
    messages.push(...(page.events ?? []).map((e) => e.message))
  return messages
}

describe('log groups', () => {
  test('are made, described in order and in pages, and deleted', async () => {
    for (const name of ['/groups/b', '/groups/a', '/groups/c']) {
      await logs.send(new CreateLogGroupCommand({ logGroupName: name, tags: { team: 'books' } }))
    }
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: '/groups/a' }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      message: 'The specified log group already exists',
    })
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/groups/a', retentionInDays: 7 }))
    const first = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/groups/', limit: 2 }))
    expect(first.logGroups).toMatchObject([
      {
        logGroupName: '/groups/a',
        retentionInDays: 7,
        arn: 'arn:aws:logs:ap-northeast-1:123456789012:log-group:/groups/a:*',
        logGroupArn: 'arn:aws:logs:ap-northeast-1:123456789012:log-group:/groups/a',
        storedBytes: 0,
      },
      { logGroupName: '/groups/b' },
    ])
    const second = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/groups/', limit: 2, nextToken: first.nextToken }),
    )
    expect(second.logGroups?.map(({ logGroupName }) => logGroupName)).toEqual(['/groups/c'])
    expect(second.nextToken).toBeUndefined()
    await logs.send(new DeleteLogGroupCommand({ logGroupName: '/groups/c' }))
    await expect(logs.send(new DeleteLogGroupCommand({ logGroupName: '/groups/c' }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    )
  })

  test('refuse a retention and a name that AWS does not have', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/groups/kept' }))
    await expect(
      logs.send(new PutRetentionPolicyCommand({ logGroupName: '/groups/kept', retentionInDays: 2 })),
    ).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: 'a b' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })

  test('carry tags', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/groups/tagged', tags: { a: '1' } }))
    const resourceArn = 'arn:aws:logs:ap-northeast-1:123456789012:log-group:/groups/tagged'
    await logs.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }))
    const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn }))
    expect(tags).toEqual({ a: '1', b: '2' })
  })
})

test('streams are ordered by name or by their last event', async () => {
  const now = Date.now()
  for (const [stream, age] of [
    ['x/1', 1000],
    ['x/2', 3000],
    ['y/1', 2000],
  ] as const) {
    await newStream('/streams', stream)
    await put('/streams', stream, [[now - age, 'hello']])
  }
  const names = async (more: object) => {
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: '/streams', ...more }))
    return logStreams?.map(({ logStreamName }) => logStreamName)
  }
  expect(await names({})).toEqual(['x/1', 'x/2', 'y/1'])
  expect(await names({ logStreamNamePrefix: 'x/', descending: true })).toEqual(['x/2', 'x/1'])
  expect(await names({ orderBy: 'LastEventTime', descending: true })).toEqual(['x/1', 'y/1', 'x/2'])
  await expect(names({ orderBy: 'LastEventTime', logStreamNamePrefix: 'x/' })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  await logs.send(new DeleteLogStreamCommand({ logGroupName: '/streams', logStreamName: 'x/2' }))
  expect(await names({})).toEqual(['x/1', 'y/1'])
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: '/streams', limit: 1 }))
  expect(logStreams).toMatchObject([{ firstEventTimestamp: now - 1000, lastEventTimestamp: now - 1000, storedBytes: 0 }])
})

describe('PutLogEvents', () => {
  test('names what is missing', async () => {
    await newStream('/put', 's')
    await expect(put('/none', 's', [[Date.now(), 'x']])).rejects.toMatchObject({
      message: 'The specified log group does not exist.',
    })
    await expect(put('/put', 'none', [[Date.now(), 'x']])).rejects.toMatchObject({
      message: 'The specified log stream does not exist.',
    })
  })

  test('refuses a batch that is empty, unordered, too long in time or too large', async () => {
    await newStream('/put', 'rules')
    const now = Date.now()
    const refused: [number, string][][] = [
      [],
      [
        [now, 'b'],
        [now - 1, 'a'],
      ],
      [
        [now - 25 * HOUR_MS, 'a'],
        [now, 'b'],
      ],
      [[now, 'x'.repeat(1_048_576)]],
      [[now, '']],
    ]
    for (const batch of refused)
      await expect(put('/put', 'rules', batch)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await put('/put', 'rules', [[now, 'x'.repeat(1_048_576 - 26)]])
  })

  test('takes what it can and says what it rejected', async () => {
    await newStream('/put', 'partly')
    const now = Date.now()
    const { rejectedLogEventsInfo } = await put('/put', 'partly', [
      [now - 15 * 24 * HOUR_MS, 'too old'],
      [now, 'fine'],
      [now + 3 * HOUR_MS, 'too new'],
    ])
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 })
    expect((await get({ logGroupName: '/put', logStreamName: 'partly' })).messages).toEqual(['fine'])
  })

  test('rejects what the retention of the group has expired', async () => {
    await newStream('/put-retained', 's')
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/put-retained', retentionInDays: 1 }))
    const now = Date.now()
    const { rejectedLogEventsInfo } = await put('/put-retained', 's', [
      [now - 30 * HOUR_MS, 'expired'],
      [now, 'kept'],
    ])
    expect(rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 })
  })
})

describe('GetLogEvents', () => {
  const input = { logGroupName: '/get', logStreamName: 's' }
  let now: number
  beforeAll(async () => {
    now = Date.now() - 10_000
    await newStream('/get', 's')
    await put(
      '/get',
      's',
      Array.from({ length: 10 }, (_, i) => [now + i, `m${i}`]),
    )
  })

  test('gives the latest page by default, oldest first, and walks back to the same token at the start', async () => {
    const last = await get({ ...input, limit: 4 })
    expect(last.messages).toEqual(['m6', 'm7', 'm8', 'm9'])
    const middle = await get({ ...input, limit: 4, nextToken: last.nextBackwardToken })
    expect(middle.messages).toEqual(['m2', 'm3', 'm4', 'm5'])
    const first = await get({ ...input, limit: 4, nextToken: middle.nextBackwardToken })
    expect(first.messages).toEqual(['m0', 'm1'])
    const end = await get({ ...input, limit: 4, nextToken: first.nextBackwardToken })
    expect(end).toMatchObject({ messages: [], nextBackwardToken: first.nextBackwardToken })
    expect((await get({ ...input, limit: 2, nextToken: end.nextForwardToken })).messages).toEqual(['m0', 'm1'])
  })

  test('walks forward, repeats the token at the end, and goes on when more is written', async () => {
    const first = await get({ ...input, startFromHead: true, limit: 6 })
    expect(first.messages).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5'])
    const second = await get({ ...input, startFromHead: true, nextToken: first.nextForwardToken })
    expect(second.messages).toEqual(['m6', 'm7', 'm8', 'm9'])
    const end = await get({ ...input, startFromHead: true, nextToken: second.nextForwardToken })
    expect(end).toMatchObject({ messages: [], nextForwardToken: second.nextForwardToken })
    await put('/get', 's', [[now + 100, 'm10']])
    expect((await get({ ...input, startFromHead: true, nextToken: end.nextForwardToken })).messages).toEqual(['m10'])
  })

  test('takes a time range: its start counts, its end does not', async () => {
    expect((await get({ ...input, startTime: now + 2, endTime: now + 4 })).messages).toEqual(['m2', 'm3'])
  })

  test('orders what was written out of order', async () => {
    await newStream('/get', 'late')
    await put('/get', 'late', [[now + 5, 'second']])
    await put('/get', 'late', [
      [now, 'first'],
      [now + 5, 'third'],
    ])
    expect((await get({ ...input, logStreamName: 'late', startFromHead: true })).messages).toEqual(['first', 'second', 'third'])
  })

  test('an empty stream has tokens, from which one can follow', async () => {
    await newStream('/get', 'empty')
    const { messages, nextForwardToken } = await get({ ...input, logStreamName: 'empty' })
    expect(messages).toEqual([])
    await put('/get', 'empty', [[now, 'hello']])
    expect((await get({ ...input, logStreamName: 'empty', nextToken: nextForwardToken })).messages).toEqual(['hello'])
    await expect(get({ ...input, nextToken: 'junk' })).rejects.toMatchObject({ message: 'The specified nextToken is invalid.' })
  })
})

describe('FilterLogEvents', () => {
  const logGroupName = '/filter'
  let now: number
  beforeAll(async () => {
    now = Date.now() - 10_000
    for (const stream of ['web/1', 'web/2', 'api/1']) await newStream(logGroupName, stream)
    await put(logGroupName, 'web/1', [
      [now, 'INFO w1 start'],
      [now + 20, 'ERROR w1 broke'],
    ])
    await put(logGroupName, 'web/2', [[now + 10, 'ERROR w2 broke']])
    await put(logGroupName, 'api/1', [
      [now + 15, '{"level":"error","status":503}'],
      [now + 30, '{"level":"info","status":200}'],
    ])
  })

  test('merges the streams by time', async () => {
    expect(await filter({ logGroupName })).toEqual([
      'INFO w1 start',
      'ERROR w2 broke',
      '{"level":"error","status":503}',
      'ERROR w1 broke',
      '{"level":"info","status":200}',
    ])
    const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName, limit: 1 }))
    expect(events).toEqual([
      {
        logStreamName: 'web/1',
        timestamp: now,
        message: 'INFO w1 start',
        ingestionTime: expect.any(Number),
        eventId: expect.stringMatching(/^\d{56}$/),
      },
    ])
  })

  test('chooses streams by name or prefix, and a range whose end counts', async () => {
    expect(await filter({ logGroupName, logStreamNamePrefix: 'web/', startTime: now + 1, endTime: now + 20 })).toEqual([
      'ERROR w2 broke',
      'ERROR w1 broke',
    ])
    expect(await filter({ logGroupName, logStreamNames: ['web/2'] })).toEqual(['ERROR w2 broke'])
    await expect(filter({ logGroupName, logStreamNames: ['none'] })).rejects.toBeInstanceOf(ResourceNotFoundException)
  })

  test('applies patterns, in pages', async () => {
    expect(await filter({ logGroupName, filterPattern: 'ERROR broke', limit: 1 })).toEqual(['ERROR w2 broke', 'ERROR w1 broke'])
    expect(await filter({ logGroupName, filterPattern: '{ $.status >= 500 }' })).toEqual(['{"level":"error","status":503}'])
    await expect(filter({ logGroupName, filterPattern: '{ nonsense' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })

  test('reads backwards on request', async () => {
    expect(await filter({ logGroupName, logStreamNamePrefix: 'web/', startFromHead: false, limit: 2 })).toEqual([
      'ERROR w1 broke',
      'ERROR w2 broke',
      'INFO w1 start',
    ])
  })
})

test('tasks write without a stream of their own, and into no group that is missing', () => {
  sandbox.cloud.logs.createGroup('/tasks')
  sandbox.cloud.logs.write('/tasks', 'app/web/1', [{ timestamp: Date.now(), message: 'hello' }])
  expect(() => sandbox.cloud.logs.write('/none', 's', [{ timestamp: 0, message: 'x' }])).toThrow(
    expect.objectContaining({ code: 'ResourceNotFoundException' }),
  )
})

test('Insights is not there, and says so', async () => {
  const query = new StartQueryCommand({ logGroupName: '/tasks', startTime: 0, endTime: 1, queryString: 'fields @message' })
  await expect(logs.send(query)).rejects.toMatchObject({ message: expect.stringContaining('logs:StartQuery') })
})
