import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import * as sdk from '@aws-sdk/client-scheduler'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import * as sqs from '@aws-sdk/client-sqs'
import { afterEach, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { bareCloud } from '../bare-cloud.ts'
import type { Cloud } from '../cloud.ts'
import { scheduler } from './scheduler.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const QUEUE = 'arn:aws:sqs:ap-northeast-1:123456789012:jobs'
const ROLE = 'arn:aws:iam::123456789012:role/scheduler'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Scheduler on a clock that stands still at midnight UTC, beside queues that keep what they get and when. */
function stage(parts: Partial<Cloud> = {}, start = '2026-03-01T00:00:00Z') {
  const clock = new ManualClock(Date.parse(start))
  const sent: { at: string; body: string; queue: string; attributes?: Record<string, string> }[] = []
  const cloud = bareCloud({
    clock,
    roles: { exists: () => true, trusts: () => true, allows: () => true, assume: () => Promise.reject() as never },
    queues: {
      send(queue, body, attributes) {
        if (queue.endsWith(':missing')) return false
        sent.push({
          at: new Date(clock.now()).toISOString().slice(0, 16),
          body,
          queue: queue.split(':').at(-1) ?? '',
          attributes,
        })
        return true
      },
    },
    ...parts,
  })
  closing.push(() => cloud.close())
  const { handlers } = scheduler(cloud)
  type Handlers = typeof handlers
  const call = async <Name extends keyof Handlers>(name: Name, input: Parameters<NonNullable<Handlers[Name]>>[0]) =>
    (await (handlers[name] as (input: unknown) => unknown)(input)) as Awaited<ReturnType<NonNullable<Handlers[Name]>>>
  const input = (
    Name: string,
    ScheduleExpression: string,
    more: Partial<sdk.CreateScheduleInput> = {},
  ): sdk.CreateScheduleInput => ({
    Name,
    ScheduleExpression,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: QUEUE, RoleArn: ROLE, Input: Name },
    ...more,
  })
  return {
    cloud,
    clock,
    sent,
    call,
    input,
    create: (...schedule: Parameters<typeof input>) => call('CreateSchedule', input(...schedule)),
    times: () => sent.map(({ at }) => at.slice(5)),
  }
}

test('a cron schedule fires in its time zone, over a change of clocks', async () => {
  const s = stage({}, '2026-03-07T00:00:00Z')
  await s.create('daily', 'cron(30 2 * * ? *)', { ScheduleExpressionTimezone: 'America/New_York' })
  await s.clock.advance(72 * HOUR)
  expect(s.times()).toEqual(['03-07T07:30', '03-09T06:30'])
})

test('a rate fires at once and then in its pace, and within its dates only', async () => {
  const s = stage()
  await s.create('often', 'rate(20 minutes)')
  await s.create('later', 'rate(1 hour)', {
    StartDate: new Date('2026-03-01T01:30:00Z'),
    EndDate: new Date('2026-03-01T03:00:00Z'),
  })
  await s.clock.advance(HOUR - 1)
  expect(s.sent.map(({ at, body }) => `${at.slice(11)} ${body}`)).toEqual(['00:00 often', '00:20 often', '00:40 often'])
  await s.call('DeleteSchedule', { Name: 'often' })
  await s.clock.advance(24 * HOUR)
  expect(s.sent.slice(3).map(({ at, body }) => `${at.slice(11)} ${body}`)).toEqual(['01:30 later', '02:30 later'])
})

test('a schedule for one time fires once, far away too, and goes when it asks for that', async () => {
  const s = stage()
  await s.create('once', 'at(2026-06-01T09:00:00)', { ScheduleExpressionTimezone: 'Asia/Tokyo', ActionAfterCompletion: 'DELETE' })
  await s.create('kept', 'at(2026-06-01T09:00:00)')
  await s.clock.advance(120 * 24 * HOUR)
  expect(s.sent.map(({ at, body }) => `${at} ${body}`)).toEqual(['2026-06-01T00:00 once', '2026-06-01T09:00 kept'])
  const { Schedules } = await s.call('ListSchedules', {})
  expect(Schedules?.map((schedule) => schedule.Name)).toEqual(['kept'])
})

test('a flexible window spreads the firing, and never beyond its end', async () => {
  const s = stage()
  await s.create('spread', 'cron(0 * * * ? *)', { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 } })
  await s.clock.advance(48 * HOUR + 20 * MINUTE)
  const minutes = s.sent.map(({ at }) => Number(at.slice(14)))
  expect(minutes).toHaveLength(48)
  expect(Math.max(...minutes)).toBeLessThan(15)
  expect(new Set(minutes).size).toBeGreaterThan(3)
})

test('a disabled schedule does not fire, and an update begins anew', async () => {
  const s = stage()
  await s.create('job', 'cron(0 * * * ? *)', { State: 'DISABLED' })
  await s.clock.advance(3 * HOUR)
  expect(s.sent).toEqual([])
  await s.call('UpdateSchedule', s.input('job', 'cron(30 * * * ? *)'))
  await s.clock.advance(2 * HOUR)
  expect(s.times()).toEqual(['03-01T03:30', '03-01T04:30'])
  expect((await s.call('GetSchedule', { Name: 'job' })).ScheduleExpression).toBe('cron(30 * * * ? *)')
})

test('the input tells which schedule fired and for when', async () => {
  const s = stage()
  const Input = '{"schedule":"<aws.scheduler.schedule-arn>","time":"<aws.scheduler.scheduled-time>"}'
  await s.create('told', 'cron(0 9 * * ? *)', { Target: { Arn: QUEUE, RoleArn: ROLE, Input } })
  await s.clock.advance(10 * HOUR)
  expect(JSON.parse(s.sent[0]?.body ?? '')).toEqual({
    schedule: 'arn:aws:scheduler:ap-northeast-1:123456789012:schedule/default/told',
    time: '2026-03-01T09:00:00Z',
  })
})

test('what cannot be delivered is tried as the policy says and then ends in the dead-letter queue', async () => {
  let tries = 0
  const s = stage({
    tasks: {
      async run() {
        tries++
        return { taskArns: [], failures: [{ reason: 'RESOURCE:ENI' }] }
      },
      desiredCount: () => undefined,
      setDesiredCount: () => {},
      agent: () => undefined,
      services: () => [],
      utilization: () => undefined,
    },
  })
  const Target: sdk.Target = {
    Arn: 'arn:aws:ecs:ap-northeast-1:123456789012:cluster/shop',
    RoleArn: ROLE,
    EcsParameters: { TaskDefinitionArn: 'arn:aws:ecs:ap-northeast-1:123456789012:task-definition/report:1' },
    RetryPolicy: { MaximumRetryAttempts: 2 },
    DeadLetterConfig: { Arn: QUEUE.replace('jobs', 'dead') },
  }
  await s.create('report', 'at(2026-03-01T01:00:00)', { Target })
  await s.clock.advance(2 * HOUR)
  expect(tries).toBe(3)
  expect(s.sent).toMatchObject([
    { queue: 'dead', attributes: { ERROR_MESSAGE: 'RESOURCE:ENI', RETRY_ATTEMPTS: '2', TARGET_ARN: Target.Arn } },
  ])
})

test('schedules survive a restart, and times that passed meanwhile are not made up for', async () => {
  const s = stage()
  await s.create('hourly', 'cron(0 * * * ? *)')
  await s.create('rate', 'rate(2 hours)')
  await s.clock.advance(MINUTE)
  const clock = new ManualClock(Date.parse('2026-03-01T05:30:00Z'))
  const cloud = Object.create(s.cloud, { clock: { value: clock } }) as Cloud
  scheduler(cloud)
  s.sent.length = 0
  await clock.advance(HOUR)
  expect(s.sent.map(({ body }) => body).sort()).toEqual(['hourly', 'rate'])
})

test('a repeated token makes no second schedule; a name that is taken is refused', async () => {
  const s = stage()
  const first = await s.create('job', 'rate(1 day)', { ClientToken: 'a' })
  expect(await s.create('job', 'rate(1 day)', { ClientToken: 'a' })).toEqual(first)
  await expect(s.create('job', 'rate(1 day)', { ClientToken: 'b' })).rejects.toThrow('Schedule job already exists.')
})

test.each<[string, string, Partial<sdk.CreateScheduleInput>]>([
  ['Invalid Schedule Expression cron(0 9 * * *).', 'cron(0 9 * * *)', {}],
  ['Invalid Schedule Expression rate(5 minute).', 'rate(5 minute)', {}],
  ['Invalid Schedule Expression at(2026-02-30T00:00:00).', 'at(2026-02-30T00:00:00)', {}],
  ['Invalid Schedule Expression Timezone Mars/Base.', 'rate(1 day)', { ScheduleExpressionTimezone: 'Mars/Base' }],
  [
    'MaximumWindowInMinutes must be between 1 and 1440 when the mode is FLEXIBLE.',
    'rate(1 day)',
    { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } },
  ],
])('%s', async (message, expression, more) => {
  const s = stage()
  await expect(s.create('job', expression, more)).rejects.toThrow(message)
})

test('over the wire, a schedule in a group fires with its role and goes with its group', async () => {
  const clock = new ManualClock(Date.now())
  await using sandbox = await testSandbox({ clock })
  const client = new SchedulerClient(sandbox.client)
  const iam = new IAMClient(sandbox.client)
  const queues = new sqs.SQSClient(sandbox.client)
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: 'jobs' }))
  const create = (Name: string) =>
    client.send(
      new sdk.CreateScheduleCommand({
        Name,
        GroupName: 'shop',
        ScheduleExpression: 'rate(1 hour)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: QUEUE, RoleArn: ROLE, Input: 'work' },
      }),
    )
  await expect(create('job')).rejects.toThrow(sdk.ResourceNotFoundException)
  await client.send(new sdk.CreateScheduleGroupCommand({ Name: 'shop', Tags: [{ Key: 'team', Value: 'shop' }] }))
  await expect(create('job')).rejects.toThrow(
    'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
  )
  const statement = (more: object) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] })
  const trust = statement({ Principal: { Service: 'scheduler.amazonaws.com' }, Action: 'sts:AssumeRole' })
  await iam.send(new CreateRoleCommand({ RoleName: 'scheduler', AssumeRolePolicyDocument: trust }))
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'scheduler',
      PolicyName: 'send',
      PolicyDocument: statement({ Action: 'sqs:SendMessage', Resource: QUEUE }),
    }),
  )
  const { ScheduleArn } = await create('job')
  expect(ScheduleArn).toBe('arn:aws:scheduler:ap-northeast-1:123456789012:schedule/shop/job')
  await clock.advance(1)
  const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl }))
  expect(Messages?.map((message) => message.Body)).toEqual(['work'])
  await client.send(new sdk.DeleteScheduleGroupCommand({ Name: 'shop' }))
  const { Schedules } = await client.send(new sdk.ListSchedulesCommand({}))
  expect(Schedules).toEqual([])
})
