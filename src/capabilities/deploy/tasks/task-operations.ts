// Running tasks as operations. What is heavy is imported by `run`.
import { z } from 'zod'
import { KibanError } from '../../../core/error.ts'
import { approvals as glass } from '../../../core/messages/approvals.ts'
import { deployFields } from '../../../core/messages/deploy-fields.ts'
import { taskRuns as text } from '../../../core/messages/task-runs.ts'
import { about, type Context, call, type Operation, stream } from '../../../core/operation.ts'
import { badCursor, nextField, pageFields, pageOf } from '../../../core/paging.ts'
import type { Text } from '../../../core/text.ts'
import { duration } from '../../../manifest/field.ts'
import { isFargateSize, Size } from '../../../manifest/size.ts'
import { productField as product } from '../../products/product-field.ts'
import type { DeployEngine } from '../engine.ts'
import { anyEnvironment, env, place } from '../fields.ts'
import type { DeployDependencies } from '../operations.ts'
import { TaskList, TaskRunItem, TaskRunShape } from './run-shapes.ts'
import { exitOfRun, PROGRAM_UNKNOWN, showLeavingRun, showRun, showRuns, showTaskList } from './show-run.ts'

const LONGEST_SECONDS = 7 * 86_400
const MOST_AT_ONCE = 10
const VARIABLE = /^[A-Za-z_]\w*=/s

/** Text of a form that is said in our words where it is not met. */
const formed = (isRight: (given: string) => boolean, words: Text) =>
  z.string().superRefine((given, context) => {
    if (!isRight(given)) context.addIssue({ code: 'custom', message: words.en, params: { text: words } })
  })

const field = (words: Text) => about(words.en, words.ja)
const timeoutField = duration(1, LONGEST_SECONDS)

/** What changes one run of what the manifest declares. */
export const runFields = {
  release: z.string().min(7).optional().meta(field(text.release)),
  count: z.number().int().min(1).max(MOST_AT_ONCE).optional().meta(field(text.count)),
  size: formed((given) => Size.safeParse(given).success && isFargateSize(Size.parse(given)), text.badSize)
    .optional()
    .meta(field(text.size)),
  // A value may hold commas.
  setEnv: z
    .array(formed((given) => VARIABLE.test(given), text.badEnv))
    .default([])
    .meta({ ...field(text.setEnv), repeated: true }),
  timeout: formed((given) => timeoutField.safeParse(given).success, text.badTimeout)
    .optional()
    .meta(field(text.timeout)),
  reason: z.string().optional().meta(field(deployFields.reason)),
  detach: z.boolean().default(false).meta(field(deployFields.detach)),
  breakGlass: z.boolean().default(false).meta(field(glass.fieldBreakGlass)),
}
type RunFields = z.infer<z.ZodObject<typeof runFields>>

export const runPermission = (input: { breakGlass: boolean }) => (input.breakGlass ? 'freeze' : 'deploy')

/** What a stream of a run is besides what starts it. */
export const runStream = {
  item: TaskRunItem,
  position: ({ run, seen }: TaskRunItem) => `${run.id} ${seen.join(',')}`,
  show: showRun,
  leave: showLeavingRun,
  verdict: ({ run }: TaskRunItem) => run.verdict,
  exit: { of: ({ run }: TaskRunItem) => exitOfRun(run), failed: PROGRAM_UNKNOWN },
}

/** Ctrl-C ends what one has started, as it would a program of one's own. */
export const stopIt = ({ run: { product, environment: env, id, task } }: TaskRunItem) => ({
  operation: 'task.stop',
  input: { product, env, id },
  say: text.stopping(task),
})

/** Starts a run and follows it. */
export async function* ran(
  engine: DeployEngine,
  context: Context,
  of: { product: string; env: string; name: string; schedule: boolean; command: readonly string[] },
  { release, count, size, setEnv, timeout, reason, detach, breakGlass }: RunFields,
): AsyncGenerator<TaskRunItem> {
  const [{ startRun }, { watchRun }] = await Promise.all([import('./start-run.ts'), import('./watch-run.ts')])
  if (breakGlass && !reason?.trim())
    throw new KibanError('invalid', 'freeze.no-reason', glass.breakNeedsReason, { hint: glass.breakNeedsReasonHint })
  const { product, env: environment, name, schedule, command } = of
  const wanted = {
    product,
    environment,
    name,
    schedule,
    release,
    command: command.length > 0 ? [...command] : undefined,
    count,
    size: size === undefined ? undefined : Size.parse(size),
    env: Object.fromEntries(setEnv.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)])),
    timeoutSeconds: timeout === undefined ? undefined : timeoutField.parse(timeout),
    reason,
    breakGlass,
  }
  const id = await startRun(engine, context, wanted)
  for await (const item of watchRun(engine, { product, id, seen: seenOf(context.after), follow: true, signal: context.signal })) {
    yield item
    // On the command line nobody drives what its process leaves: ECS must have been told first.
    if (detach && (context.actor.face !== 'cli' || item.run.tasks.length > 0)) return
  }
}

/** Lines of each stream that were seen before a connection was lost. */
const seenOf = (after: string | undefined): number[] =>
  (/^run_\w+ ([\d,]*)$/.exec(after ?? '')?.[1] ?? '').split(',').filter(Boolean).map(Number)

export function taskOperations({ engine }: DeployDependencies): Operation[] {
  const id = z.string().min(1).meta(field(text.id))
  return [
    stream({
      name: 'task.run',
      summary: text.run,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/task-runs' },
      permission: runPermission,
      place,
      risk: 1,
      question: ({ task, env, command }) => text.runQuestion(task, env, command),
      input: z.object({
        product,
        env,
        task: z.string().min(1).meta(field(text.task)),
        command: z.array(z.string()).default([]).meta(field(text.command)),
        ...runFields,
      }),
      cli: { positional: ['task', 'command'], short: { e: 'env' } },
      async *run(context, { product, env, task: name, command, ...fields }) {
        const of = { product, env, name, schedule: false, command }
        yield* ran(await engine(context.environment), context, of, fields)
      },
      ...runStream,
      interrupt: stopIt,
    }),
    call({
      name: 'task.list',
      summary: text.list,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/standalone-tasks' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({ product, env }),
      output: TaskList,
      cli: { short: { e: 'env' } },
      async run(context, input) {
        const { listTasks } = await import('./list-tasks.ts')
        return listTasks(await engine(context.environment), place(input))
      },
      show: showTaskList,
    }),
    call({
      name: 'task.runs',
      summary: text.runs,
      http: { method: 'GET', path: '/products/{product}/task-runs' },
      permission: 'read',
      place: anyEnvironment,
      risk: 0,
      input: z.object({
        product,
        env: env.optional(),
        task: z.string().min(1).optional().meta(field(text.task)),
        ...pageFields(20, 1000),
      }),
      output: z.object({ runs: z.array(TaskRunShape), ...nextField }),
      cli: { positional: ['task'], short: { e: 'env' } },
      async run(context, { product, env: environment, task, cursor, limit }) {
        const [{ findRun, listRuns }, { runShape }] = await Promise.all([import('./run-store.ts'), import('./watch-run.ts')])
        const { database } = await engine(context.environment)
        if (cursor !== undefined && (await findRun(database, cursor))?.product !== product) throw badCursor()
        const found = await listRuns(database, { product, environment, task, before: cursor, limit: limit + 1 })
        const { items, next } = pageOf(found, limit, ({ id }) => id)
        return { runs: items.map(runShape), next }
      },
      show: showRuns,
    }),
    stream({
      name: 'task.show',
      summary: text.show,
      http: { method: 'GET', path: '/products/{product}/task-runs/{id}' },
      permission: 'read',
      place: anyEnvironment,
      risk: 0,
      input: z.object({ product, id, follow: z.boolean().default(true).meta(field(text.follow)) }),
      cli: { positional: ['id'], short: { f: 'follow' } },
      async *run({ environment, signal, after }, { product, id, follow }) {
        const { watchRun } = await import('./watch-run.ts')
        yield* watchRun(await engine(environment), { product, id, seen: seenOf(after), follow, signal })
      },
      ...runStream,
    }),
    call({
      name: 'task.stop',
      summary: text.stop,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/task-runs/{id}/stops' },
      permission: 'deploy',
      place,
      risk: 1,
      question: ({ id, env }) => text.stopQuestion(id, env),
      input: z.object({ product, env, id }),
      output: z.object({ run: TaskRunShape }),
      cli: { positional: ['id'], short: { e: 'env' } },
      async run(context, input) {
        const [{ stopRun }, { runShape }] = await Promise.all([import('./start-run.ts'), import('./watch-run.ts')])
        const run = await stopRun(await engine(context.environment), context, { ...place(input), id: input.id })
        return { run: runShape(run) }
      },
      show: ({ run }) => showRuns({ runs: [run] }),
    }),
  ]
}
