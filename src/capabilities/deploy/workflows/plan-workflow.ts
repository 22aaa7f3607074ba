// What every step of a workflow would do now. Builds nothing and changes nothing.
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { forEnvironment } from '../../../manifest/environment.ts'
import { storedError } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import { planCommit } from '../plan-commit.ts'
import { PlanShape } from '../shapes.ts'
import { type ResolvedWorkflow, resolveWorkflow, type WantedWorkflow } from './resolve-workflow.ts'
import type { Part } from './workflow-run.ts'
import { WorkflowPlanShape } from './workflow-shapes.ts'

/** Each part is planned from what stands now, not from what the parts before it will have made of it. */
export async function planWorkflow(
  engine: DeployEngine,
  actor: Actor,
  wanted: WantedWorkflow,
  signal: AbortSignal,
): Promise<WorkflowPlanShape> {
  const resolved = await resolveWorkflow(engine, wanted, { actor, permission: 'read' }, signal)
  const { steps, fingerprint, sources } = resolved
  const { product, environment, workflow } = wanted
  const planned = steps.map(async (step) => ({
    ...step,
    parts: step.skipped ? step.parts : await Promise.all(step.parts.map((part) => planPart(engine, resolved, part, signal))),
  }))
  const commit = sources[0]?.commit ?? ''
  return WorkflowPlanShape.parse({ product, environment, workflow, commit, fingerprint, steps: await Promise.all(planned) })
}

async function planPart(engine: DeployEngine, { read }: ResolvedWorkflow, part: Part, signal: AbortSignal) {
  const { kind, product, environment, names } = part
  const source = read[product]
  if (kind === 'approve' || !source) return part
  const manifest = forEnvironment(source.manifest, environment)
  if (kind === 'run') {
    const commands = names.map((name) => manifest.tasks[name]?.command ?? [])
    return { ...part, commands }
  }
  const services = kind === 'deploy' ? names : []
  const schedules = kind === 'schedule' ? names : undefined
  const { repository, ref, commit } = source
  try {
    const wanted = { product, environment, services, schedules, repository, ref, commit, force: false }
    return { ...part, plan: PlanShape.parse(await planCommit(engine, wanted, signal)) }
  } catch (error) {
    if (!(error instanceof KibanError)) throw error
    return { ...part, problem: storedError(error) }
  }
}
