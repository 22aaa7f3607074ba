// Cron expressions of five fields, as crontab(5) has them, within what EventBridge Scheduler can run:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
import { checks, cronFields } from '../core/messages/manifest.ts'
import type { Text } from '../core/text.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields = [
  { text: cronFields.minute, from: 0, to: 59, words: [] },
  { text: cronFields.hour, from: 0, to: 23, words: [] },
  { text: cronFields.day, from: 1, to: 31, words: [] },
  { text: cronFields.month, from: 1, to: 12, words: months },
  { text: cronFields.weekday, from: 0, to: 7, words: weekdays },
] as const

/** What is wrong with the expression; empty when nothing is. */
export function cronProblems(expression: string): { text: Text; nearest?: string }[] {
  const parts = expression.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    return [{ text: checks.cronFields(expression.trim() === '' ? 0 : parts.length), nearest: fromAws(expression) }]
  }
  const problems: { text: Text; nearest?: string }[] = fields.flatMap((field, index) => {
    const value = parts[index] ?? ''
    return isField(value, field) ? [] : [{ text: checks.cronField(field.text, value, field.from, field.to) }]
  })
  if (problems.length === 0 && parts[2] !== '*' && parts[4] !== '*') problems.push({ text: checks.cronDays })
  return problems
}

function isField(value: string, field: (typeof fields)[number]): boolean {
  return value.split(',').every((part) => {
    const [range, step, ...more] = part.split('/')
    if (more.length > 0 || (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0))) return false
    if (range === '*') return true
    const ends = (range ?? '').split('-').map((end) => numberOf(end, field))
    if (ends.length > 2 || ends.some((end) => end === undefined || end < field.from || end > field.to)) return false
    const [first, last] = ends
    return last === undefined || (first ?? 0) <= last
  })
}

function numberOf(text: string, field: (typeof fields)[number]): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text)
  const index = (field.words as readonly string[]).indexOf(text.toLowerCase())
  return index < 0 ? undefined : index + (field.from === 1 ? 1 : 0)
}

/** The same for EventBridge Scheduler, for an expression without problems: six fields, one day of the two left open. */
export function schedulerCron(expression: string): string {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.trim().split(/\s+/)
  const on = (value: string, field: (typeof fields)[number]) => awsField(value, field)
  const days = weekday === '*' ? [on(day, fields[2]), '?'] : ['?', awsWeekdays(weekday)]
  return `cron(${[on(minute, fields[0]), on(hour, fields[1]), days[0], on(month, fields[3]), days[1], '*'].join(' ')})`
}

/** `*` and `*\/5` stay short; whatever else has a step is spelled out, since AWS documents steps from a number on only. */
function awsField(value: string, field: (typeof fields)[number]): string {
  if (value === '*') return value
  const everywhere = /^\*\/(\d+)$/.exec(value)
  if (everywhere) return `${field.from}/${everywhere[1]}`
  return valuesOf(value, field).join(',')
}

/** AWS counts days from Sunday as 1; their names mean the same to both. */
function awsWeekdays(value: string): string {
  const days = new Set(valuesOf(value, fields[4]).map((day) => day % 7))
  return [...days]
    .sort((a, b) => a - b)
    .map((day) => weekdays[day]?.toUpperCase())
    .join(',')
}

function valuesOf(value: string, field: (typeof fields)[number]): number[] {
  const found = value.split(',').flatMap((part) => {
    const [range = '', step] = part.split('/')
    const [first, last] = range === '*' ? [field.from, field.to] : range.split('-').map((end) => numberOf(end, field))
    const from = first ?? field.from
    const to = last ?? (step === undefined ? from : field.to)
    const by = Number(step ?? 1)
    return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by)
  })
  return [...new Set(found)].sort((a, b) => a - b)
}

/** `cron(0 9 * * ? *)` as AWS writes it, in five fields; its weekdays are counted otherwise, so only words are taken over. */
function fromAws(expression: string): string | undefined {
  const parts = expression
    .replace(/^\s*cron\(|\)\s*$/g, '')
    .trim()
    .split(/\s+/)
  const five = parts.slice(0, 5).map((part) => part.replaceAll('?', '*'))
  if (parts.length < 5 || parts.length > 6 || /\d/.test(five[4] ?? '')) return undefined
  return five.every((part, index) => isField(part, fields[index] ?? fields[0])) ? five.join(' ') : undefined
}
