// What a push does to one product: starts a deployment or a workflow of exactly its commit, or nothing, and why.
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { type IgnoredFor, pushes } from '../../../core/messages/pushes.ts'
import { can } from '../../../core/permission.ts'
import { changedPaths } from '../../../git/changed-paths.ts'
import { commitsBetween } from '../../../git/commits-between.ts'
import { resolveRef } from '../../../git/resolve-ref.ts'
import { branchOf, isNoCommit } from '../../../github/push.ts'
import type { Product } from '../../products/catalogue.ts'
import { type FoundManifest, manifestAt } from '../../products/manifest-at.ts'
import type { DeployEngine } from '../engine.ts'
import { startDeployment } from '../start.ts'
import { startWorkflow } from '../workflows/start-workflow.ts'
import { deployedPushes, type Outcome, type Started, type StoredPush } from './push-store.ts'
import { concerns, ruleFor } from './rule-for.ts'

export interface PushWork {
  engine: DeployEngine
  /** In whose name pushes deploy, with what is granted to it at this moment. */
  actor: Actor
  signal: AbortSignal
}

const ignored = (why: IgnoredFor, more: { environment?: string; details?: string[] } = {}): Outcome => ({ ignored: why, ...more })

/** Throws where it cannot be known yet: the repository is out of reach. */
export async function decidePush(work: PushWork, push: StoredPush, product: Product): Promise<Outcome> {
  const { engine, actor, signal } = work
  const branch = branchOf(push.ref)
  if (branch === undefined) return ignored('not-a-branch')
  if (isNoCommit(push.after)) return ignored('branch-deleted')
  const where = { repository: product.repository, dataFolder: engine.dataFolder, signal }
  const found = await manifestOf({ ...where, commit: push.after }, product.name)
  if (!('manifest' in found)) return found
  if (found.manifest.product !== product.name) return ignored('other-product')
  const rule = ruleFor(found.manifest, branch)
  if (!rule) return ignored('no-rule')
  const { environment } = rule
  const place = { product: product.name, environment }
  if (await isOlder(where, push, await deployedPushes(engine.database, push, place))) return ignored('older', { environment })
  const changed = isNoCommit(push.before) ? undefined : await changedPaths({ ...where, from: push.before, to: push.after })
  // Where nothing is known of what was there before, all of it is new.
  if (changed && !concerns(rule, { manifest: found.manifest, converted: found.notice !== undefined }, changed))
    return ignored('no-path', { environment })
  if (!can(actor, 'deploy', place)) return ignored('not-permitted', { environment })
  // The same when the process died before the outcome was stored: it is started once.
  const asking = { actor, requestId: `req_${push.id}_${product.name}` }
  const source = { repository: product.repository, ref: branch, commit: push.after }
  const reason = pushes.reason(branch, push.pusher).en
  const { workflow } = rule
  try {
    const started: Started =
      workflow === undefined
        ? {
            kind: 'deployment',
            id: await startDeployment(
              engine,
              asking,
              { ...place, services: [], keepSiblings: false, force: false, reason, plan: undefined },
              { kind: 'deploy', ...source },
            ),
          }
        : {
            kind: 'workflow-run',
            id: await startWorkflow(engine, asking, { ...place, ...source, workflow, reason }),
            workflow,
          }
    return { environment, started }
  } catch (error) {
    if (error instanceof KibanError && error.code === 'freeze.active') return ignored('frozen', { environment })
    throw error
  }
}

async function manifestOf(
  where: { repository: string; dataFolder: string; signal: AbortSignal; commit: string },
  product: string,
): Promise<FoundManifest | Outcome> {
  try {
    await resolveRef({ ...where, ref: where.commit })
    return (await manifestAt(where, product)) ?? ignored('no-manifest')
  } catch (error) {
    if (!(error instanceof KibanError)) throw error
    if (error.code === 'git.ref-unknown') return ignored('commit-gone')
    if (error.kind === 'invalid') return ignored('bad-manifest', { details: error.details.map(({ en }) => en) })
    throw error
  }
}

/** Whether one of these pushes came after it on the branch, in whatever order the two were told of. */
async function isOlder(
  where: { repository: string; dataFolder: string; signal: AbortSignal },
  push: StoredPush,
  deployed: readonly StoredPush[],
): Promise<boolean> {
  const [last] = deployed
  // It begins where that one ended: the branch was taken back by force, and that is what was wanted.
  if (last && push.before === last.after) return false
  for (const other of deployed) {
    if (other.before === push.after || other.after === push.after) return true
    const between = await commitsBetween({ ...where, from: push.after, to: other.after, limit: 1 })
    if (between?.behind === 0) return true
  }
  return false
}
