// What a run of a workflow will be: its steps as the commit declares them, and the commit of every product in it.
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { workflows as text } from '../../../core/messages/workflows.ts'
import { can, type Permission } from '../../../core/permission.ts'
import { forEnvironment } from '../../../manifest/environment.ts'
import type { Workflow } from '../../../manifest/jobs.ts'
import type { Manifest } from '../../../manifest/manifest.ts'
import { nearest } from '../../../manifest/nearest.ts'
import { findProduct } from '../../products/catalogue.ts'
import type { DeployEngine } from '../engine.ts'
import { listReleases } from '../release-store.ts'
import { type Source as ReadSource, sourceAt } from '../source.ts'
import type { Part, Source, Step } from './workflow-run.ts'

export interface WantedWorkflow {
  product: string
  environment: string
  workflow: string
  repository: string
  ref: string
  commit: string | undefined
  /** What other products are taken at, by name. */
  refs: Record<string, string>
}

export interface ResolvedWorkflow {
  steps: Step[]
  sources: Source[]
  /** By product. */
  read: Record<string, ReadSource>
  fingerprint: string
}

/**
 * Reads every commit that the workflow is made of; changes nothing. Throws `workflow.unknown`, `permission.denied` before it
 * reads of a product where the actor may not do this, and what git and the manifests have to say.
 */
export async function resolveWorkflow(
  engine: DeployEngine,
  wanted: WantedWorkflow,
  { actor, permission }: { actor: Actor; permission: Permission },
  signal: AbortSignal,
): Promise<ResolvedWorkflow> {
  const { product, environment, repository, ref, commit } = wanted
  const own = await sourceAt(engine, { product, repository, ref: commit ?? ref }, signal)
  forEnvironment(own.manifest, environment)
  const workflow = workflowOf(own.manifest, wanted.workflow)
  const steps = stepsOf(workflow, { product, environment, ref })
  for (const { product, environment } of steps.flatMap(({ parts }) => parts))
    refuseForbidden(actor, permission, { product, environment })
  const read: Record<string, ReadSource> = { [product]: { ...own, ref } }
  for (const [other, named] of otherProducts(workflow, steps, product)) {
    const address = await repositoryOf(engine, other)
    const usual = address === repository ? (commit ?? ref) : 'HEAD'
    read[other] = await sourceAt(
      engine,
      { product: other, repository: address, ref: wanted.refs[other] ?? named ?? usual },
      signal,
    )
  }
  for (const { product, environment } of places(steps)) forEnvironment((read[product] as ReadSource).manifest, environment)
  const sources = Object.entries(read).map(
    ([product, { repository, ref, commit }]): Source => ({ product, repository, ref, commit, releases: {} }),
  )
  return { steps, sources, read, fingerprint: fingerprintOf(steps, sources) }
}

/** What people agree to: the same steps over the same commits. */
const fingerprintOf = (steps: readonly Step[], sources: readonly Source[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        steps.map(({ parts, onFailure, skipped }) => [parts.map(({ children: _, ...part }) => part), onFailure, skipped]),
        sources.map(({ product, commit }) => [product, commit]),
      ]),
    )
    .digest('hex')
    .slice(0, 16)

function workflowOf({ product, workflows = {} }: Manifest, name: string): Workflow {
  const found = Object.hasOwn(workflows, name) ? workflows[name] : undefined
  if (found) return found
  const known = Object.keys(workflows)
  const near = nearest(name, known)
  throw new KibanError('not-found', 'workflow.unknown', text.unknown(product, name), {
    hint: text.knownHint(near ? [near, ...known.filter((one) => one !== near)] : known),
  })
}

/** Pure: the steps with all that is left out filled in, those whose condition is not met among them. */
export function stepsOf(workflow: Workflow, run: { product: string; environment: string; ref: string }): Step[] {
  return workflow.steps.map(({ name, parallel, approve, approvals, when, on_failure, ...work }): Step => {
    const works = parallel ?? [work]
    const parts = approve
      ? [
          {
            ...placeOf({}, run),
            kind: 'approve' as const,
            names: [],
            approve: { role: approve, count: approvals ?? 1 },
            children: [],
          },
        ]
      : works.map((one) => partOf(one, run))
    const skipped =
      (when?.environment !== undefined && !when.environment.includes(run.environment)) ||
      (when?.ref !== undefined && !when.ref.some((glob) => matchesRef(run.ref, glob)))
    return { name, parts, onFailure: on_failure ?? 'stop', skipped }
  })
}

type Work = NonNullable<Workflow['steps'][number]['parallel']>[number]
type Place = { product: string; environment: string }

const placeOf = (work: Work, run: Place): Place => ({
  product: work.product ?? run.product,
  environment: work.environment ?? run.environment,
})

function partOf(work: Work, run: Place): Part {
  const base = { ...placeOf(work, run), children: [] }
  if (work.deploy) return { ...base, kind: 'deploy', names: [...new Set(work.deploy)].sort() }
  if (work.schedule) return { ...base, kind: 'schedule', names: [...new Set(work.schedule)].sort() }
  return { ...base, kind: 'run', names: [...(work.run ?? [])] }
}

/** Whether the name of a branch or tag matches a glob as a whole; `*` does not cross a slash, `**` does. */
export const matchesRef = (ref: string, glob: string): boolean =>
  posix.matchesGlob(ref.replace(/^refs\/(heads|tags)\//, ''), glob)

/** Each with the ref that its steps name, if they do. Throws `workflow.two-refs`. */
function otherProducts(workflow: Workflow, steps: readonly Step[], own: string): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const [at, step] of workflow.steps.entries()) {
    if (steps[at]?.skipped) continue
    for (const { product, ref } of step.parallel ?? [step]) {
      if (product === undefined || product === own) continue
      const known = found.get(product)
      if (known !== undefined && ref !== undefined && known !== ref)
        throw new KibanError('invalid', 'workflow.two-refs', text.twoRefs(product, known, ref), { hint: text.twoRefsHint })
      found.set(product, known ?? ref)
    }
  }
  return found
}

/** Where something is done: each place once, without those of steps that are left out. */
export function places(steps: readonly Step[]): Place[] {
  const parts = steps.filter(({ skipped }) => !skipped).flatMap(({ parts }) => parts.filter(({ kind }) => kind !== 'approve'))
  const found = new Map(parts.map(({ product, environment }) => [`${product}/${environment}`, { product, environment }]))
  return [...found.values()]
}

function refuseForbidden(actor: Actor, permission: Permission, place: Place): void {
  if (can(actor, permission, place)) return
  throw new KibanError('forbidden', 'permission.denied', text.mayNot(actor.name, `${place.product}/${place.environment}`), {
    hint: text.mayNotHint(permission),
    place,
  })
}

/** By the catalogue; without one, where its newest release came from. Throws `workflow.product-unknown`. */
async function repositoryOf({ database }: DeployEngine, product: string): Promise<string> {
  const known = await findProduct(database, product)
  if (known) return known.repository
  const [newest] = await listReleases(database, { product, limit: 1 })
  if (newest) return newest.repository
  throw new KibanError('not-found', 'workflow.product-unknown', text.productUnknown(product), { hint: text.productUnknownHint })
}
