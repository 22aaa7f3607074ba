// Rollouts that ECS cannot go on with, or is told not to: the sandbox's scheduler with tasks that start nothing, so that
// days pass in a moment. Each condition is brought about as it is on AWS, by quota, network, alarm, hook or hand.
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { Lambda } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRole, type Outcome, type ProcessStage, processStage, told, untilRollout } from '../../../../test/process-stage.ts'
import { TurnedClock } from '../../../../test/turned-clock.ts'
import { newId } from '../../../core/ids.ts'
import type { Ecs } from '../../../sandbox/ecs/ecs.ts'
import type { TaskPlan } from '../../../sandbox/ecs/runtime.ts'
import { type Script, scriptedRuntime } from '../../../sandbox/ecs/scripted-runtime.ts'
import type { Rollout } from '../deployment.ts'
import { changeRollout, findDeployment } from '../deployment-store.ts'
import { cancelDeployment } from '../start.ts'
import type { Cause } from './cause.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const first = ' nothing-to-go-back-to'

/** What becomes of a task, by the tag of its image. */
const scripts: Record<string, Script> = {
  slow: { startAfter: 10 * DAY_MS },
  strange: { failsToStart: 'FluxCapacitorError: no plutonium' },
}
const script = ({ containers }: TaskPlan): Script => scripts[containers[0]?.image.split(':').at(-1) ?? ''] ?? {}

let clock: TurnedClock
let stage: ProcessStage
let alarms: CloudWatch
let lambda: Lambda
beforeAll(async () => {
  clock = new TurnedClock(20)
  stage = await processStage({
    clock,
    // What this deployer may not look at, no pre-flight can tell beforehand.
    deployer: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: ['iam:GetRole', 'iam:ListRoles'], Resource: '*' },
    ],
    tasks: {
      runtime: (cloud) => scriptedRuntime(cloud.clock, script),
      timings: { settling: 300, placementRetry: 500, alarmBake: 60_000 },
    },
  })
  alarms = new CloudWatch(stage.sandbox.client)
  lambda = new Lambda(stage.sandbox.client)
  await makeRole(stage.iam, 'shop-hooks', [], 'lambda.amazonaws.com')
})
afterAll(async () => {
  alarms.destroy()
  lambda.destroy()
  await stage.close()
  clock.stop()
})

const ecs = () => stage.sandbox.services.find(({ signingName }) => signingName === 'ecs') as unknown as Ecs
const cluster = 'shop-staging'

type DeployOptions = Parameters<ProcessStage['deploy']>[1]

/** Brings a tag of a service's image out. */
const deploy = (name: string, tag: string, manifest: Record<string, unknown> = {}, options?: DeployOptions) =>
  stage.deploy({ [name]: { reference: `registry.example/shop/${name}:${tag}`, manifest } }, options)

const causes = ({ rollouts }: Outcome, name: string): Cause[] => rollouts[name]?.causes ?? []
const main = (outcome: Outcome, name: string) => causes(outcome, name)[0]?.title.en

/** Ends a deployment that would go on for long, once it is told why. */
const stopWhen = (of: string) => async (id: string) => {
  await untilRollout(stage.engine, id, ({ causes = [] }) => causes.some(({ class: found }) => found === of))
  await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
}
const actor = { kind: 'user' as const, name: 'aoi', grants: [], face: 'cli' as const }

const rolling = ({ view }: Rollout) => view?.status === 'IN_PROGRESS'

test('the quota of vCPUs, a provider without capacity, and a cluster without instances are told apart', async () => {
  ecs().control.limitVcpus(0)
  const quota = await deploy('quota', 'v1')
  ecs().control.limitVcpus(undefined)
  expect(told(quota)).toEqual({ quota: `failed vcpu-quota${first}` })
  expect(causes(quota, 'quota')[0]?.evidence).toEqual([
    {
      kind: 'service-event',
      at: expect.any(Number),
      text: expect.stringContaining("You've reached the limit on the number of vCPUs"),
    },
  ])

  ecs().control.setCapacity('FARGATE_SPOT', false)
  const spot = await deploy('spot', 'v1', { capacity: 'fargate-spot' })
  ecs().control.setCapacity('FARGATE_SPOT', true)
  expect(told(spot)).toEqual({ spot: `failed no-capacity${first}` })
  expect(main(spot, 'spot')).toBe('FARGATE_SPOT has no capacity left in these zones')

  expect(told(await deploy('instances', 'v1', { capacity: 'ec2' }))).toEqual({ instances: `failed no-instances${first}` })
})

/** Registers a machine as the agent of an EC2 instance does; gives its ARN. */
async function machine(id: string, cpu: number, memory: number): Promise<string> {
  const number = (name: string, integerValue: number) => ({ name, type: 'INTEGER', integerValue })
  const { containerInstance } = await stage.ecs.registerContainerInstance({
    cluster,
    instanceIdentityDocument: JSON.stringify({ instanceId: id, availabilityZone: 'ap-northeast-1a' }),
    totalResources: [number('CPU', cpu), number('MEMORY', memory)],
  })
  return containerInstance?.containerInstanceArn ?? ''
}

test('genova 9.20: what the closest container instance lacks is told in numbers', async () => {
  const arn = await machine('i-0c10537', 512, 700)
  const onHost = { networkMode: 'bridge', requiresCompatibilities: ['EC2'] }
  const at = async (name: string, manifest: Record<string, unknown>) => {
    const outcome = await deploy(name, 'v1', { capacity: 'ec2', definition: onHost, ...manifest })
    return `${causes(outcome, name)[0]?.class}: ${main(outcome, name)}`
  }
  const busy = { web: { portMappings: [{ containerPort: 80, hostPort: 22 }] } }
  const pinned = { ...onHost, placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }] }
  const seen = [
    await at('wide', { size: '1vCPU/512MB' }),
    await at('deep', { size: '0.25vCPU/1GB' }),
    await at('busy', { size: '0.25vCPU/512MB', containers: { busy: busy.web } }),
    await at('choosy', { size: '0.25vCPU/512MB', definition: pinned }),
  ]
  ecs().control.connectAgent(arn, false)
  seen.push(await at('alone', { size: '0.25vCPU/512MB' }))
  await stage.ecs.deregisterContainerInstance({ cluster, containerInstance: arn, force: true })
  expect(seen).toEqual([
    'no-room: The task asks for 1024 CPU units; the closest container instance, i-0c10537, has 512 left',
    'no-room: The task asks for 1024 MiB of memory; the closest container instance, i-0c10537, has 700 left',
    'port-taken: Host port 22 is taken on every container instance that would do, i-0c10537 among them',
    'instance-unfit: No container instance is as the task needs it; the closest, i-0c10537: MemberOf placement constraint unsatisfied.',
    'agent-away: The ECS agent of the container instance i-0c10537 is not connected',
  ])
})

test('a subnet without addresses is named', async () => {
  const { Subnet } = await stage.ec2.createSubnet({ VpcId: stage.network.vpc, CidrBlock: '172.31.255.0/28' })
  const subnet = Subnet?.SubnetId ?? ''
  // One is left, so that the deployment begins in spite of it.
  for (let left = Subnet?.AvailableIpAddressCount ?? 0; left > 1; left--) stage.sandbox.cloud.network.allocate(subnet)
  const outcome = await deploy('crowded', 'v1', { count: 2, network: { subnets: [subnet] } })
  expect(told(outcome)).toEqual({ crowded: `failed no-addresses${first}` })
  expect(main(outcome, 'crowded')).toBe(`The subnet ${subnet} has no free address for another task`)
})

test('starts that ECS slows down follow from why they fail', async () => {
  const manifest = { deploy: { circuit_breaker: false } }
  await makeRole(
    stage.iam,
    'shop-staging-slowed-execution',
    [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    'lambda.amazonaws.com',
  )
  const outcome = await stage.deploy(
    { slowed: { reference: 'registry.example/shop/slowed:v1', manifest, without: ['execution role'] } },
    { meanwhile: stopWhen('starts-impaired') },
  )
  expect(causes(outcome, 'slowed').map(({ class: of, severity }) => `${of} ${severity}`)).toEqual([
    'stopped failure',
    'role-unusable failure',
    'nothing-to-go-back-to consequence',
    'starts-impaired consequence',
  ])
})

test('what keeps a rollout from moving is asked for when nothing has moved for a while', async () => {
  const reference = (name: string, tag: string) => `registry.example/shop/${name}:${tag}`
  const narrow = { count: '4-8', deploy: { minimum_percent: 75, maximum_percent: 100 } }
  await stage.deploy({
    careful: { reference: reference('careful', 'v1') },
    narrow: { reference: reference('narrow', 'v1'), manifest: narrow },
  })
  const { taskArns = [] } = await stage.ecs.listTasks({ cluster, serviceName: `${cluster}-careful` })
  await stage.ecs.updateTaskProtection({ cluster, tasks: taskArns, protectionEnabled: true })
  stage.sandbox.faults.set({
    'elasticloadbalancing:RegisterTargets': { throttle: { rate: 0, burst: 1 } },
    'ecs:RegisterTaskDefinition': { latency: 1_000 },
  })
  const wanted = ['protected-tasks', 'stuck', 'ecs-throttled']
  const outcome = await stage.deploy(
    {
      careful: { reference: reference('careful', 'v2') },
      narrow: { reference: reference('narrow', 'v2'), manifest: narrow },
      balanced: { reference: reference('balanced', 'v1'), manifest: { port: 8080, count: 2 } },
    },
    {
      meanwhile: async (id) => {
        // The pre-flight saw four tasks, with which the percentages can be kept.
        await expect
          .poll(async () => (await findDeployment(stage.engine.database, id))?.state, { timeout: 30_000 })
          .toBe('locked')
        await stage.ecs.updateService({ cluster, service: `${cluster}-narrow`, desiredCount: 2 })
        for (const of of wanted)
          await untilRollout(stage.engine, id, ({ causes = [] }) => causes.some(({ class: found }) => found === of))
        await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
        stage.sandbox.faults.clear()
      },
    },
  )
  const titles = Object.fromEntries(
    Object.entries(outcome.rollouts).map(([name, { causes = [] }]) => [
      name,
      causes.filter(({ class: of }) => wanted.includes(of)).map(({ title }) => title.en),
    ]),
  )
  expect(titles).toEqual({
    careful: ['Old tasks protect themselves from being stopped, and hold the rollout up'],
    narrow: ['With 2 task(s), at least 75 % healthy and at most 100 % in all, ECS may neither start nor stop one'],
    balanced: ['ELB throttles ECS itself, which tries again later'],
  })
})

const alarm = async (AlarmName: string, StateValue: 'OK' | 'ALARM') => {
  await alarms.putMetricAlarm({
    AlarmName,
    Namespace: 'shop',
    MetricName: 'errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  })
  await alarms.setAlarmState({ AlarmName, StateValue, StateReason: 'the test says so' })
}

test('an alarm that rings rolls back, and one that rang before leaves the rollout without a guard', async () => {
  const manifest = { deploy: { alarms: ['shop-5xx'] } }
  await alarm('shop-5xx', 'ALARM')
  const unguarded = await deploy('guarded', 'v1', manifest)
  expect(told(unguarded)).toEqual({ guarded: 'succeeded alarms-ignored' })
  expect(unguarded.deployment.causes).toMatchObject([{ class: 'alarms-ignored', severity: 'warning' }])

  await alarm('shop-5xx', 'OK')
  const rang = await deploy('guarded', 'v2', manifest, {
    meanwhile: async (id) => {
      await untilRollout(stage.engine, id, rolling)
      await alarm('shop-5xx', 'ALARM')
    },
  })
  expect(told(rang)).toEqual({ guarded: 'rolled-back alarm' })
  expect(main(rang, 'guarded')).toBe('The alarm shop-5xx rang during the rollout')
})

const hook = async (name: string, answer: string) => {
  const command = ['node', '-e', `process.stdin.resume().on('end', () => console.log(${JSON.stringify(answer)}))`]
  const { FunctionArn } = await lambda.createFunction({
    FunctionName: name,
    Role: 'arn:aws:iam::123456789012:role/shop-hooks',
    Code: { ZipFile: new Uint8Array() },
    Handler: 'hook.handler',
    Runtime: 'nodejs22.x',
    Environment: { Variables: { SANDBOX_COMMAND: JSON.stringify(command) } },
  })
  return { function: FunctionArn, role: 'arn:aws:iam::123456789012:role/shop-hooks', stages: ['post-scale-up'], timeout: '1m' }
}
const shifting = (more: object) => ({ deploy: { strategy: 'blue-green', bake: '0s', ...more } })

test('a hook that fails, and one that does not end, are told with their stage', async () => {
  const refuses = shifting({ hooks: [await hook('refuses', '{"hookStatus":"FAILED"}')] })
  await deploy('hooked', 'v1', shifting({}))
  const failed = await deploy('hooked', 'v2', refuses)
  expect(told(failed)).toEqual({ hooked: 'rolled-back hook-failed' })
  expect(main(failed, 'hooked')).toBe('The hook refuses of the stage POST_SCALE_UP failed')

  const dawdles = shifting({ hooks: [await hook('dawdles', '{"hookStatus":"IN_PROGRESS","callBackDelay":30}')] })
  const late = await deploy('hooked', 'v3', dawdles)
  expect(told(late)).toEqual({ hooked: 'rolled-back hook-timed-out' })
})

test('a pause that nobody answers, and one that is declined, are told as people', async () => {
  const manifest = shifting({ pause: ['post-scale-up'] })
  await deploy('paused', 'v1', shifting({}))
  const waits = ({ view }: Rollout) => view?.hooks?.some(({ status }) => status === 'AWAITING_ACTION') === true
  const expired = await deploy('paused', 'v2', manifest, {
    meanwhile: async (id) => {
      await untilRollout(stage.engine, id, waits)
      await clock.turn(DAY_MS)
    },
  })
  expect(told(expired)).toEqual({ paused: 'rolled-back pause-expired' })

  const declined = await deploy('paused', 'v3', manifest, {
    meanwhile: async (id) => {
      const { view } = await untilRollout(stage.engine, id, waits)
      await stage.ecs.continueServiceDeployment({
        serviceDeploymentArn: view?.arn,
        hookId: view?.hooks?.[0]?.id,
        action: 'ROLLBACK',
      })
    },
  })
  expect(told(declined)).toEqual({ paused: 'rolled-back pause-declined' })
})

test('a deployment that another one replaces, or that somebody stops in ECS, is no failure of its tasks', async () => {
  await deploy('shared', 'v1')
  const service = `${cluster}-shared`
  const replaced = await deploy(
    'shared',
    'slow',
    {},
    {
      meanwhile: async (id) => {
        await untilRollout(stage.engine, id, rolling)
        await stage.ecs.updateService({ cluster, service, forceNewDeployment: true, taskDefinition: `${cluster}-shared:1` })
      },
    },
  )
  expect(told(replaced)).toEqual({ shared: 'superseded superseded' })

  await deploy('shared', 'v3')
  const stopped = await deploy(
    'shared',
    'slow',
    {},
    {
      meanwhile: async (id) => {
        const { view } = await untilRollout(stage.engine, id, rolling)
        await stage.ecs.stopServiceDeployment({ serviceDeploymentArn: view?.arn })
      },
    },
  )
  expect(told(stopped)).toEqual({ shared: 'rolled-back stopped' })
  expect(main(stopped, 'shared')).toBe('Somebody stopped it in ECS, not through kiban')
})

test('what a person cancels is told with their name, and a service that went back with another with its', async () => {
  const api = { reference: 'registry.example/shop/api:v1' }
  await stage.deploy({ api, web: { reference: 'registry.example/shop/web:v1' } })
  const cancelled = await deploy(
    'web',
    'slow',
    {},
    {
      meanwhile: async (id) => {
        await untilRollout(stage.engine, id, rolling)
        await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
      },
    },
  )
  expect(told(cancelled)).toEqual({ web: 'stopped stopped' })
  expect(main(cancelled, 'web')).toBe('aoi stopped it')

  const both = await stage.deploy(
    { api: { reference: 'registry.example/shop/api:v2' }, web: { reference: 'registry.example/shop/web:strange' } },
    { options: { keepSiblings: false, force: false } },
  )
  expect(told(both)).toEqual({ api: 'rolled-back sibling', web: 'rolled-back unknown' })
  expect(main(both, 'api')).toBe('It was taken back because web failed')
  expect(both.deployment.causes?.map(({ class: of, service }) => `${service} ${of}`)).toEqual(['web unknown', 'api sibling'])
})

test('what kiban does not know is shown with what was seen', async () => {
  const outcome = await deploy('odd', 'strange')
  expect(told(outcome)).toEqual({ odd: `failed unknown${first}` })
  expect(causes(outcome, 'odd')[0]).toMatchObject({
    certain: false,
    title: { en: 'kiban does not know this failure: FluxCapacitorError: no plutonium' },
    evidence: expect.arrayContaining([expect.objectContaining({ kind: 'stop-code', text: 'TaskFailedToStart' })]),
  })
})

const runningTasks = async (name: string): Promise<string[]> => {
  const { taskArns = [] } = await stage.ecs.listTasks({ cluster, serviceName: `${cluster}-${name}` })
  const { tasks = [] } = await stage.ecs.describeTasks({ cluster, tasks: taskArns })
  return tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').map(({ taskArn = '' }) => taskArn)
}

test('tasks that AWS or a person takes away are told as that', async () => {
  const interrupted = await deploy(
    'cheap',
    'v1',
    { capacity: 'fargate-spot', count: 2, deploy: { alarms: ['shop-quiet'] } },
    {
      meanwhile: async (id) => {
        await untilRollout(stage.engine, id, ({ view }) => view?.target?.running === 2)
        const [task = ''] = await runningTasks('cheap')
        ecs().control.interruptSpot(task)
        await stopWhen('spot-interrupted')(id)
      },
    },
  )
  expect(causes(interrupted, 'cheap').map(({ class: of }) => of)).toContain('spot-interrupted')

  const killed = await deploy(
    'meddled',
    'v1',
    { count: 2, deploy: { alarms: ['shop-quiet'] } },
    {
      meanwhile: async (id) => {
        await untilRollout(stage.engine, id, ({ view }) => view?.target?.running === 2)
        const [task = ''] = await runningTasks('meddled')
        await stage.ecs.stopTask({ cluster, task, reason: 'looked odd' })
        await stopWhen('task-stopped')(id)
      },
    },
  )
  expect(causes(killed, 'meddled').find(({ class: of }) => of === 'task-stopped')?.title.en).toContain('looked odd')
})

test('time that runs out says what ECS still does, and what holds it up', async () => {
  await deploy('endless', 'v1')
  const outcome = await deploy(
    'endless',
    'slow',
    {},
    {
      meanwhile: async (id) => {
        const rollout = await untilRollout(stage.engine, id, rolling)
        await changeRollout(stage.engine.database, rollout, { deadline: Date.now() })
      },
    },
  )
  expect(told(outcome)).toEqual({ endless: 'timed-out deadline' })
  expect(main(outcome, 'endless')).toBe('It was not done within 30 min; ECS goes on (IN_PROGRESS)')
})
