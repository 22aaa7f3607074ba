import { describe, expect, test } from 'vitest'
import type { Script } from './scripted-runtime.ts'
import { behind, createWeb, register, told, web, webTasks } from './service-for-tests.ts'
import { groupArn, newStage, type Stage } from './stage-for-tests.ts'

const CHECK = { command: ['CMD-SHELL', 'true'] }

interface Checks {
  /** What the container's check says, by milliseconds after its start; without it, there is none. */
  container?: Script['health']
  /** Milliseconds until the target is healthy; without it, there is no load balancer. */
  target?: number
  grace?: number
}

async function service({ container, target, grace }: Checks): Promise<Stage> {
  const stage = newStage({ script: () => ({ health: container }) })
  stage.balancing.healthyAfter = target
  await createWeb(stage, { desiredCount: 0 })
  const taskDefinition = await register(stage, 'v2', {
    containerDefinitions: [
      {
        name: 'web',
        image: 'registry.test/web:v2',
        portMappings: [{ containerPort: 80 }],
        ...(container ? { healthCheck: CHECK } : {}),
      },
    ],
  })
  await stage.api.UpdateService({
    cluster: 'demo',
    service: 'web',
    taskDefinition,
    desiredCount: 1,
    healthCheckGracePeriodSeconds: grace,
    ...(target === undefined ? {} : { loadBalancers: behind('web') }),
  })
  return stage
}

/** Seconds from RUNNING until the service is steady, as its first task is healthy. */
async function secondsUntilHealthy(checks: Checks): Promise<number | undefined> {
  const stage = await service(checks)
  for (let second = 0; second < 300; second++) {
    if ((await told(stage)).includes('has reached a steady state.')) {
      const [task] = await webTasks(stage)
      return (stage.clock.now() - (task?.startedAt?.getTime() ?? 0)) / 1000
    }
    await stage.clock.advance(1000)
  }
  return undefined
}

describe('a task is healthy', () => {
  test('without any check after forty seconds, else when all of its checks have passed', async () => {
    const HEALTHY = [{ after: 30_000, is: 'HEALTHY' as const }]
    expect({
      none: await secondsUntilHealthy({}),
      container: await secondsUntilHealthy({ container: HEALTHY }),
      // The target is registered three seconds before the task is RUNNING.
      target: await secondsUntilHealthy({ target: 23_000 }),
      both: await secondsUntilHealthy({ container: HEALTHY, target: 23_000 }),
      bothTheOtherWay: await secondsUntilHealthy({ container: HEALTHY, target: 53_000 }),
      never: await secondsUntilHealthy({ container: [] }),
    }).toEqual({ none: 40, container: 30, target: 20, both: 27, bothTheOtherWay: 50, never: undefined })
  })
})

describe('a task that fails its check', () => {
  const UNHEALTHY = [{ after: 10_000, is: 'UNHEALTHY' as const }]

  /** What is told of it, and how many seconds after it was RUNNING. */
  async function blamed(checks: Checks): Promise<string> {
    const stage = await service(checks)
    if (checks.target !== undefined) stage.balancing.fate = () => [{ after: 13_000, state: 'unhealthy' }]
    await stage.clock.advance(20_000)
    const [task] = await webTasks(stage)
    await stage.clock.advance(120_000)
    const { events = [] } = await web(stage)
    const event = events.findLast(
      ({ message }) => message?.includes(task?.taskArn?.split('/').at(-1) ?? '-') && / fail| unhealthy/.test(message),
    )
    const seconds = ((event?.createdAt?.getTime() ?? 0) - (task?.startedAt?.getTime() ?? 0)) / 1000
    return `${seconds}s ${event?.message?.replace(/\(task \w+\)/, '(task)').replace(groupArn('web'), 'web')}`
  }

  test('is told of, but not in its grace period, whichever check it is', async () => {
    const ofContainer = '(service web) (task) failed container health checks.'
    const ofTarget = '(service web) (task) (port 80) is unhealthy in (target-group web) due to (reason Health checks failed).'
    expect([
      await blamed({ container: UNHEALTHY }),
      await blamed({ container: UNHEALTHY, grace: 60 }),
      await blamed({ target: 0 }),
      await blamed({ target: 0, grace: 60 }),
    ]).toEqual([`10s ${ofContainer}`, `60s ${ofContainer}`, `10s ${ofTarget}`, `60s ${ofTarget}`])
  })

  test('counts as healthy no more, and is kept while its grace period lasts', async () => {
    const stage = newStage()
    const fates = [
      [
        { after: 5_000, state: 'healthy' as const },
        { after: 10_000, state: 'unhealthy' as const },
        { after: 50_000, state: 'healthy' as const },
      ],
      [{ after: 20_000, state: 'healthy' as const }],
    ]
    stage.balancing.fate = () => fates.shift() ?? []
    await createWeb(stage, { desiredCount: 2, healthCheckGracePeriodSeconds: 120, loadBalancers: behind('web') })
    const isSteady = async () => (await told(stage)).includes('has reached a steady state.')
    await stage.clock.advance(60_000)
    expect([await isSteady(), (await webTasks(stage)).length]).toEqual([false, 2])
    await stage.clock.advance(15_000)
    expect([await isSteady(), (await webTasks(stage)).length]).toEqual([true, 2])
  })
})
