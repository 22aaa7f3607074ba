// The waiter of the AWS SDKs and of `aws ecs wait services-stable`; also `ecspresso wait`, and what many actions wait for.
import { describedService, type Outcome, type Tool, type Watched } from './tool.ts'

/** The waiter looks 40 times, every 15 s. */
export const servicesStable: Tool = { begin: (at) => () => stable(at), atLimit: 'failure' }

/** One deployment with as many tasks as desired, whatever it deploys; a service that is gone or on its way out is a failure. */
async function stable(at: Watched): Promise<Outcome | undefined> {
  const { deployments = [], runningCount, desiredCount, status } = await describedService(at)
  if (status === 'DRAINING' || status === 'INACTIVE') return 'failure'
  return deployments.length === 1 && runningCount === desiredCount ? 'success' : undefined
}
