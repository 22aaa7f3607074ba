import * as sdk from '@aws-sdk/client-eventbridge'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import * as sqs from '@aws-sdk/client-sqs'
import { afterEach, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { bareCloud } from '../bare-cloud.ts'
import type { Cloud } from '../cloud.ts'
import { eventBridge } from './events.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const QUEUE = 'arn:aws:sqs:ap-northeast-1:123456789012:events'

/** The bus on a clock that stands still, beside queues that keep what they get. */
function stage(parts: Partial<Cloud> = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const sent: { queue: string; body: string; attributes?: Record<string, string> }[] = []
  const queues = {
    send(queue: string, body: string, attributes?: Record<string, string>) {
      if (queue.endsWith(':missing')) return false
      sent.push({ queue: queue.split(':').at(-1) ?? '', body, attributes })
      return true
    },
  }
  const cloud = bareCloud({ clock, queues, ...parts })
  closing.push(() => cloud.close())
  const events = eventBridge(cloud)
  const { handlers } = events
  type Handlers = typeof handlers
  const call = async <Name extends keyof Handlers>(name: Name, input: Parameters<NonNullable<Handlers[Name]>>[0]) =>
    (await (handlers[name] as (input: unknown) => unknown)(input)) as never
  return {
    cloud,
    clock,
    sent,
    events,
    call,
    async rule(Name: string, rule: Partial<sdk.PutRuleCommandInput>, targets: Partial<sdk.Target>[] = [{}]) {
      await call('PutRule', { Name, ...rule })
      await call('PutTargets', { Rule: Name, Targets: targets.map((target, at) => ({ Id: String(at), Arn: QUEUE, ...target })) })
    },
    put: (source: string, detail: object = {}) => events.put({ source, detailType: 'x', resources: [], detail: () => detail }),
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

test('an event reaches the targets of the rules that are for it, over the wire', async () => {
  await using sandbox = await testSandbox()
  const events = new EventBridgeClient(sandbox.client)
  const queues = new sqs.SQSClient(sandbox.client)
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: 'events' }))
  await events.send(
    new sdk.PutRuleCommand({ Name: 'orders', EventPattern: '{"source":["shop"],"detail":{"total":[{"numeric":[">",10]}]}}' }),
  )
  await events.send(new sdk.PutTargetsCommand({ Rule: 'orders', Targets: [{ Id: 'queue', Arn: QUEUE, InputPath: '$.detail' }] }))
  const entry = (total: number) => ({ Source: 'shop', DetailType: 'order', Detail: JSON.stringify({ total }) })
  const { Entries, FailedEntryCount } = await events.send(
    new sdk.PutEventsCommand({
      Entries: [entry(5), entry(50), { ...entry(1), Source: 'aws.ecs' }, { ...entry(1), Detail: '[' }],
    }),
  )
  expect(FailedEntryCount).toBe(2)
  expect(Entries?.map((each) => each.ErrorCode ?? 'ok')).toEqual([
    'ok',
    'ok',
    'NotAuthorizedForSourceException',
    'MalformedDetail',
  ])
  const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 2, MaxNumberOfMessages: 10 }))
  expect(Messages?.map((message) => message.Body)).toEqual(['{"total":50}'])
})

test('rules are listed, disabled, found by target and tag, and deleted once they have no target', async () => {
  const s = stage()
  await s.rule('b', { EventPattern: '{"source":["x"]}', Tags: [{ Key: 'team', Value: 'shop' }] })
  await s.rule('a', { ScheduleExpression: 'rate(5 minutes)' })
  expect(await s.call('ListRuleNamesByTarget', { TargetArn: QUEUE })).toEqual({ RuleNames: ['a', 'b'], NextToken: undefined })
  expect(await s.call('ListTagsForResource', { ResourceARN: 'arn:aws:events:ap-northeast-1:123456789012:rule/b' })).toEqual({
    Tags: [{ Key: 'team', Value: 'shop' }],
  })
  await s.call('DisableRule', { Name: 'b' })
  s.put('x')
  await settled()
  expect(s.sent).toEqual([])
  await s.call('EnableRule', { Name: 'b' })
  s.put('x')
  await settled()
  expect(s.sent).toHaveLength(1)
  await expect(s.call('DeleteRule', { Name: 'b' })).rejects.toThrow("Rule can't be deleted since it has targets.")
  expect(await s.call('RemoveTargets', { Rule: 'b', Ids: ['0', '9'] })).toMatchObject({ FailedEntryCount: 1 })
  await s.call('DeleteRule', { Name: 'b' })
  await expect(s.call('DescribeRule', { Name: 'b' })).rejects.toThrow('Rule b does not exist on EventBus default.')
})

test('a rule with a rate or a cron expression fires on the clock of the cloud', async () => {
  const s = stage()
  await s.rule('often', { ScheduleExpression: 'rate(5 minutes)' }, [{ Input: '"rate"' }])
  await s.rule('nine', { ScheduleExpression: 'cron(0 9 * * ? *)' }, [{ Input: '"cron"' }])
  await s.clock.advance(11 * 60_000)
  await settled()
  expect(s.sent.map(({ body }) => body)).toEqual(['"rate"', '"rate"'])
  await s.call('DisableRule', { Name: 'often' })
  await s.clock.advance(48 * 3600_000)
  await settled()
  expect(s.sent.map(({ body }) => body).slice(2)).toEqual(['"cron"', '"cron"'])
  await expect(s.call('PutRule', { Name: 'x', ScheduleExpression: 'rate(1 minutes)' })).rejects.toThrow(
    'Parameter ScheduleExpression is not valid.',
  )
})

test('what cannot be delivered ends in the dead-letter queue and says why', async () => {
  const s = stage()
  const missing = QUEUE.replace('events', 'missing')
  await s.rule('lost', { EventPattern: '{"source":["x"]}' }, [
    { Arn: missing, InputPath: '$.source', DeadLetterConfig: { Arn: QUEUE.replace('events', 'dead') } },
  ])
  s.put('x')
  await settled()
  expect(s.sent).toEqual([
    {
      queue: 'dead',
      body: '"x"',
      attributes: {
        RULE_ARN: 'arn:aws:events:ap-northeast-1:123456789012:rule/lost',
        TARGET_ARN: missing,
        ERROR_CODE: 'NO_RESOURCE',
        ERROR_MESSAGE: `The queue ${missing} does not exist.`,
        RETRY_ATTEMPTS: '0',
      },
    },
  ])
})

test('a target that fails for a while is tried again, and a task is started once with its overrides', async () => {
  const runs: { input: object; startedBy: string }[] = []
  let failing = 2
  const role = 'arn:aws:iam::123456789012:role/events'
  const s = stage({
    roles: { exists: () => true, trusts: () => true, allows: () => true, assume: () => Promise.reject() as never },
    tasks: {
      async run(input, startedBy) {
        runs.push({ input, startedBy })
        if (failing-- > 0) return { taskArns: [], failures: [{ reason: 'RESOURCE:VCPU' }] }
        return { taskArns: ['arn:task'], failures: [] }
      },
      desiredCount: () => undefined,
      setDesiredCount: () => {},
      agent: () => undefined,
      services: () => [],
      utilization: () => undefined,
    },
  })
  const cluster = 'arn:aws:ecs:ap-northeast-1:123456789012:cluster/shop'
  await s.rule('report', { EventPattern: '{"source":["x"]}' }, [
    {
      Arn: cluster,
      RoleArn: role,
      Input: '{"containerOverrides":[{"name":"app","command":["report"]}]}',
      EcsParameters: {
        TaskDefinitionArn: 'report:1',
        TaskCount: 2,
        LaunchType: 'FARGATE',
        NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['subnet-1'], SecurityGroups: ['sg-1'] } },
      },
    },
  ])
  s.put('x')
  await settled()
  await s.clock.advance(10_000)
  await settled()
  await s.clock.advance(60_000)
  expect(runs).toHaveLength(3)
  expect(runs[0]).toEqual(runs[2])
  expect(runs[0]).toMatchObject({
    startedBy: 'events-rule/report',
    input: {
      cluster,
      taskDefinition: 'report:1',
      count: 2,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
      overrides: { containerOverrides: [{ name: 'app', command: ['report'] }] },
    },
  })
})

test('events come twice and out of order when a fault asks for it', async () => {
  const s = stage({ delivery: () => ({ duplicate: 1, disorderMs: 10_000 }) })
  await s.rule('all', { EventPattern: '{"source":["x"]}' }, [{ InputPath: '$.detail.n' }])
  for (let n = 0; n < 20; n++) s.put('x', { n })
  await s.clock.advance(10_000)
  await settled()
  const seen = s.sent.map(({ body }) => Number(body))
  expect(seen).toHaveLength(40)
  expect(seen).not.toEqual([...seen].sort((a, b) => a - b))
  expect(new Set(seen).size).toBe(20)
})

test('rules survive a restart', async () => {
  const s = stage()
  await s.rule('kept', { EventPattern: '{"source":["x"]}' })
  const again = eventBridge(s.cloud)
  again.put({ source: 'x', detailType: 'x', resources: [], detail: () => ({}) })
  await settled()
  expect(s.sent).toHaveLength(1)
})
