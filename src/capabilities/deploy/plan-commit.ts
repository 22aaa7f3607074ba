import type { Text } from '../../core/text.ts'
import type { DeployEngine } from './engine.ts'
import type { Plan } from './plan.ts'
import type { Finding } from './preflight/finding.ts'
import { preflight } from './preflight/preflight.ts'
import { sameRelease } from './release-store.ts'
import { buildInputs, sourceAt } from './source.ts'
import { planOf, refuseOtherAccount } from './steps/plan-deployment.ts'

/** What a deployment of a commit would do now. Builds nothing and changes nothing. */
export async function planCommit(
  engine: DeployEngine,
  wanted: {
    product: string
    environment: string
    services: string[]
    repository: string
    ref: string
    commit?: string
    force: boolean
    /** These alone. */
    schedules?: string[]
  },
  signal: AbortSignal,
): Promise<Plan & { findings: Finding[]; notice: Text | undefined }> {
  const source = await sourceAt(engine, { ...wanted, ref: wanted.commit ?? wanted.ref }, signal)
  const { manifest, fingerprint } = await buildInputs(engine, source, wanted.environment, signal)
  refuseOtherAccount(manifest, await engine.callers.cloudOf(engine.caller))
  const known = await sameRelease(engine.database, { product: wanted.product, commit: source.commit, inputs: fingerprint })
  const ready = Object.values(manifest.services).flatMap(({ name, image }) => (image === undefined ? [] : [[name, image]]))
  const images: Record<string, string> = known
    ? Object.fromEntries(Object.entries(known.images).map(([service, { reference }]) => [service, reference]))
    : Object.fromEntries(ready)
  const release = { commit: source.commit, images, definitions: source.definitions }
  const plan = await planOf(
    engine,
    manifest,
    release,
    { ...wanted, kind: 'deploy', options: { force: wanted.force, schedules: wanted.schedules } },
    signal,
  )
  const findings = await preflight(engine.aws(manifest.region), plan, manifest, engine.environment, signal)
  return { ...plan, findings, notice: source.notice }
}
