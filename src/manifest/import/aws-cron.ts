// EventBridge's expressions in the manifest's words.
import { cronProblems } from '../cron.ts'

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** `cron(0 18 ? * MON-FRI *)` or `rate(5 minutes)` as keys of a schedule; undefined for what five fields cannot say. */
export function scheduleOf(expression: string): { cron: string } | { rate: string } | undefined {
  const [, kind, inner = ''] = /^\s*(cron|rate)\((.*)\)\s*$/.exec(expression) ?? []
  if (kind === 'rate') return /^[1-9]\d{0,4} (minute|hour|day)s?$/.test(inner.trim()) ? { rate: inner.trim() } : undefined
  if (kind !== 'cron') return undefined
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = '*', ...more] = inner.trim().split(/\s+/)
  if (more.length > 0 || year !== '*') return undefined
  // AWS counts from Sunday, 1; words mean the same everywhere.
  const words = weekday.replace(/\d+/g, (number) => weekdays[Number(number) - 1] ?? number)
  const cron = [minute, hour, day, month, words].map((field) => field.replace('?', '*').toLowerCase()).join(' ')
  return cronProblems(cron).length === 0 ? { cron } : undefined
}
