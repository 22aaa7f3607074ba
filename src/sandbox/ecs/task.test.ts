import { describe, expect, test } from 'vitest'
import { createWeb, outcome, register, SUBNETS, webTasks } from './service-for-tests.ts'
import { newStage, type Stage } from './stage-for-tests.ts'

/** A steady service `web` of two tasks, and one task of `batch` that was run by `aoi`. */
async function busy(): Promise<{ stage: Stage; batch: string; ofWeb: string[] }> {
  const stage = newStage()
  await createWeb(stage)
  const taskDefinition = await register(stage, 'v1', {}, 'batch')
  const { tasks = [] } = await stage.api.RunTask({
    cluster: 'demo',
    taskDefinition,
    startedBy: 'aoi',
    launchType: 'FARGATE',
    networkConfiguration: SUBNETS,
  })
  await stage.clock.advance(120_000)
  const ofWeb = (await webTasks(stage)).map(({ taskArn = '' }) => taskArn)
  return { stage, batch: tasks[0]?.taskArn ?? '', ofWeb }
}

describe('ListTasks', () => {
  test('shows the tasks that are wanted, and by one filter those of a service, a family or who started them', async () => {
    const { stage, batch, ofWeb } = await busy()
    const list = async (filter: object) => {
      const answer = await outcome(stage.api.ListTasks({ cluster: 'demo', ...filter }))
      return typeof answer === 'string' ? answer : answer.taskArns?.toSorted()
    }
    const deployment = (await stage.api.DescribeServices({ cluster: 'demo', services: ['web'] })).services?.[0]?.deployments?.[0]
    expect({
      all: await list({}),
      service: await list({ serviceName: 'web' }),
      serviceByArn: await list({ serviceName: 'arn:aws:ecs:ap-northeast-1:123456789012:service/demo/web' }),
      family: await list({ family: 'batch' }),
      person: await list({ startedBy: 'aoi' }),
      deployment: await list({ startedBy: deployment?.id }),
      pending: await list({ desiredStatus: 'PENDING' }),
      stopped: await list({ desiredStatus: 'STOPPED' }),
      ec2: await list({ launchType: 'EC2' }),
      familyAndService: await list({ family: 'web', serviceName: 'web' }),
      personAndFamily: await list({ startedBy: 'aoi', family: 'batch' }),
      otherService: await list({ serviceName: 'other' }),
      otherCluster: await list({ cluster: 'other' }),
    }).toEqual({
      all: [batch, ...ofWeb].toSorted(),
      service: ofWeb.toSorted(),
      serviceByArn: ofWeb.toSorted(),
      family: [batch],
      person: [batch],
      deployment: ofWeb.toSorted(),
      pending: [],
      stopped: [],
      ec2: [],
      familyAndService: 'InvalidParameterException: Cannot specify both family and serviceName.',
      personAndFamily: 'InvalidParameterException: startedBy must be the only filter.',
      otherService: 'ServiceNotFoundException: Service not found.',
      otherCluster: 'ClusterNotFoundException: Cluster not found.',
    })
  })

  test('shows a hundred a page, none twice', async () => {
    const stage = newStage()
    await createWeb(stage, { desiredCount: 130 })
    await stage.clock.advance(60_000)
    const first = await stage.api.ListTasks({ cluster: 'demo' })
    const second = await stage.api.ListTasks({ cluster: 'demo', nextToken: first.nextToken })
    const all = new Set([...(first.taskArns ?? []), ...(second.taskArns ?? [])])
    expect([first.taskArns?.length, second.taskArns?.length, all.size, second.nextToken]).toEqual([100, 30, 130, undefined])
    expect(await outcome(stage.api.ListTasks({ cluster: 'demo', maxResults: 101 }))).toBe(
      'InvalidParameterException: maxResults must be between 1 and 100.',
    )
  })

  test('shows the tasks of a service that drains, and knows it no more when it is gone', async () => {
    const { stage, ofWeb } = await busy()
    await stage.api.DeleteService({ cluster: 'demo', service: 'web', force: true })
    const draining = await stage.api.ListTasks({ cluster: 'demo', serviceName: 'web' })
    await stage.clock.advance(60_000)
    expect([
      draining.taskArns?.toSorted(),
      await outcome(stage.api.ListTasks({ cluster: 'demo', serviceName: 'web' })),
      (await stage.api.ListTasks({ cluster: 'demo', family: 'web', desiredStatus: 'STOPPED' })).taskArns?.toSorted(),
    ]).toEqual([ofWeb.toSorted(), 'ServiceNotFoundException: Service not found.', ofWeb.toSorted()])
  })
})

describe('DescribeTasks', () => {
  test('describes a hundred at once and says which are missing', async () => {
    const { stage, batch } = await busy()
    const missing = 'arn:aws:ecs:ap-northeast-1:123456789012:task/demo/00000000000000000000000000000000'
    const { tasks, failures } = await stage.api.DescribeTasks({ cluster: 'demo', tasks: [batch, missing] })
    expect([tasks?.map(({ taskArn }) => taskArn), failures]).toEqual([[batch], [{ arn: missing, reason: 'MISSING' }]])
    const many = Array.from({ length: 101 }, (_, at) => String(at).padStart(32, '0'))
    expect(await outcome(stage.api.DescribeTasks({ cluster: 'demo', tasks: many }))).toBe(
      'InvalidParameterException: Tasks cannot have more than 100 elements.',
    )
    expect((await stage.api.DescribeTasks({ cluster: 'demo', tasks: many.slice(1) })).failures).toHaveLength(100)
  })

  test('remembers a stopped task for an hour', async () => {
    const { stage, batch } = await busy()
    await stage.api.StopTask({ cluster: 'demo', task: batch, reason: 'enough' })
    await stage.clock.advance(60_000)
    const seen = async () => {
      const { tasks = [], failures = [] } = await stage.api.DescribeTasks({ cluster: 'demo', tasks: [batch] })
      return [...tasks.map(({ lastStatus, stopCode, stoppedReason }) => [lastStatus, stopCode, stoppedReason]), ...failures]
    }
    const soon = await seen()
    await stage.clock.advance(58 * 60_000)
    const later = await seen()
    await stage.clock.advance(2 * 60_000)
    expect([soon, later, await seen()]).toEqual([
      [['STOPPED', 'UserInitiated', 'enough']],
      [['STOPPED', 'UserInitiated', 'enough']],
      [{ arn: batch, reason: 'MISSING' }],
    ])
  })
})

describe('StopTask', () => {
  test('ends a task once, and one of a service is replaced', async () => {
    const { stage, ofWeb } = await busy()
    const [task = ''] = ofWeb
    const first = await stage.api.StopTask({ cluster: 'demo', task, reason: 'r'.repeat(1024) })
    await stage.clock.advance(60_000)
    const again = await stage.api.StopTask({ cluster: 'demo', task, reason: 'again' })
    expect({
      first: [first.task?.desiredStatus, first.task?.stopCode, first.task?.stoppedReason],
      again: [again.task?.lastStatus, again.task?.stoppedReason],
      running: (await webTasks(stage)).length,
      other: await outcome(stage.api.StopTask({ cluster: 'demo', task: '0'.repeat(32) })),
    }).toEqual({
      first: ['STOPPED', 'UserInitiated', 'r'.repeat(1024)],
      again: ['STOPPED', 'r'.repeat(1024)],
      running: 2,
      other: 'InvalidParameterException: The referenced task was not found.',
    })
  })
})

describe('task protection', () => {
  test('lasts two hours unless it is told, and only tasks of services have it', async () => {
    const { stage, batch, ofWeb } = await busy()
    const [one = '', two = ''] = ofWeb
    const protect = (tasks: string[], expiresInMinutes?: number) =>
      outcome(stage.api.UpdateTaskProtection({ cluster: 'demo', tasks, protectionEnabled: true, expiresInMinutes }))
    const in120 = new Date(stage.clock.now() + 120 * 60_000)
    const in1 = new Date(stage.clock.now() + 60_000)
    const missing = '0'.repeat(32)
    expect({
      usual: await protect([one]),
      short: await protect([two], 1),
      standalone: await protect([batch]),
      missing: await protect([missing]),
      none: await protect([one], 0),
      tooLong: await protect([one], 2881),
      tooMany: await protect(Array.from({ length: 11 }, () => one)),
    }).toEqual({
      usual: { protectedTasks: [{ taskArn: one, protectionEnabled: true, expirationDate: in120 }], failures: [] },
      short: { protectedTasks: [{ taskArn: two, protectionEnabled: true, expirationDate: in1 }], failures: [] },
      standalone: {
        protectedTasks: [],
        failures: [
          {
            arn: batch,
            reason: 'TASK_NOT_VALID',
            detail: 'Task protection is only supported for tasks of services.',
          },
        ],
      },
      missing: {
        protectedTasks: [],
        failures: [{ arn: `arn:aws:ecs:ap-northeast-1:123456789012:task/demo/${missing}`, reason: 'MISSING' }],
      },
      none: 'InvalidParameterException: expiresInMinutes must be between 1 and 2880.',
      tooLong: 'InvalidParameterException: expiresInMinutes must be between 1 and 2880.',
      tooMany: 'InvalidParameterException: Tasks must have between 1 and 10 elements.',
    })
    await stage.clock.advance(60_000)
    const { protectedTasks } = await stage.api.GetTaskProtection({ cluster: 'demo', tasks: [one, two] })
    expect(protectedTasks?.map(({ protectionEnabled }) => protectionEnabled)).toEqual([true, false])
  })

  test('goes when it is taken away, and a scale-in that waited for it takes place', async () => {
    const { stage, ofWeb } = await busy()
    await stage.api.UpdateTaskProtection({ cluster: 'demo', tasks: ofWeb, protectionEnabled: true })
    await stage.api.UpdateService({ cluster: 'demo', service: 'web', desiredCount: 1 })
    await stage.clock.advance(600_000)
    const before = (await webTasks(stage)).length
    const answer = await stage.api.UpdateTaskProtection({
      cluster: 'demo',
      tasks: ofWeb.slice(0, 1),
      protectionEnabled: false,
    })
    await stage.clock.advance(1000)
    expect([before, answer.protectedTasks, (await webTasks(stage)).map(({ taskArn }) => taskArn)]).toEqual([
      2,
      [{ taskArn: ofWeb[0], protectionEnabled: false, expirationDate: undefined }],
      [ofWeb[1]],
    ])
  })
})
