import { environmentsOf } from '../../../manifest/environment.ts'
import type { DeployEngine } from '../engine.ts'
import { sourceAt } from '../source.ts'
import { stepsOf } from './resolve-workflow.ts'
import { workflowShape } from './watch-workflow.ts'
import { StepShape, type WorkflowList } from './workflow-shapes.ts'
import { lastWorkflowRuns } from './workflow-store.ts'

/** The workflows that a commit declares, each with its newest run. */
export async function listWorkflows(
  engine: DeployEngine,
  { product, repository, ref, commit }: { product: string; repository: string; ref: string; commit?: string },
  signal: AbortSignal,
): Promise<WorkflowList> {
  const source = await sourceAt(engine, { product, repository, ref: commit ?? ref }, signal)
  const last = await lastWorkflowRuns(engine.database, product)
  const [environment = ''] = Object.keys(environmentsOf(source.manifest))
  const workflows = Object.entries(source.manifest.workflows ?? {}).map(([workflow, declared]) => {
    const run = last.get(workflow)
    const steps = stepsOf(declared, { product, environment, ref }).map((step) => StepShape.parse({ ...step, skipped: false }))
    return { workflow, steps, ...(run ? { last: workflowShape(run) } : {}) }
  })
  return { product, commit: source.commit, workflows }
}
