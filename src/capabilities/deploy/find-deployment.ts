import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { deploymentOfRequest, findDeployment, listDeployments } from './deployment-store.ts'
import type { DeployEngine } from './engine.ts'
import { NEWEST } from './fields.ts'
import { openDeployment } from './start.ts'

/** The named deployment of the product, or its newest. */
export async function deploymentToWatch(engine: DeployEngine, { product, id }: { product: string; id: string }): Promise<string> {
  if (id !== NEWEST) return (await ofProduct(engine, product, id)).id
  const [newest] = await listDeployments(engine.database, { product, limit: 1 })
  if (newest) return newest.id
  throw new KibanError('not-found', 'deployment.unknown', deploy.noDeployments(product), { hint: deploy.noDeploymentsHint })
}

/** The named deployment of the environment, or the one that is under way there. */
export async function deploymentToStop(
  engine: DeployEngine,
  { product, environment, id }: { product: string; environment: string; id?: string },
  requestId: string,
): Promise<string> {
  const known = await deploymentOfRequest(engine.database, requestId)
  if (known) return known.id
  if (id !== undefined) {
    const found = await ofProduct(engine, product, id)
    if (found.environment === environment) return id
    throw new KibanError('not-found', 'deployment.unknown', deploy.deploymentUnknown(id), { hint: deploy.deploymentUnknownHint })
  }
  const open = await openDeployment(engine, { product, environment })
  if (open) return open.id
  throw new KibanError('not-found', 'deployment.unknown', deploy.nothingToStop(environment), { hint: deploy.nothingToStopHint })
}

/** Whoever may look at one product learns nothing of another's. */
async function ofProduct(engine: DeployEngine, product: string, id: string) {
  const found = await findDeployment(engine.database, id)
  if (found?.product === product) return found
  throw new KibanError('not-found', 'deployment.unknown', deploy.deploymentUnknown(id), { hint: deploy.deploymentUnknownHint })
}
