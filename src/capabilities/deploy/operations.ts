// Deploys as operations. What is heavy is imported by `run`: help and completion load this file too.
import { z } from 'zod'
import type { CallerEnvironment } from '../../core/caller.ts'
import { KibanError } from '../../core/error.ts'
import { approvals as glass } from '../../core/messages/approvals.ts'
import { deployFields as text } from '../../core/messages/deploy-fields.ts'
import { about, type Context, call, type Operation, stream } from '../../core/operation.ts'
import { nextField, pageFields } from '../../core/paging.ts'
import { verdicts } from '../../core/verdict.ts'
import { productField as product } from '../products/product-field.ts'
import type { commitHere } from './commit-here.ts'
import type { DeployEngine } from './engine.ts'
import { anyEnvironment, commit, env, NEWEST, place, ref, repository, services } from './fields.ts'
import { lockOperations } from './lock-operations.ts'
import { scheduleOperations } from './schedules/schedule-operations.ts'
import { serviceOperations } from './service-operations.ts'
import { DeploymentItem, DeploymentShape, PlanShape, ReleaseShape, StatusShape } from './shapes.ts'
import { showPlan } from './show-plan.ts'
import { showLeaving, showProgress } from './show-progress.ts'
import { showDeployments, showReleases, showStatus } from './show-status.ts'
import { taskOperations } from './tasks/task-operations.ts'
import { workflowOperations } from './workflows/workflow-operations.ts'

/** What app.ts gives: the engine as a caller has it, opened at its first use. */
export interface DeployDependencies {
  engine(caller: CallerEnvironment | undefined): Promise<DeployEngine>
}

export function deployOperations(dependencies: DeployDependencies): Operation[] {
  return [
    planOperation(dependencies),
    startOperation(dependencies),
    statusOperation(dependencies),
    watchOperation(dependencies),
    listOperation(dependencies),
    rollbackOperation(dependencies),
    promoteOperation(dependencies),
    cancelOperation(dependencies),
    releaseOperation(dependencies),
    ...serviceOperations(dependencies),
    ...taskOperations(dependencies),
    ...scheduleOperations(dependencies),
    ...workflowOperations(dependencies),
    ...lockOperations(dependencies),
  ]
}

const reason = z.string().optional().meta(about(text.reason.en, text.reason.ja))
const detach = z.boolean().default(false).meta(about(text.detach.en, text.detach.ja))
const force = z.boolean().default(false).meta(about(text.force.en, text.force.ja))
const keepSiblings = z.boolean().default(false).meta(about(text.keepSiblings.en, text.keepSiblings.ja))
const breakGlass = z.boolean().default(false).meta(about(glass.fieldBreakGlass.en, glass.fieldBreakGlass.ja))

/** Streams of deployments are taken up again after the last event that was seen. */
/** The deployment too: which one was meant may be answered otherwise when a connection is taken up again. */
const position = ({ deployment, seq }: DeploymentItem): string => `${deployment.id} ${seq}`

function seenOf(after: string | undefined): { id?: string; seq: number } {
  const [, id, seq] = /^(dep_\w+) (\d+)$/.exec(after ?? '') ?? []
  return { id, seq: Number(seq ?? 0) }
}

const atCaller = async (...asked: Parameters<typeof commitHere>) => (await import('./commit-here.ts')).commitHere(...asked)

const verdictOf = ({ deployment }: DeploymentItem) => (deployment.state === 'done' ? deployment.verdict : undefined)

const deployPermission = (input: { breakGlass: boolean }) => (input.breakGlass ? 'freeze' : 'deploy')

/** Whoever breaks the glass says why. Throws `freeze.no-reason`. */
function brokenFor({ breakGlass, reason }: { breakGlass: boolean; reason?: string }): boolean {
  if (breakGlass && !reason?.trim())
    throw new KibanError('invalid', 'freeze.no-reason', glass.breakNeedsReason, { hint: glass.breakNeedsReasonHint })
  return breakGlass
}

const planOperation = ({ engine }: DeployDependencies) =>
  call({
    name: 'deployment.plan',
    summary: text.plan,
    http: { method: 'POST', path: '/products/{product}/environments/{env}/plans' },
    permission: 'read',
    place,
    risk: 0,
    input: z.object({ product, env, services, repository, ref, commit, force }),
    atCaller,
    output: PlanShape,
    cli: { alias: 'plan', positional: ['services'], short: { e: 'env' } },
    async run({ signal, environment }, input) {
      const [{ planCommit }, { repositoryOf }] = await Promise.all([import('./plan-commit.ts'), import('./repository-of.ts')])
      const here = await engine(environment)
      const wanted = { ...input, environment: input.env, repository: await repositoryOf(here, environment, input) }
      return PlanShape.parse(await planCommit(here, wanted, signal))
    },
    show: showPlan,
  })

const startOperation = ({ engine }: DeployDependencies) =>
  stream({
    name: 'deployment.start',
    summary: text.deploy,
    http: { method: 'POST', path: '/products/{product}/environments/{env}/deployments' },
    permission: deployPermission,
    place,
    risk: 1,
    question: ({ env, services }) => text.deployQuestion(env, services),
    preview: { operation: 'deployment.plan', carry: (shown) => ({ plan: PlanShape.parse(shown).fingerprint }) },
    input: z.object({
      product,
      env,
      services,
      repository,
      ref,
      commit,
      keepSiblings,
      force,
      detach,
      reason,
      breakGlass,
      plan: z.string().optional().meta(about(text.agreedPlan.en, text.agreedPlan.ja)),
    }),
    atCaller,
    item: DeploymentItem,
    cli: { alias: 'deploy', positional: ['services'], short: { e: 'env' } },
    async *run(context, input) {
      const [{ startDeployment }, { repositoryOf }] = await Promise.all([import('./start.ts'), import('./repository-of.ts')])
      const { product, env: environment, services, keepSiblings, force, reason, plan, ref, commit } = input
      const wanted = { product, environment, services, keepSiblings, force, reason, plan, breakGlass: brokenFor(input) }
      const here = await engine(context.environment)
      const repository = await repositoryOf(here, context.environment, input)
      const id = await startDeployment(here, context, wanted, { kind: 'deploy', repository, ref, commit })
      yield* followed(here, id, context, input.detach)
    },
    position,
    show: showProgress,
    leave: showLeaving,
    verdict: verdictOf,
  })

/** The deployment to its end, or only once when nobody wants to wait. */
async function* followed(engine: DeployEngine, id: string, context: Context, detach: boolean): AsyncGenerator<DeploymentItem> {
  const { watchDeployment } = await import('./watch.ts')
  const { bringCredentials } = await import('./start.ts')
  await bringCredentials(engine, id)
  for await (const item of watchDeployment(engine, id, context.signal, seenOf(context.after).seq)) {
    yield item
    // On the command line nobody drives what its process leaves: ECS must have been told first.
    if (detach && (context.actor.face !== 'cli' || item.deployment.state === 'verifying')) return
  }
}

const statusOperation = ({ engine }: DeployDependencies) =>
  call({
    name: 'deployment.status',
    summary: text.status,
    http: { method: 'GET', path: '/products/{product}/status' },
    permission: 'read',
    place: anyEnvironment,
    risk: 0,
    input: z.object({ product, env: env.optional() }),
    output: StatusShape,
    cli: { alias: 'status', short: { e: 'env' } },
    async run(context, input) {
      const { status } = await import('./look-up.ts')
      return status((await engine(context.environment)).database, input.product, input.env)
    },
    show: showStatus,
  })

const watchOperation = ({ engine }: DeployDependencies) =>
  stream({
    name: 'deployment.watch',
    summary: text.watch,
    http: { method: 'GET', path: '/products/{product}/deployments/{id}/progress' },
    permission: 'read',
    place: anyEnvironment,
    risk: 0,
    // Part of a path, it is never left out.
    input: z.object({ product, id: z.string().default(NEWEST).meta(about(text.watched.en, text.watched.ja)) }),
    item: DeploymentItem,
    cli: { alias: 'watch', positional: ['id'] },
    async *run(context, input) {
      const { deploymentToWatch } = await import('./find-deployment.ts')
      const id = await deploymentToWatch(await engine(context.environment), {
        ...input,
        id: seenOf(context.after).id ?? input.id,
      })
      yield* followed(await engine(context.environment), id, context, false)
    },
    position,
    show: showProgress,
    leave: showLeaving,
    verdict: verdictOf,
  })

const listOperation = ({ engine }: DeployDependencies) =>
  call({
    name: 'deployment.list',
    summary: text.history,
    http: { method: 'GET', path: '/products/{product}/deployments' },
    permission: 'read',
    place: anyEnvironment,
    risk: 0,
    input: z.object({
      product,
      env: env.optional(),
      service: z.string().min(1).optional().meta(about(text.ofService.en, text.ofService.ja)),
      verdict: z.enum(verdicts).optional().meta(about(text.ofVerdict.en, text.ofVerdict.ja)),
      actor: z.string().min(1).optional().meta(about(text.ofActor.en, text.ofActor.ja)),
      ...pageFields(20, 1000),
    }),
    output: z.object({ deployments: z.array(DeploymentShape), ...nextField }),
    cli: { alias: 'history', short: { e: 'env' } },
    async run(context, { env: environment, ...filter }) {
      const { deployments } = await import('./look-up.ts')
      return deployments((await engine(context.environment)).database, { ...filter, environment })
    },
    show: showDeployments,
  })

const rollbackOperation = ({ engine }: DeployDependencies) =>
  stream({
    name: 'deployment.rollback',
    summary: text.rollback,
    http: { method: 'POST', path: '/products/{product}/environments/{env}/rollbacks' },
    permission: 'deploy',
    place,
    risk: 1,
    question: ({ env, services, to }) => text.rollbackQuestion(env, services, to),
    input: z.object({
      product,
      env,
      services,
      to: z.string().optional().meta(about(text.to.en, text.to.ja)),
      keepSiblings,
      force,
      detach,
      reason,
    }),
    item: DeploymentItem.extend({
      /** The deployment under way was stopped; "stopped" is then what was wanted. */
      stops: z.boolean(),
    }),
    cli: { alias: 'rollback', positional: ['services'], short: { e: 'env' } },
    async *run(context, input) {
      const { rollBack } = await import('./start.ts')
      const { product, env: environment, services, keepSiblings, force, reason, to } = input
      const wanted = { product, environment, services, keepSiblings, force, reason, plan: undefined, to }
      const { id, stops } = await rollBack(await engine(context.environment), context, wanted)
      for await (const item of followed(await engine(context.environment), id, context, input.detach)) yield { ...item, stops }
    },
    position,
    show: showProgress,
    leave: showLeaving,
    verdict: (item) => (item.stops && verdictOf(item) === 'stopped' ? 'succeeded' : verdictOf(item)),
  })

const promoteOperation = ({ engine }: DeployDependencies) =>
  stream({
    name: 'deployment.promote',
    summary: text.promote,
    http: { method: 'POST', path: '/products/{product}/environments/{env}/promotions' },
    permission: deployPermission,
    place,
    risk: 1,
    question: ({ from, env, services }) => text.promoteQuestion(from, env, services),
    input: z.object({
      product,
      from: z.string().default('staging').meta(about(text.from.en, text.from.ja)),
      env: z.string().default('production').meta(about(text.promoteTo.en, text.promoteTo.ja)),
      services,
      keepSiblings,
      force,
      detach,
      reason,
      breakGlass,
    }),
    item: DeploymentItem,
    cli: { alias: 'promote', positional: ['services'], short: { e: 'env' } },
    async *run(context, input) {
      const { promote } = await import('./start.ts')
      const { product, env: environment, services, keepSiblings, force, reason, from } = input
      const wanted = {
        product,
        environment,
        services,
        keepSiblings,
        force,
        reason,
        plan: undefined,
        from,
        breakGlass: brokenFor(input),
      }
      const id = await promote(await engine(context.environment), context, wanted)
      yield* followed(await engine(context.environment), id, context, input.detach)
    },
    position,
    show: showProgress,
    leave: showLeaving,
    verdict: verdictOf,
  })

const cancelOperation = ({ engine }: DeployDependencies) =>
  stream({
    name: 'deployment.cancel',
    summary: text.cancel,
    http: { method: 'POST', path: '/products/{product}/environments/{env}/cancellations' },
    permission: 'deploy',
    place,
    risk: 1,
    question: ({ env, id }) => text.cancelQuestion(env, id),
    input: z.object({
      product,
      env,
      id: z.string().optional().meta(about(text.deployment.en, text.deployment.ja)),
      detach,
      reason,
    }),
    item: DeploymentItem,
    cli: { alias: 'cancel', positional: ['id'], short: { e: 'env' } },
    async *run(context, input) {
      const { deploymentToStop } = await import('./find-deployment.ts')
      const { cancelDeployment } = await import('./start.ts')
      const id = await deploymentToStop(
        await engine(context.environment),
        { ...input, environment: input.env },
        context.requestId,
      )
      await cancelDeployment(await engine(context.environment), context, id, input.reason)
      yield* followed(await engine(context.environment), id, context, input.detach)
    },
    position,
    show: showProgress,
    leave: showLeaving,
    // Whoever cancels wants "stopped".
    verdict: (item) => (verdictOf(item) === 'stopped' ? 'succeeded' : verdictOf(item)),
  })

const releaseOperation = ({ engine }: DeployDependencies) =>
  call({
    name: 'release.list',
    summary: text.releases,
    http: { method: 'GET', path: '/products/{product}/releases' },
    permission: 'read',
    place: anyEnvironment,
    risk: 0,
    input: z.object({
      product,
      ref: z.string().min(1).optional().meta(about(text.ofRef.en, text.ofRef.ja)),
      ...pageFields(20, 1000),
    }),
    output: z.object({ releases: z.array(ReleaseShape), ...nextField }),
    cli: { alias: 'releases' },
    async run(context, input) {
      const { releases } = await import('./look-up.ts')
      return releases((await engine(context.environment)).database, input)
    },
    show: showReleases,
  })
