import type { RunTaskRequest } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { register, SUBNETS } from './service-for-tests.ts'
import { newStage, type Stage } from './stage-for-tests.ts'

async function ready(): Promise<{ stage: Stage; run: (more?: Partial<RunTaskRequest>) => Promise<unknown> }> {
  const stage = newStage()
  await stage.api.CreateCluster({ clusterName: 'demo', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] })
  await register(stage, 'v1', {}, 'batch')
  const run = (more: Partial<RunTaskRequest> = {}) =>
    stage.api
      .RunTask({ cluster: 'demo', taskDefinition: 'batch', launchType: 'FARGATE', networkConfiguration: SUBNETS, ...more })
      .then(({ tasks = [], failures }) => ({ tasks: tasks.map(({ taskArn }) => taskArn), failures }))
      .catch(({ code, message, members }) => ({ refused: `${code}: ${message}`, ...members }))
  return { stage, run }
}

const made = (answer: unknown) => (answer as { tasks: string[] }).tasks

test('ten tasks at most are run at once', async () => {
  const { run } = await ready()
  const most = { refused: 'InvalidParameterException: Count must be between 1 and 10.' }
  expect(made(await run({ count: 10 }))).toHaveLength(10)
  expect([await run({ count: 11 }), await run({ count: 0 })]).toEqual([most, most])
})

test('a token used again gives the same tasks, in another cluster others, and with another request a conflict', async () => {
  const { stage, run } = await ready()
  await stage.api.CreateCluster({ clusterName: 'other' })
  const first = await run({ clientToken: 'once', count: 2 })
  const again = await run({ clientToken: 'once', count: 2 })
  const elsewhere = await run({ clientToken: 'once', count: 2, cluster: 'other' })
  expect({ again, isElsewhere: made(elsewhere).every((arn) => arn.includes(':task/other/')) }).toEqual({
    again: first,
    isElsewhere: true,
  })
  expect(await run({ clientToken: 'once', count: 3 })).toEqual({
    refused: 'ConflictException: The clientToken was already used with different parameters.',
    resourceIds: made(first),
  })
  expect((await stage.api.ListTasks({ cluster: 'demo' })).taskArns).toHaveLength(2)
})

test('a token holds when its tasks have stopped, and is forgotten after a day', async () => {
  const { stage, run } = await ready()
  const first = await run({ clientToken: 'once' })
  await stage.api.StopTask({ cluster: 'demo', task: made(first)[0] })
  await stage.clock.advance(60_000)
  expect(await run({ clientToken: 'once' })).toEqual(first)
  await stage.clock.advance(24 * 60 * 60_000)
  await run({ clientToken: 'other' })
  expect(made(await run({ clientToken: 'once' }))).not.toEqual(made(first))
})

test('a token has at most 64 printable characters', async () => {
  const { run } = await ready()
  const refused = {
    refused: 'InvalidParameterException: clientToken must have between 1 and 64 printable ASCII characters without spaces.',
  }
  expect(made(await run({ clientToken: '~'.repeat(64) }))).toHaveLength(1)
  expect([await run({ clientToken: '~'.repeat(65) }), await run({ clientToken: 'a b' })]).toEqual([refused, refused])
})

test('what finds no place is a failure of an answer that succeeds', async () => {
  const { stage, run } = await ready()
  stage.ecs.control.limitVcpus(0.5)
  const answer = (await run({ count: 3 })) as { tasks: string[]; failures: unknown }
  stage.ecs.control.limitVcpus(undefined)
  stage.ecs.control.setCapacity('FARGATE_SPOT', false)
  const spot = await run({
    launchType: undefined,
    capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
  })
  expect({ started: answer.tasks.length, failures: answer.failures, spot }).toEqual({
    started: 2,
    failures: [{ arn: undefined, reason: "You've reached the limit on the number of vCPUs you can run concurrently" }],
    spot: {
      tasks: [],
      failures: [
        {
          arn: undefined,
          reason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone',
        },
      ],
    },
  })
})

test.each<[refused: string, more: Partial<RunTaskRequest>, why: string]>([
  ['a cluster that is none', { cluster: 'other' }, 'ClusterNotFoundException: Cluster not found.'],
  ['a definition that is none', { taskDefinition: 'other' }, 'ClientException: TaskDefinition not found.'],
  [
    'a task without a network',
    { networkConfiguration: undefined },
    "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  ],
  [
    'a platform that is none',
    { platformVersion: '2' },
    "PlatformUnknownException: The specified platform version doesn't exist.",
  ],
  [
    'both a launch type and capacity providers',
    { capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
    'InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
  ],
  [
    'an override of a container that is none',
    { overrides: { containerOverrides: [{ name: 'other' }] } },
    'InvalidParameterException: Override for container named other is not a container in the TaskDefinition.',
  ],
  [
    'the tags of a service',
    { propagateTags: 'SERVICE' },
    'InvalidParameterException: The SERVICE option of propagateTags is not supported when running a task.',
  ],
])('it refuses %s', async (_, more, why) => {
  const { stage, run } = await ready()
  expect(await run(more)).toEqual({ refused: why })
  expect((await stage.api.ListTasks({ cluster: 'demo' })).taskArns).toEqual([])
})
