// Schedule expressions: at(…), rate(…), cron(…).
import { type Cron, nextOf, parsedCron } from './cron.ts'
import { instantOf, type LocalTime } from './zone.ts'

export type Expression = { kind: 'at'; local: LocalTime } | { kind: 'rate'; everyMs: number } | { kind: 'cron'; cron: Cron }

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Undefined for text that is none of the three. */
export function parsedExpression(text: string): Expression | undefined {
  const found = /^(at|rate|cron)\((.*)\)$/.exec(text.trim())
  if (!found) return undefined
  const [, kind, inner = ''] = found
  if (kind === 'rate') return rate(inner)
  if (kind === 'at') return at(inner)
  const cron = parsedCron(inner)
  return cron && { kind: 'cron', cron }
}

function rate(inner: string): Expression | undefined {
  const found = /^([1-9]\d{0,8}) (minute|hour|day)(s?)$/.exec(inner.trim())
  if (!found) return undefined
  const [, count = '', unit = '', plural] = found
  // The unit agrees with its number: `1 minute`, `5 minutes`.
  if ((Number(count) === 1) !== (plural === '')) return undefined
  return { kind: 'rate', everyMs: Number(count) * (UNIT_MS[unit] ?? 0) }
}

function at(inner: string): Expression | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(inner.trim())
  if (!found) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  const local = { year, month, day, hour, minute, second }
  const real = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const same = real.getUTCMonth() === month - 1 && real.getUTCDate() === day && real.getUTCHours() === hour
  return same && minute < 60 && second < 60 ? { kind: 'at', local } : undefined
}

/**
 * The first time (epoch ms) after another at which an expression is due. A rate counts from `anchor`, which is itself
 * a time when it is later than `after`.
 */
export function dueAfter(expression: Expression, after: number, zone: string, anchor: number): number | undefined {
  if (expression.kind === 'cron') return nextOf(expression.cron, after, zone)
  if (expression.kind === 'rate') {
    if (anchor > after) return anchor
    return anchor + (Math.floor((after - anchor) / expression.everyMs) + 1) * expression.everyMs
  }
  const instant = instantOf(expression.local, zone)
  return instant !== undefined && instant > after ? instant : undefined
}
