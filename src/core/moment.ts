// How a person names a moment, wherever one is asked for: so long ago, or ISO 8601.
import { z } from 'zod'
import { moment as text } from './messages/moment.ts'

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const AGO = /^(\d{1,6})([smhdw])$/

/** `30s`, `10m`, `2h`, `3d`, `1w` ago, or a moment in ISO 8601. */
export const Moment = z.string().superRefine((given, context) => {
  if (AGO.test(given) || !Number.isNaN(Date.parse(given))) return
  context.addIssue({ code: 'custom', message: text.bad.en, params: { text: text.bad } })
})

/** The moment that is meant, epoch milliseconds; `given` has passed `Moment`. */
export function momentOf(given: string, now: number): number {
  const [, count, unit] = AGO.exec(given) ?? []
  return count && unit ? now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS] : Date.parse(given)
}
