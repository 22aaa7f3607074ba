// Between the lock and the first write: makes sure that everything is there that the deployment needs.
import { KibanError } from '../../../core/error.ts'
import { preflight as text } from '../../../core/messages/preflight.ts'
import { forEnvironment } from '../../../manifest/environment.ts'
import { rolloutsOf } from '../deployment-store.ts'
import type { Driver } from '../driver.ts'
import { causeOfFinding } from '../preflight/finding.ts'
import { preflight } from '../preflight/preflight.ts'
import { findRelease } from '../release-store.ts'

/** Ends the deployment, and is false, when something stands in its way: all of it is told at once. */
export async function isReady(driver: Driver): Promise<boolean> {
  const { engine, deployment, plan, session, signal } = driver
  const rollouts = await rolloutsOf(engine.database, deployment.id)
  // What has begun was ready.
  if (rollouts.some(({ registeringAt }) => registeringAt !== undefined)) return true
  const release = deployment.releaseId && (await findRelease(engine.database, deployment.releaseId))
  if (!release) throw new Error(`${deployment.id} has no release`)
  const manifest = forEnvironment(release.manifest, deployment.environment)
  const findings = await preflight(session, plan, manifest, engine.environment, signal)
  const problems = findings.filter(({ severity }) => severity === 'problem')
  await driver.store({}, [{ type: 'deployment.checked', data: { findings } }])
  if (problems.length === 0) return true
  const error = new KibanError('conflict', 'deploy.not-ready', text.notReady(problems.length), {
    hint: text.notReadyHint,
    details: problems.map(({ service = '', title, place = '', next }) => text.detail(service, title, place, next)),
  })
  await driver.end('failed', { error, causes: problems.map(causeOfFinding) })
  return false
}
