// planned → approved, where the environment asks for it: waits until people have agreed to this very plan.
import { disagreement } from '../agreement.ts'
import { subjectOf } from '../deployment.ts'
import type { Driver } from '../driver.ts'
import { lockServices } from './lock-services.ts'
import { refuseFrozen } from './refuse-frozen.ts'

/** Going back to what was approved before asks nobody again, nor does a part of what was. */
export async function awaitApproval(driver: Driver): Promise<void> {
  await refuseFrozen(driver)
  const { deployment, plan } = driver
  const needed = deployment.kind === 'rollback' || deployment.options.agreedBy !== undefined ? 0 : plan.approvals
  if (needed === 0) return lockServices(driver)
  const summary = {
    commit: plan.commit,
    ref: deployment.ref,
    kind: deployment.kind,
    reason: deployment.reason,
    services: plan.services.map(({ service, action, differences }) => ({ service, action, changes: differences.length })),
    migrations: plan.migrations.map(({ task }) => task),
  }
  const { product, environment, createdBy, face } = deployment
  const { fingerprint } = plan
  const asked = { subject: subjectOf(deployment), fingerprint, product, environment, summary, needed, askedBy: createdBy }
  const why = await disagreement(driver, asked, face)
  if (why === undefined) await driver.to('approved')
  // Whoever drives it ends what somebody asked to stop.
  else if (why !== 'stopped') await driver.end('stopped', { error: why })
}
