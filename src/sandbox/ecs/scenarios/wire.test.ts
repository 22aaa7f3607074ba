// What lies between a client and the scheduler, through the SDK and the sandbox's own wire.
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS, type Task, waitUntilServicesStable } from '@aws-sdk/client-ecs'
import { EventBridge } from '@aws-sdk/client-eventbridge'
import { SQS } from '@aws-sdk/client-sqs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { testSandbox } from '../../../../test/support.ts'
import { ManualClock } from '../../../core/manual-clock.ts'
import type { FaultRules } from '../../faults.ts'
import { scriptedRuntime } from '../scripted-runtime.ts'
import { steadyStory } from './story-for-tests.ts'

/** A sandbox whose clock the test turns, with a service `web` of `web:1`, steady. */
async function stage(faults: FaultRules = {}) {
  const clock = new ManualClock()
  const sandbox = await testSandbox({ clock, tasks: { runtime: (cloud) => scriptedRuntime(cloud.clock) } })
  onTestFinished(() => sandbox.close())
  const options = { ...sandbox.inProcess, maxAttempts: 1 }
  const ecs = new ECS(options)
  const { Subnets = [] } = await new EC2(options).describeSubnets({})
  await ecs.createCluster({ clusterName: 'demo' })
  const register = async () => {
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family: 'web',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'web', image: 'registry.test/web' }],
    })
    return taskDefinition?.taskDefinitionArn
  }
  await ecs.createService({
    cluster: 'demo',
    serviceName: 'web',
    taskDefinition: await register(),
    desiredCount: 2,
    networkConfiguration: { awsvpcConfiguration: { subnets: Subnets.map(({ SubnetId = '' }) => SubnetId) } },
  })
  await clock.advance(120_000)
  sandbox.faults.set(faults)
  const update = async () => ecs.updateService({ cluster: 'demo', service: 'web', taskDefinition: await register() })
  return { clock, sandbox, options, ecs, update }
}

test('eventual consistency lag (configurable, per API)', async () => {
  const { clock, ecs, update } = await stage({
    'ecs:DescribeServices': { lag: 3000 },
    'ecs:ListServiceDeployments': { lag: 5000 },
  })
  const before = await ecs.listServiceDeployments({ cluster: 'demo', service: 'web' })
  const { service } = await update()
  const made = service?.currentServiceDeployment ?? ''
  const seen: string[] = []
  for (let second = 0; second <= 6; second++) {
    if (second > 0) await clock.advance(1000)
    const { services = [] } = await ecs.describeServices({ cluster: 'demo', services: ['web'] })
    const { serviceDeployments: listed = [] } = await ecs.listServiceDeployments({ cluster: 'demo', service: 'web' })
    const { serviceDeployments: described = [] } = await ecs.describeServiceDeployments({ serviceDeploymentArns: [made] })
    seen.push(
      [
        services[0]?.currentServiceDeployment === made ? 'service' : '-',
        listed.some(({ serviceDeploymentArn }) => serviceDeploymentArn === made) ? 'list' : '-',
        described.length > 0 ? described[0]?.status : '-',
      ].join(' '),
    )
  }
  expect({ before: before.serviceDeployments?.length, seen }).toEqual({
    before: 1,
    seen: [
      '- - PENDING',
      '- - IN_PROGRESS',
      '- - IN_PROGRESS',
      'service - IN_PROGRESS',
      'service - IN_PROGRESS',
      'service list IN_PROGRESS',
      'service list IN_PROGRESS',
    ],
  })
})

test('waiter services-stable', async () => {
  const { clock, ecs, update } = await stage()
  const wait = async (service: string) => {
    // It looks a few times; the sandbox's clock stands meanwhile.
    const times = { minDelay: 0.05, maxDelay: 0.05, maxWaitTime: 0.2 }
    const waiting = waitUntilServicesStable({ client: ecs, ...times }, { cluster: 'demo', services: [service] })
    return waiting.then(
      ({ state }) => state,
      ({ name }) => name,
    )
  }
  const seen = { steady: await wait('web'), missing: await wait('other'), updated: '', rolledOut: '', deleted: '' }
  await update()
  seen.updated = await wait('web')
  await clock.advance(120_000)
  seen.rolledOut = await wait('web')
  await ecs.deleteService({ cluster: 'demo', service: 'web', force: true })
  seen.deleted = await wait('web')
  expect(seen).toEqual({
    steady: 'SUCCESS',
    missing: 'Error',
    updated: 'TimeoutError',
    rolledOut: 'SUCCESS',
    deleted: 'Error',
  })
})

describe('throttling', () => {
  test('of the API', async () => {
    const { ecs, sandbox } = await stage({ 'ecs:UpdateService': { throttle: { rate: 0, burst: 2 } } })
    const scale = (desiredCount: number) =>
      ecs.updateService({ cluster: 'demo', service: 'web', desiredCount }).then(
        ({ service }) => service?.desiredCount,
        ({ name, message, $metadata }) => `${name}: ${message} (${$metadata.httpStatusCode})`,
      )
    const answers = [await scale(3), await scale(4), await scale(5), await scale(6)]
    const { services } = await ecs.describeServices({ cluster: 'demo', services: ['web'] })
    sandbox.faults.clear()
    expect({ answers, desired: services?.[0]?.desiredCount, afterwards: await scale(7) }).toEqual({
      answers: [3, 4, 'ThrottlingException: Rate exceeded (400)', 'ThrottlingException: Rate exceeded (400)'],
      desired: 4,
      afterwards: 7,
    })
  })

  test('of a service whose tasks keep failing', async () => {
    const story = await steadyStory({
      script: ({ containers }) =>
        containers[0]?.image.endsWith(':v2') ? { failsToStart: 'CannotPullContainerError: gone' } : {},
      service: { desiredCount: 1 },
    })
    await story.update('v2')
    await story.play(3 * 3600, { every: 10 })
    const starts = story.stage.bus
      .filter(({ detailType, detail }) => detailType === 'ECS Task State Change' && detail.lastStatus === 'PROVISIONING')
      .map(({ detail }) => new Date(String(detail.createdAt)).getTime() / 1000)
      .slice(1)
    const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))
    story.begin()
    await story.update('v3')
    expect({ pauses, later: await story.tale(120) }).toEqual({
      later: {
        moments: [
          '0s PENDING | v3 PRIMARY IN_PROGRESS 0+0/1 | v2 ACTIVE IN_PROGRESS 0+0/0 | v1 ACTIVE COMPLETED 1+0/1',
          '1s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 0+1/1 | v1 ACTIVE COMPLETED 1+0/1',
          '14s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 1+0/1 | v1 ACTIVE COMPLETED 1+0/1',
          '54s IN_PROGRESS | v3 PRIMARY IN_PROGRESS 1+0/1 | v1 ACTIVE COMPLETED 0+0/0',
          '69s SUCCESSFUL | v3 PRIMARY COMPLETED 1+0/1',
        ],
        events: [
          'has started 1 tasks: (task).',
          'has stopped 1 running tasks: (task).',
          '(deployment v3) deployment completed.',
          'has reached a steady state.',
        ],
        bus: [
          'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v3 in progress.',
          'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v3 completed.',
          'SERVICE_STEADY_STATE',
        ],
        history: [
          'v3: SUCCESSFUL',
          'v2: STOPPED: Service deployment was superseded by a newer service deployment.',
          'v1: SUCCESSFUL',
        ],
      },
      pauses: [13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 43, 73, 133, 253, 493, 913, 913, 913, 913, 913, 913, 913, 913, 913, 913],
    })
  })
})

test('duplicate/unordered EventBridge', async () => {
  const { clock, ecs, options, update } = await stage({ 'events:PutEvents': { delivery: { duplicate: 1, disorderMs: 20_000 } } })
  const sqs = new SQS(options)
  const events = new EventBridge(options)
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'events' })
  await events.putRule({ Name: 'ecs', EventPattern: JSON.stringify({ 'detail-type': ['ECS Task State Change'] }) })
  const Arn = 'arn:aws:sqs:ap-northeast-1:123456789012:events'
  await events.putTargets({ Rule: 'ecs', Targets: [{ Id: 'queue', Arn }] })
  await update()
  await clock.advance(180_000)

  const received: { id: string; detail: Task & { taskArn: string; version: number } }[] = []
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 })
    if (Messages.length === 0) break
    for (const { Body = '' } of Messages) received.push(JSON.parse(Body))
  }
  const copies = Map.groupBy(received, ({ id }) => id)
  const versions = [...Map.groupBy(received, ({ detail }) => detail.taskArn).values()].map((of) =>
    of.map(({ detail }) => detail.version),
  )
  const latest = new Map<string, (typeof received)[number]['detail']>()
  for (const { detail } of received)
    if (detail.version > (latest.get(detail.taskArn)?.version ?? 0)) latest.set(detail.taskArn, detail)
  const { tasks = [] } = await ecs.describeTasks({ cluster: 'demo', tasks: [...latest.keys()] })
  const states = (of: Iterable<Task>) =>
    [...of].map(({ taskArn, lastStatus, version }) => `${taskArn} ${lastStatus} ${version}`).sort()

  expect([...copies.values()].every(({ length }) => length === 2)).toBe(true)
  expect(versions.some((of) => of.some((version, at) => at > 0 && version < (of[at - 1] ?? 0)))).toBe(true)
  expect(states(latest.values())).toEqual(states(tasks))
  expect(tasks.map(({ lastStatus }) => lastStatus).sort()).toEqual(['RUNNING', 'RUNNING', 'STOPPED', 'STOPPED'])
})
