// Workflows as operations. What is heavy is imported by `run`.
import { z } from 'zod'
import { KibanError } from '../../../core/error.ts'
import { approvals as glass } from '../../../core/messages/approvals.ts'
import { deployFields } from '../../../core/messages/deploy-fields.ts'
import { workflows as text } from '../../../core/messages/workflows.ts'
import { about, type Context, call, type Operation, stream } from '../../../core/operation.ts'
import { badCursor, nextField, pageFields, pageOf } from '../../../core/paging.ts'
import type { Text } from '../../../core/text.ts'
import { productField as product } from '../../products/product-field.ts'
import type { DeployEngine } from '../engine.ts'
import { anyEnvironment, commit, env, place, ref, repository } from '../fields.ts'
import type { DeployDependencies } from '../operations.ts'
import { showLeavingWorkflow, showWorkflow, showWorkflowList, showWorkflowPlan, showWorkflowRuns } from './show-workflow.ts'
import { WorkflowItem, WorkflowList, WorkflowPlanShape, WorkflowRunShape } from './workflow-shapes.ts'

const field = (words: Text) => about(words.en, words.ja)
const REF = /^[a-z][a-z0-9-]*=.+$/s

const id = z.string().min(1).meta(field(text.id))
const reason = z.string().optional().meta(field(deployFields.reason))
const detach = z.boolean().default(false).meta(field(deployFields.detach))
const breakGlass = z.boolean().default(false).meta(field(glass.fieldBreakGlass))
const refs = z
  .array(
    z.string().superRefine((given, context) => {
      if (!REF.test(given)) context.addIssue({ code: 'custom', message: text.badRefs.en, params: { text: text.badRefs } })
    }),
  )
  .default([])
  .meta({ ...field(text.refs), repeated: true })
const source = { repository, ref, commit, refs }

const refsOf = (given: readonly string[]): Record<string, string> =>
  Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))

const atCaller: Operation['atCaller'] = async (input, at) => (await import('../commit-here.ts')).commitHere(input as never, at)

/** Streams of runs are taken up again after the last event that was seen. */
const position = ({ run, seq }: WorkflowItem): string => `${run?.id} ${seq}`
const seenOf = (after: string | undefined): number => Number(/^wfr_\w+ (\d+)$/.exec(after ?? '')?.[1] ?? 0)

const verdictOf = ({ run }: WorkflowItem) => (run?.state === 'done' ? run.verdict : undefined)

const runPermission = (input: { breakGlass: boolean; dryRun?: boolean }) =>
  input.dryRun ? 'read' : input.breakGlass ? 'freeze' : 'deploy'

/** The run to its end, or only once when nobody wants to wait. */
async function* followed(
  engine: DeployEngine,
  product: string,
  id: string,
  context: Context,
  detach: boolean,
): AsyncGenerator<WorkflowItem> {
  const { watchWorkflow } = await import('./watch-workflow.ts')
  const served = context.actor.face !== 'cli'
  for await (const item of watchWorkflow(engine, { product, id, after: seenOf(context.after), served, signal: context.signal })) {
    yield item
    if (detach) return
  }
}

/** Throws `workflow.detached` where nobody would go on, and `freeze.no-reason` of a glass that is broken without one. */
function refuseUnfit({ actor }: Context, input: { detach: boolean; breakGlass: boolean; reason?: string }): void {
  if (input.detach && actor.face === 'cli')
    throw new KibanError('invalid', 'workflow.detached', text.detached, { hint: text.detachedHint })
  if (input.breakGlass && !input.reason?.trim())
    throw new KibanError('invalid', 'freeze.no-reason', glass.breakNeedsReason, { hint: glass.breakNeedsReasonHint })
}

export function workflowOperations({ engine }: DeployDependencies): Operation[] {
  const workflow = z.string().min(1).meta(field(text.workflow))
  const wantedOf = async (
    here: DeployEngine,
    { environment: caller }: Pick<Context, 'environment'>,
    input: { product: string; repository: string; ref: string; commit?: string; refs: string[] },
  ) => {
    const { repositoryOf } = await import('../repository-of.ts')
    const { product, ref, commit, refs } = input
    return { product, ref, commit, refs: refsOf(refs), repository: await repositoryOf(here, caller, input) }
  }
  return [
    call({
      name: 'workflow.list',
      summary: text.list,
      http: { method: 'POST', path: '/products/{product}/workflow-lists' },
      permission: 'read',
      place: anyEnvironment,
      risk: 0,
      input: z.object({ product, repository, ref, commit }),
      atCaller,
      output: WorkflowList,
      async run(context, input) {
        const { listWorkflows } = await import('./list-workflows.ts')
        const here = await engine(context.environment)
        return listWorkflows(here, await wantedOf(here, context, { ...input, refs: [] }), context.signal)
      },
      show: showWorkflowList,
    }),
    call({
      name: 'workflow.plan',
      summary: text.plan,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/workflow-plans' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({ product, env, workflow, ...source }),
      atCaller,
      output: WorkflowPlanShape,
      cli: { positional: ['workflow'], short: { e: 'env' } },
      async run(context, input) {
        const { planWorkflow } = await import('./plan-workflow.ts')
        const here = await engine(context.environment)
        const wanted = { ...(await wantedOf(here, context, input)), environment: input.env, workflow: input.workflow }
        return planWorkflow(here, context.actor, { ...wanted, commit: wanted.commit }, context.signal)
      },
      show: showWorkflowPlan,
    }),
    stream({
      name: 'workflow.run',
      summary: text.run,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/workflow-runs' },
      permission: runPermission,
      place,
      risk: 1,
      looksOnly: ({ dryRun }) => dryRun,
      question: ({ workflow, env }) => text.runQuestion(workflow, env),
      preview: { operation: 'workflow.plan', carry: (shown) => ({ plan: WorkflowPlanShape.parse(shown).fingerprint }) },
      input: z.object({
        product,
        env,
        workflow,
        ...source,
        dryRun: z.boolean().default(false).meta(field(text.dryRun)),
        reason,
        detach,
        breakGlass,
        plan: z.string().optional().meta(field(text.agreedPlan)),
      }),
      atCaller,
      item: WorkflowItem,
      cli: { positional: ['workflow'], short: { e: 'env' } },
      async *run(context, input) {
        const here = await engine(context.environment)
        const { workflow, env: environment, dryRun, reason, breakGlass, plan, detach, product } = input
        const wanted = { ...(await wantedOf(here, context, input)), environment, workflow }
        if (dryRun) {
          const { planWorkflow } = await import('./plan-workflow.ts')
          const planned = await planWorkflow(here, context.actor, { ...wanted, commit: wanted.commit }, context.signal)
          yield WorkflowItem.parse({ plan: planned })
          return
        }
        refuseUnfit(context, input)
        const { startWorkflow } = await import('./start-workflow.ts')
        const id = await startWorkflow(here, context, { ...wanted, reason, breakGlass, plan })
        yield* followed(here, product, id, context, detach)
      },
      position,
      show: showWorkflow,
      leave: showLeavingWorkflow,
      verdict: verdictOf,
    }),
    stream({
      name: 'workflow.watch',
      summary: text.watch,
      http: { method: 'GET', path: '/products/{product}/workflow-runs/{id}/progress' },
      permission: 'read',
      place: anyEnvironment,
      risk: 0,
      input: z.object({ product, id }),
      item: WorkflowItem,
      cli: { positional: ['id'] },
      async *run(context, { product, id }) {
        yield* followed(await engine(context.environment), product, id, context, false)
      },
      position,
      show: showWorkflow,
      leave: showLeavingWorkflow,
      verdict: verdictOf,
    }),
    call({
      name: 'workflow.show',
      summary: text.show,
      http: { method: 'GET', path: '/products/{product}/workflow-runs/{id}' },
      permission: 'read',
      place: anyEnvironment,
      risk: 0,
      input: z.object({ product, id }),
      output: WorkflowRunShape,
      cli: { positional: ['id'] },
      async run(context, { product, id }) {
        const [{ workflowRunOf }, { workflowShape }] = await Promise.all([
          import('./start-workflow.ts'),
          import('./watch-workflow.ts'),
        ])
        return workflowShape(await workflowRunOf(await engine(context.environment), product, id))
      },
      show: (run) => showWorkflowRuns({ runs: [run] }),
    }),
    call({
      name: 'workflow.runs',
      summary: text.runs,
      http: { method: 'GET', path: '/products/{product}/workflow-runs' },
      permission: 'read',
      place: anyEnvironment,
      risk: 0,
      input: z.object({ product, env: env.optional(), workflow: workflow.optional(), ...pageFields(20, 1000) }),
      output: z.object({ runs: z.array(WorkflowRunShape), ...nextField }),
      cli: { positional: ['workflow'], short: { e: 'env' } },
      async run(context, { product, env: environment, workflow, cursor, limit }) {
        const [{ findWorkflowRun, listWorkflowRuns }, { workflowShape }] = await Promise.all([
          import('./workflow-store.ts'),
          import('./watch-workflow.ts'),
        ])
        const { database } = await engine(context.environment)
        if (cursor !== undefined && (await findWorkflowRun(database, cursor))?.product !== product) throw badCursor()
        const found = await listWorkflowRuns(database, { product, environment, workflow, before: cursor, limit: limit + 1 })
        const { items, next } = pageOf(found, limit, ({ id }) => id)
        return { runs: items.map(workflowShape), next }
      },
      show: showWorkflowRuns,
    }),
    stream({
      name: 'workflow.cancel',
      summary: text.cancel,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/workflow-runs/{id}/cancellations' },
      permission: 'deploy',
      place,
      risk: 1,
      question: ({ id, env }) => text.cancelQuestion(id, env),
      input: z.object({ product, env, id, reason, detach }),
      item: WorkflowItem,
      cli: { positional: ['id'], short: { e: 'env' } },
      async *run(context, { product, env: environment, id, reason, detach }) {
        const { cancelWorkflow } = await import('./start-workflow.ts')
        const here = await engine(context.environment)
        await cancelWorkflow(here, context, { product, environment, id, reason })
        yield* followed(here, product, id, context, detach)
      },
      position,
      show: showWorkflow,
      leave: showLeavingWorkflow,
      // Whoever cancels wants "stopped".
      verdict: (item) => (verdictOf(item) === 'stopped' ? 'succeeded' : verdictOf(item)),
    }),
    stream({
      name: 'workflow.resume',
      summary: text.resume,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/workflow-runs/{id}/resumptions' },
      permission: (input: { breakGlass: boolean }) => runPermission(input),
      place,
      risk: 1,
      question: ({ id, env }) => text.resumeQuestion(id, env),
      input: z.object({ product, env, id, reason, detach, breakGlass }),
      item: WorkflowItem,
      cli: { positional: ['id'], short: { e: 'env' } },
      async *run(context, input) {
        refuseUnfit(context, input)
        const { resumeWorkflow } = await import('./start-workflow.ts')
        const { product, env: environment, id, reason, detach, breakGlass } = input
        const here = await engine(context.environment)
        await resumeWorkflow(here, context, { product, environment, id, reason, breakGlass })
        yield* followed(here, product, id, context, detach)
      },
      position,
      show: showWorkflow,
      leave: showLeavingWorkflow,
      verdict: verdictOf,
    }),
  ]
}
