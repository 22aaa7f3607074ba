import type { ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import { createWeb, deployments, outcome, register, web } from './service-for-tests.ts'
import { newStage, type Stage } from './stage-for-tests.ts'

const MISSING = 'arn:aws:ecs:ap-northeast-1:123456789012:service-deployment/demo/web/none'

/** A service `web` that was deployed as often as asked, every other minute; the last deployment is under way for half a minute. */
async function deployed(number: number): Promise<Stage> {
  const stage = newStage()
  await createWeb(stage)
  for (let made = 1; made < number; made++) {
    await stage.clock.advance(120_000)
    await stage.api.UpdateService({ cluster: 'demo', service: 'web', forceNewDeployment: true })
  }
  await stage.clock.advance(30_000)
  return stage
}

describe('ListServiceDeployments', () => {
  test('gives the newest first, twenty a page unless asked otherwise', async () => {
    const stage = await deployed(23)
    const list = (more: object = {}) => stage.api.ListServiceDeployments({ cluster: 'demo', service: 'web', ...more })
    const first = await list()
    const second = await list({ nextToken: first.nextToken })
    const all = await list({ maxResults: 100 })
    const times = all.serviceDeployments?.map(({ createdAt }) => createdAt?.getTime() ?? 0) ?? []
    expect([first.serviceDeployments?.length, second.serviceDeployments?.length, second.nextToken]).toEqual([20, 3, undefined])
    expect([...(first.serviceDeployments ?? []), ...(second.serviceDeployments ?? [])]).toEqual(all.serviceDeployments)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    expect(await outcome(list({ maxResults: 101 }))).toBe('InvalidParameterException: maxResults must be between 1 and 100.')
  })

  test('gives those of a state or of a time', async () => {
    const stage = await deployed(4)
    const list = async (more: object) =>
      (await stage.api.ListServiceDeployments({ cluster: 'demo', service: 'web', ...more })).serviceDeployments?.map(
        ({ status }) => status,
      )
    const of = (...status: ServiceDeploymentStatus[]) => list({ status })
    const anHourAgo = new Date(stage.clock.now() - 3_600_000)
    const aMinuteAgo = new Date(stage.clock.now() - 60_000)
    expect([
      await of('SUCCESSFUL'),
      await of('PENDING', 'IN_PROGRESS'),
      await of('STOPPED'),
      await list({ createdAt: { before: anHourAgo } }),
      await list({ createdAt: { after: aMinuteAgo } }),
      await list({ createdAt: { after: anHourAgo, before: new Date(stage.clock.now() - 90_000) } }),
    ]).toEqual([
      ['SUCCESSFUL', 'SUCCESSFUL', 'SUCCESSFUL'],
      ['IN_PROGRESS'],
      [],
      [],
      ['IN_PROGRESS'],
      ['SUCCESSFUL', 'SUCCESSFUL', 'SUCCESSFUL'],
    ])
  })

  test('keeps ninety days', async () => {
    const stage = await deployed(1)
    const day = 24 * 60 * 60_000
    await stage.clock.advance(90 * day - 30_000)
    const before = await deployments(stage)
    await stage.clock.advance(1)
    expect([before.length, (await deployments(stage)).length]).toEqual([1, 0])
  })

  test('wants a service that is there', async () => {
    const stage = await deployed(1)
    expect([
      await outcome(stage.api.ListServiceDeployments({ cluster: 'demo', service: 'other' })),
      await outcome(stage.api.ListServiceDeployments({ cluster: 'other', service: 'web' })),
    ]).toEqual(['ServiceNotFoundException: Service not found.', 'ClusterNotFoundException: Cluster not found.'])
  })
})

test.each(['DescribeServiceDeployments', 'DescribeServiceRevisions'] as const)(
  '%s describes twenty at once and says which are missing',
  async (name) => {
    const stage = await deployed(1)
    const [current] = await deployments(stage)
    const arn = (name === 'DescribeServiceRevisions' ? current?.targetServiceRevision?.arn : current?.serviceDeploymentArn) ?? ''
    const describing = (arns: string[]) =>
      name === 'DescribeServiceRevisions'
        ? stage.api.DescribeServiceRevisions({ serviceRevisionArns: arns })
        : stage.api.DescribeServiceDeployments({ serviceDeploymentArns: arns })
    const { failures, ...found } = (await describing([arn, MISSING])) as { failures: unknown }
    expect([Object.values(found).flat().length, failures]).toEqual([1, [{ arn: MISSING, reason: 'MISSING' }]])
    const many = Array.from({ length: 21 }, () => arn)
    expect(await outcome(describing(many.slice(1)))).toMatchObject({ failures: [] })
    expect(await outcome(describing(many))).toMatch(/^InvalidParameterException: service\w+Arns can have at most 20 items\.$/)
  },
)

test('a revision tells what it is made of, and of each container the digest that its tag meant', async () => {
  const stage = newStage({ script: ({ containers }) => ({ digest: `sha256:${containers[0]?.image.split(':')[1]}` }) })
  await createWeb(stage)
  const [current] = await deployments(stage)
  const serviceRevisionArns = [current?.targetServiceRevision?.arn ?? '']
  const images = async () => {
    const { serviceRevisions } = await stage.api.DescribeServiceRevisions({ serviceRevisionArns })
    return serviceRevisions?.[0]?.containerImages
  }
  const before = await images()
  await stage.clock.advance(120_000)
  const { serviceRevisions } = await stage.api.DescribeServiceRevisions({ serviceRevisionArns })
  expect(before).toEqual([{ containerName: 'web', image: 'registry.test/web:v1', imageDigest: undefined }])
  expect(serviceRevisions).toEqual([
    {
      serviceRevisionArn: serviceRevisionArns[0],
      serviceArn: 'arn:aws:ecs:ap-northeast-1:123456789012:service/demo/web',
      clusterArn: 'arn:aws:ecs:ap-northeast-1:123456789012:cluster/demo',
      taskDefinition: 'arn:aws:ecs:ap-northeast-1:123456789012:task-definition/web:1',
      launchType: 'FARGATE',
      platformVersion: 'LATEST',
      platformFamily: 'Linux',
      loadBalancers: [],
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-c'], securityGroups: [], assignPublicIp: 'DISABLED' },
      },
      containerImages: [{ containerName: 'web', image: 'registry.test/web:v1', imageDigest: 'sha256:v1' }],
      guardDutyEnabled: false,
      createdAt: current?.createdAt,
      resolvedConfiguration: { loadBalancers: [] },
    },
  ])
})

test('two deployments of one moment have an order', async () => {
  const stage = await deployed(1)
  await stage.clock.advance(120_000)
  await register(stage, 'v2')
  for (const taskDefinition of ['web:2', 'web:1', 'web:2'])
    await stage.api.UpdateService({ cluster: 'demo', service: 'web', taskDefinition })
  const [newest, ...older] = await deployments(stage)
  expect([newest?.serviceDeploymentArn, older.map(({ status }) => status)]).toEqual([
    (await web(stage)).currentServiceDeployment,
    ['STOPPED', 'STOPPED', 'SUCCESSFUL'],
  ])
})

test('what is not there can be neither stopped nor continued, and a stop knows one type', async () => {
  const stage = await deployed(2)
  const [current] = await deployments(stage)
  const serviceDeploymentArn = current?.serviceDeploymentArn
  const { StopServiceDeployment, ContinueServiceDeployment } = stage.api
  expect([
    await outcome(StopServiceDeployment({ serviceDeploymentArn: MISSING })),
    await outcome(ContinueServiceDeployment({ serviceDeploymentArn: MISSING, hookId: 'ecs-pause-none' })),
    await outcome(ContinueServiceDeployment({ serviceDeploymentArn, hookId: 'ecs-pause-none' })),
    await outcome(StopServiceDeployment({ serviceDeploymentArn, stopType: 'ABORT' })),
    (await deployments(stage))[0]?.status,
  ]).toEqual([
    'ServiceDeploymentNotFoundException: Service deployment not found.',
    'ServiceDeploymentNotFoundException: Service deployment not found.',
    'InvalidParameterException: The lifecycle hook ecs-pause-none was not found.',
    'InvalidParameterException: Invalid stopType. The valid values are ROLLBACK.',
    'IN_PROGRESS',
  ])
})
