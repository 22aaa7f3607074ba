// Schedules as operations. What is heavy is imported by `run`.
import { z } from 'zod'
import { deployFields } from '../../../core/messages/deploy-fields.ts'
import { schedules as text } from '../../../core/messages/schedules.ts'
import { about, call, type Operation, stream } from '../../../core/operation.ts'
import { badCursor, nextField, pageFields, pageOf } from '../../../core/paging.ts'
import type { Text } from '../../../core/text.ts'
import { productField as product } from '../../products/product-field.ts'
import { env, place } from '../fields.ts'
import type { DeployDependencies } from '../operations.ts'
import { ran, runFields, runPermission, runStream, stopIt } from '../tasks/task-operations.ts'
import { ScheduleList, ScheduleRunShape } from './schedule-shapes.ts'
import { showHistory, showPaused, showSchedules } from './show-schedules.ts'

const field = (words: Text) => about(words.en, words.ja)
const schedule = z.string().min(1).meta(field(text.schedule))
const cli = { positional: ['schedule'], short: { e: 'env' } }

export function scheduleOperations({ engine }: DeployDependencies): Operation[] {
  return [
    call({
      name: 'schedule.list',
      summary: text.list,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/schedules' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({ product, env }),
      output: ScheduleList,
      cli: { short: { e: 'env' } },
      async run({ environment, signal }, input) {
        const { listSchedules } = await import('./list-schedules.ts')
        return listSchedules(await engine(environment), place(input), signal)
      },
      show: showSchedules,
    }),
    call({
      name: 'schedule.history',
      summary: text.history,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/schedule-runs' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({
        product,
        env,
        schedule: schedule.optional(),
        ...pageFields(20, 1000),
      }),
      output: z.object({ runs: z.array(ScheduleRunShape), ...nextField }),
      cli,
      async run({ environment, signal }, { schedule, cursor, limit, ...input }) {
        const [{ observeSchedules }, { scheduleRuns }] = await Promise.all([
          import('./observe-schedules.ts'),
          import('./schedule-store.ts'),
        ])
        const here = await engine(environment)
        await observeSchedules(here, place(input), here.clock.now(), signal)
        if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw badCursor()
        const before = cursor === undefined ? undefined : Number(cursor)
        const found = await scheduleRuns(here.database, place(input), { schedule, before, limit: limit + 1 })
        const { items, next } = pageOf(found, limit, ({ seq }) => String(seq))
        return { runs: items.map((run) => ScheduleRunShape.parse(run)), next }
      },
      show: showHistory,
    }),
    stream({
      name: 'schedule.run',
      summary: text.run,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/schedules/{schedule}/runs' },
      permission: runPermission,
      place,
      risk: 1,
      question: ({ schedule, env }) => text.runQuestion(schedule, env),
      input: z.object({ product, env, schedule, ...runFields }),
      cli,
      async *run(context, { product, env, schedule: name, ...fields }) {
        yield* ran(await engine(context.environment), context, { product, env, name, schedule: true, command: [] }, fields)
      },
      ...runStream,
      interrupt: stopIt,
    }),
    ...([true, false] as const).map((paused) =>
      call({
        name: paused ? 'schedule.pause' : 'schedule.resume',
        summary: paused ? text.pause : text.resume,
        http: {
          method: 'POST',
          path: `/products/{product}/environments/{env}/schedules/{schedule}/${paused ? 'pauses' : 'resumptions'}`,
        },
        permission: 'deploy',
        place,
        risk: 1,
        question: ({ schedule, env }) => (paused ? text.pauseQuestion(schedule, env) : text.resumeQuestion(schedule, env)),
        input: z.object({ product, env, schedule, reason: z.string().optional().meta(field(deployFields.reason)) }),
        output: z.object({ schedule: z.string(), paused: z.boolean() }),
        cli,
        async run({ actor, environment, signal }, { schedule, reason, ...input }) {
          const { setPaused } = await import('./pause-schedule.ts')
          await setPaused(await engine(environment), actor, { ...place(input), schedule, paused, reason }, signal)
          return { schedule, paused }
        },
        show: showPaused,
      }),
    ),
  ]
}
