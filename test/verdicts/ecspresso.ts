// ecspresso 2.8: it looks for a service deployment under way, and waits until that one has ended.
import type { ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import { describedService, type Look, type Outcome, type Tool, type Watched } from './tool.ts'

const UNDER_WAY: ServiceDeploymentStatus[] = [
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
]
/** Where none is found, there is nothing to wait for; it looks ten seconds long. */
const LOOKS_FOR_ONE = 10

/** `ecspresso wait --wait-until deployed`. */
export const ecspressoWait: Tool = { begin: ended, atLimit: 'failure' }

/** `ecspresso deploy`: afterwards the PRIMARY deployment must have the task definition that was deployed. */
export const ecspressoDeploy: Tool = {
  begin(at) {
    const wait = ended(at)
    return async () => {
      const outcome = await wait()
      return outcome === 'success' ? confirmed(at) : outcome
    }
  },
  atLimit: 'failure',
}

function ended(at: Watched): Look {
  let arn: string | undefined
  let looks = 0
  return async () => {
    arn ??= await underWay(at)
    if (arn === undefined) return ++looks < LOOKS_FOR_ONE ? undefined : 'success'
    const { serviceDeployments: [found] = [] } = await at.ecs.describeServiceDeployments({ serviceDeploymentArns: [arn] })
    return outcomeOf(found?.status)
  }
}

/** A rollback that went well is an end that went well. */
function outcomeOf(status: ServiceDeploymentStatus | undefined): Outcome | undefined {
  switch (status) {
    case 'SUCCESSFUL':
    case 'ROLLBACK_SUCCESSFUL':
      return 'success'
    case 'STOPPED':
    case 'STOP_REQUESTED':
    case 'ROLLBACK_FAILED':
      return 'failure'
    default:
      return undefined
  }
}

/** The newest service deployment that has not ended. */
export async function underWay({ ecs, cluster, service }: Watched): Promise<string | undefined> {
  const { serviceDeployments = [] } = await ecs.listServiceDeployments({ cluster, service, status: UNDER_WAY })
  return serviceDeployments[0]?.serviceDeploymentArn
}

async function confirmed(at: Watched): Promise<Outcome> {
  const { deployments = [] } = await describedService(at)
  return deployments.find(({ status }) => status === 'PRIMARY')?.taskDefinition === at.definition ? 'success' : 'failure'
}
