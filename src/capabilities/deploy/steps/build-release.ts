// queued → built: the release of a commit, built once and found again afterwards.
import type { Driver } from '../driver.ts'
import { makeRelease, type ReleaseWork } from '../make-release.ts'
import { chosenServices, refuseUnallowed } from './plan-deployment.ts'

export async function buildRelease(driver: Driver): Promise<void> {
  const { engine, deployment } = driver
  const { product, environment, repository = '.', ref = 'HEAD', commit, createdBy } = deployment
  const work: ReleaseWork = {
    engine,
    drive: deployment,
    wanted: { product, environment, repository, ref, commit },
    createdBy,
    keepCommit: (found) => driver.store({ commit: found }),
    allow(manifest) {
      refuseUnallowed(manifest, deployment)
      chosenServices(manifest, deployment.services)
    },
    tell: (event) => driver.store({}, [event]),
  }
  const found = await driver.unlessCancelled((signal) => makeRelease(work, signal))
  if (!found) return
  const { release, committedAt, reused } = found
  await driver.to(
    'built',
    { releaseId: release.id, commit: release.commit },
    { release: release.id, commit: release.commit, committedAt, reused },
  )
}
