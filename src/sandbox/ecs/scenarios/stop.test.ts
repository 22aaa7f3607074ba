import type { DeploymentConfiguration } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import type { Script } from '../scripted-runtime.ts'
import { newest } from '../service-for-tests.ts'
import { newStory, type Story, steadyStory } from './story-for-tests.ts'

const failing = { failsToStart: 'CannotPullContainerError: gone' }
const breaker = (rollback: boolean) => ({ deploymentCircuitBreaker: { enable: true, rollback } })

async function stop(story: Story): Promise<string> {
  const { serviceDeploymentArn } = await newest(story.stage)
  try {
    await story.stage.api.StopServiceDeployment({ serviceDeploymentArn, stopType: 'ROLLBACK' })
    return 'accepted'
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code}: ${message}`
  }
}

/** Just updated from `v1` to a `v2` of which the script tells. */
const updated = async (script: Script = {}, deploymentConfiguration: DeploymentConfiguration = {}) => {
  const story = await steadyStory({
    script: ({ containers }) => (containers[0]?.image.endsWith(':v2') ? script : {}),
    service: { deploymentConfiguration },
  })
  await story.update('v2')
  return story
}

test('StopServiceDeployment in every state', async () => {
  const PENDING = await updated()
  const IN_PROGRESS = await updated()
  await IN_PROGRESS.play(30)
  const ROLLBACK_REQUESTED = await updated()
  await stop(ROLLBACK_REQUESTED)
  const ROLLBACK_IN_PROGRESS = await updated({ stopsAfter: 60_000 })
  await ROLLBACK_IN_PROGRESS.play(30)
  await stop(ROLLBACK_IN_PROGRESS)
  await ROLLBACK_IN_PROGRESS.play(5)
  const ROLLBACK_SUCCESSFUL = await updated()
  await ROLLBACK_SUCCESSFUL.play(30)
  await stop(ROLLBACK_SUCCESSFUL)
  await ROLLBACK_SUCCESSFUL.play(120)
  const SUCCESSFUL = await updated()
  await SUCCESSFUL.play(120)
  const STOPPED = await updated(failing, breaker(false))
  await STOPPED.play(120)
  const ROLLBACK_FAILED = await newStory({ script: () => failing, service: { deploymentConfiguration: breaker(true) } })
  await ROLLBACK_FAILED.play(120)
  const stories = {
    PENDING,
    IN_PROGRESS,
    ROLLBACK_REQUESTED,
    ROLLBACK_IN_PROGRESS,
    ROLLBACK_SUCCESSFUL,
    ROLLBACK_FAILED,
    SUCCESSFUL,
    STOPPED,
  }
  const told: Record<string, object> = {}
  for (const [state, story] of Object.entries(stories)) {
    expect((await newest(story.stage)).status).toBe(state)
    story.begin()
    told[state] = { answer: await stop(story), moments: await story.play(120), why: (await story.history())[0] }
  }
  expect(told).toEqual({
    PENDING: {
      answer: 'accepted',
      moments: [
        '0s ROLLBACK_REQUESTED | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2',
      ],
      why: 'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because of a StopServiceDeployment request.',
    },
    IN_PROGRESS: {
      answer: 'accepted',
      moments: [
        '0s ROLLBACK_REQUESTED | v2 PRIMARY IN_PROGRESS 2+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0',
        '16s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2',
      ],
      why: 'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because of a StopServiceDeployment request.',
    },
    ROLLBACK_REQUESTED: {
      answer: 'accepted',
      moments: [
        '0s ROLLBACK_REQUESTED | v2 PRIMARY IN_PROGRESS 0+0/2 | v1 ACTIVE COMPLETED 2+0/2',
        '1s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2',
      ],
      why: 'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because of a StopServiceDeployment request.',
    },
    ROLLBACK_IN_PROGRESS: {
      answer: 'accepted',
      moments: [
        '0s ROLLBACK_IN_PROGRESS | v1 PRIMARY IN_PROGRESS 2+0/2 | v2 ACTIVE FAILED 0+0/0',
        '71s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2',
      ],
      why: 'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because of a StopServiceDeployment request.',
    },
    ROLLBACK_SUCCESSFUL: {
      answer: 'ConflictException: Unable to stop the service deployment because it is in the ROLLBACK_SUCCESSFUL state.',
      moments: ['0s ROLLBACK_SUCCESSFUL | v1 PRIMARY COMPLETED 2+0/2'],
      why: 'v2: ROLLBACK_SUCCESSFUL: Service deployment rolled back because of a StopServiceDeployment request.',
    },
    ROLLBACK_FAILED: {
      answer: 'ConflictException: Unable to stop the service deployment because it is in the ROLLBACK_FAILED state.',
      moments: ['0s ROLLBACK_FAILED | v1 PRIMARY FAILED 0+0/2 | breaker 3/3 TRIGGERED'],
      why: 'v1: ROLLBACK_FAILED: No rollback candidate was found to run the rollback.',
    },
    SUCCESSFUL: {
      answer: 'ConflictException: Unable to stop the service deployment because it is in the SUCCESSFUL state.',
      moments: ['0s SUCCESSFUL | v2 PRIMARY COMPLETED 2+0/2'],
      why: 'v2: SUCCESSFUL',
    },
    STOPPED: {
      answer: 'ConflictException: Unable to stop the service deployment because it is in the STOPPED state.',
      moments: ['0s STOPPED | v2 PRIMARY FAILED 0+0/2 | v1 ACTIVE COMPLETED 2+0/2 | breaker 3/3 TRIGGERED'],
      why: 'v2: STOPPED: Service deployment stopped because the circuit breaker threshold was exceeded.',
    },
  })
})
