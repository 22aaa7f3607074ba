import { expect, test } from 'vitest'
import { createWeb, outcome, register, webTasks } from './service-for-tests.ts'
import { newStage } from './stage-for-tests.ts'

const number = (arn: string) => Number(arn.split(':').at(-1))

test('the same registered again is a new revision, and no number ever comes back', async () => {
  const stage = newStage()
  const numbers = [number(await register(stage, 'v1')), number(await register(stage, 'v1'))]
  await stage.api.DeregisterTaskDefinition({ taskDefinition: 'web:2' })
  await stage.api.DeleteTaskDefinitions({ taskDefinitions: ['web:2'] })
  numbers.push(number(await register(stage, 'v1')))
  for (const taskDefinition of ['web:1', 'web:3']) await stage.api.DeregisterTaskDefinition({ taskDefinition })
  await stage.api.DeleteTaskDefinitions({ taskDefinitions: ['web:1', 'web:3'] })
  numbers.push(number(await register(stage, 'v1')))
  expect(numbers).toEqual([1, 2, 3, 4])
})

test('a family means its newest active revision', async () => {
  const stage = newStage()
  await register(stage, 'v1')
  await register(stage, 'v2')
  await stage.api.DeregisterTaskDefinition({ taskDefinition: 'web:2' })
  const { taskDefinition } = await stage.api.DescribeTaskDefinition({ taskDefinition: 'web' })
  expect([taskDefinition?.revision, await outcome(stage.api.DeregisterTaskDefinition({ taskDefinition: 'web' }))]).toEqual([
    1,
    'InvalidParameterException: Invalid revision number. Number: ',
  ])
})

test('a service goes on with a revision that was deregistered, but none takes it up', async () => {
  const stage = newStage()
  await createWeb(stage, { desiredCount: 1 })
  await stage.clock.advance(120_000)
  await stage.api.DeregisterTaskDefinition({ taskDefinition: 'web:1' })
  await stage.api.UpdateService({ cluster: 'demo', service: 'web', desiredCount: 2, forceNewDeployment: true })
  await stage.clock.advance(120_000)
  const again = outcome(stage.api.UpdateService({ cluster: 'demo', service: 'web', taskDefinition: 'web:1' }))
  expect([(await webTasks(stage)).map(({ taskDefinitionArn = '' }) => number(taskDefinitionArn)), await again]).toEqual([
    [1, 1],
    'ClientException: TaskDefinition is inactive',
  ])
})

const CONTAINER = { name: 'web', image: 'registry.test/web:v1', portMappings: [{ containerPort: 80 }] }
const checked = (healthCheck: object) => ({
  containerDefinitions: [{ ...CONTAINER, healthCheck: { command: ['CMD', 'true'], ...healthCheck } }],
})

test('a container is filled in with what it did not say', async () => {
  const stage = newStage()
  const taskDefinition = await register(stage, 'v1', checked({}))
  const described = await stage.api.DescribeTaskDefinition({ taskDefinition })
  expect(described.taskDefinition?.containerDefinitions).toEqual([
    {
      ...CONTAINER,
      cpu: 0,
      essential: true,
      environment: [],
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
      portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
      healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 },
    },
  ])
})

const container = (more: object) => ({ containerDefinitions: [{ ...CONTAINER, ...more }] })
test.each<[refused: string, definition: object, why: string]>([
  [
    'sizes that Fargate has not',
    { cpu: '256', memory: '8192' },
    'No Fargate configuration exists for given values: 256 CPU, 8192 memory. See the Amazon ECS documentation for the valid values.',
  ],
  ['no container', { containerDefinitions: [] }, 'Container list cannot be empty.'],
  ['a check too often', checked({ interval: 4 }), 'Health check interval must be between 5 and 300 seconds.'],
  ['a check that is too slow', checked({ timeout: 61 }), 'Health check timeout must be between 2 and 60 seconds.'],
  ['a check without a try', checked({ retries: 0 }), 'Health check retries must be between 1 and 10.'],
  ['a check that starts late', checked({ startPeriod: 301 }), 'Health check startPeriod must be between 0 and 300 seconds.'],
  [
    'a stop that takes long',
    container({ stopTimeout: 121 }),
    'The stopTimeout of a container must be at most 120 seconds on Fargate.',
  ],
  [
    'restarts too often',
    container({ restartPolicy: { enabled: true, restartAttemptPeriod: 59 } }),
    'The restartAttemptPeriod of a restart policy must be between 60 and 1800 seconds.',
  ],
  [
    'restarts too seldom',
    container({ restartPolicy: { enabled: true, restartAttemptPeriod: 1801 } }),
    'The restartAttemptPeriod of a restart policy must be between 60 and 1800 seconds.',
  ],
])('it refuses %s', async (_, definition, why) => {
  const stage = newStage()
  expect(await outcome(register(stage, 'v1', definition))).toBe(`ClientException: ${why}`)
  // A number is not spent on what is refused.
  expect(number(await register(stage, 'v1'))).toBe(1)
})
