import { expect, test } from 'vitest'
import { steadyStory } from './story-for-tests.ts'

const alarms = { alarms: { alarmNames: ['errors', 'latency'], enable: true, rollback: true } }

/** Its first deployment has been watched for long enough. */
async function bakedStory() {
  const story = await steadyStory({ service: { deploymentConfiguration: alarms } })
  await story.play(360, { every: 10 })
  story.begin()
  return story
}

test('alarm in ALARM before start', async () => {
  const story = await bakedStory()
  story.stage.alarms.set('latency', 'ALARM')
  await story.update('v2')
  const first = await story.play(10)
  story.stage.alarms.set('errors', 'ALARM')
  expect({ first, later: await story.tale(120) }).toEqual({
    first: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms DISABLED',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms DISABLED',
    ],
    later: {
      moments: [
        '10s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms DISABLED',
        '14s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms DISABLED',
        '54s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0 | alarms DISABLED',
        '69s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2 | alarms DISABLED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'has stopped 2 running tasks: (task) (task).',
        '(deployment v2) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v2 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: ['v2: SUCCESSFUL', 'v1: SUCCESSFUL'],
    },
  })
})

test('alarm during bake', async () => {
  const story = await bakedStory()
  await story.update('v2')
  const first = await story.play(100)
  story.stage.alarms.set('errors', 'ALARM')
  expect({ first, later: await story.tale(400) }).toEqual({
    first: [
      '0s PENDING | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms DISABLED',
      '1s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms MONITORING',
      '14s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2 | alarms MONITORING',
      '54s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 0+0/0 | alarms MONITORING',
      '69s IN_PROGRESS | v2 PRIMARY IN_PROGRESS 2+0/2 | alarms MONITORING',
    ],
    later: {
      moments: [
        '100s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 0+0/2 | v2 ACTIVE FAILED 2+0/0 | alarms TRIGGERED',
        '101s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 0+2/2 | v2 ACTIVE FAILED 2+0/0 | alarms TRIGGERED',
        '113s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 2+0/0 | alarms TRIGGERED',
        '153s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0 | alarms TRIGGERED',
        '168s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2 | alarms TRIGGERED',
      ],
      events: [
        'has started 2 tasks: (task) (task).',
        'has stopped 2 running tasks: (task) (task).',
        '(deployment v2) deployment failed: alarm detected.',
        'rolling back to deployment v1.',
        'has started 2 tasks: (task) (task).',
        'has stopped 2 running tasks: (task) (task).',
        '(deployment v1) deployment completed.',
        'has reached a steady state.',
      ],
      bus: [
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment v2 in progress.',
        'SERVICE_DEPLOYMENT_FAILED: ECS deployment failed: alarm detected.',
        'SERVICE_DEPLOYMENT_IN_PROGRESS: ECS deployment: rolling back to deploymentId v1.',
        'SERVICE_DEPLOYMENT_COMPLETED: ECS deployment v1 completed.',
        'SERVICE_STEADY_STATE',
      ],
      history: [
        'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because the CloudWatch alarm errors went into the ALARM state.',
        'v1: SUCCESSFUL',
      ],
    },
  })
})
