// Logs as operations. What is heavy is imported by `run`: help and completion load this file too.
import { z } from 'zod'
import type { CallerEnvironment } from '../../core/caller.ts'
import { logs as text } from '../../core/messages/logs.ts'
import { Moment, momentOf } from '../../core/moment.ts'
import { about, type Operation, stream } from '../../core/operation.ts'
import { productField } from '../products/product-field.ts'
import type { LogEngine } from './follow-logs.ts'
import { LogLine } from './log-line.ts'
import { showLine } from './show.ts'

/** What app.ts gives: the engine as a caller has it, opened at its first use. */
export interface LogDependencies {
  engine(caller: CallerEnvironment | undefined): Promise<LogEngine>
}

export function logOperations({ engine }: LogDependencies): Operation[] {
  return [
    stream({
      name: 'log.follow',
      summary: text.summary,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/logs' },
      permission: 'read',
      place: (input) => ({ product: input.product, environment: input.env }),
      risk: 0,
      input: z.object({
        product: productField,
        env: z.string().min(1).meta(about(text.environment.en, text.environment.ja)),
        services: z.array(z.string().min(1)).default([]).meta(about(text.services.en, text.services.ja)),
        deployment: z.string().optional().meta(about(text.deployment.en, text.deployment.ja)),
        since: Moment.optional().meta(about(text.since.en, text.since.ja)),
        tail: z.number().int().min(1).max(10_000).optional().meta(about(text.tail.en, text.tail.ja)),
        filter: z.string().optional().meta(about(text.filter.en, text.filter.ja)),
        follow: z.boolean().default(true).meta(about(text.follow.en, text.follow.ja)),
      }),
      item: LogLine,
      cli: { alias: 'logs', positional: ['services'], short: { e: 'env', f: 'follow' } },
      async *run({ signal, environment, after }, input) {
        const { followLogs } = await import('./follow-logs.ts')
        const { product, env, services, deployment, since, tail, filter: pattern, follow } = input
        const from = since === undefined ? undefined : momentOf(since, Date.now())
        const place = { product, environment: env, services, deployment }
        const wanted = { ...place, since: from, tail, pattern, follow, after: seenOf(after) }
        yield* followLogs(await engine(environment), wanted, signal)
      },
      position: ({ at, id }) => `${at} ${id}`,
      show: showLine,
    }),
  ]
}

/** The position of the last line that was seen. */
function seenOf(after: string | undefined): { at: number; id: string } | undefined {
  const [at = '', id = ''] = after?.split(' ') ?? []
  return /^\d+$/.test(at) ? { at: Number(at), id } : undefined
}
