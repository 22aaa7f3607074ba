import { z } from 'zod'
import { logs as text } from '../../core/messages/logs.ts'

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^(\d+)(s|m|h|d)$/

/** `30s`, `10m`, `2h`, `3d`, or a moment in ISO 8601. */
export const SINCE = z.string().superRefine((given, context) => {
  if (DURATION.test(given) || !Number.isNaN(Date.parse(given))) return
  context.addIssue({ code: 'custom', message: text.badSince.en, params: { text: text.badSince } })
})

/** The moment that is meant, epoch milliseconds. */
export function sinceOf(given: string, now: number): number {
  const [, count, unit] = DURATION.exec(given) ?? []
  return count && unit ? now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS] : Date.parse(given)
}
