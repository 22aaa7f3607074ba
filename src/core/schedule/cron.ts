/**
 * The six fields of EventBridge's cron expressions: minutes, hours, day of month, month, day of week, year
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html). Written here because the fields, `?`,
 * `L`, `W` and `#` differ from cron libraries', and because a local time that clocks skip is left out and one that they
 * repeat counts once.
 */
import { instantOf, localTime } from './zone.ts'

export interface Cron {
  minutes: number[]
  hours: number[]
  months: Set<number>
  years: Set<number>
  /** Whether a day of a month is meant by both of its fields. */
  isDay(year: number, month: number, day: number): boolean
}

type DayRule = (year: number, month: number, day: number) => boolean

const YEAR_MIN = 1970
const YEAR_MAX = 2199
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
/** 1 is Sunday. */
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** Undefined for text that is no such expression; one of the two day fields must be `?`. */
export function parsedCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/)
  const [minutes = '', hours = '', dayOfMonth = '', months = '', dayOfWeek = '', years = '', ...more] = fields
  if (fields.length !== 6 || more.length > 0) return undefined
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) return undefined
  const parsed = {
    minutes: numbers(minutes, 0, 59),
    hours: numbers(hours, 0, 23),
    months: numbers(months, 1, 12, MONTHS),
    years: numbers(years, YEAR_MIN, YEAR_MAX),
    isDay: dayOfWeek === '?' ? dayOfMonthRule(dayOfMonth) : dayOfWeekRule(dayOfWeek),
  }
  if (!parsed.minutes || !parsed.hours || !parsed.months || !parsed.years || !parsed.isDay) return undefined
  return {
    minutes: parsed.minutes,
    hours: parsed.hours,
    months: new Set(parsed.months),
    years: new Set(parsed.years),
    isDay: parsed.isDay,
  }
}

/** The first instant (epoch ms) after another that an expression means; undefined when there is none. */
export function nextOf(cron: Cron, after: number, zone: string): number | undefined {
  const start = localTime(after, zone)
  for (let year = start.year; year <= YEAR_MAX; year++) {
    if (!cron.years.has(year)) continue
    for (let month = year === start.year ? start.month : 1; month <= 12; month++) {
      if (!cron.months.has(month)) continue
      const first = year === start.year && month === start.month ? start.day : 1
      for (let day = first; day <= daysIn(year, month); day++) {
        const found = cron.isDay(year, month, day) ? firstOfDay(cron, year, month, day, after, zone) : undefined
        if (found !== undefined) return found
      }
    }
  }
  return undefined
}

function firstOfDay(cron: Cron, year: number, month: number, day: number, after: number, zone: string): number | undefined {
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const instant = instantOf({ year, month, day, hour, minute, second: 0 }, zone)
      if (instant !== undefined && instant > after) return instant
    }
  }
  return undefined
}

/** The values of a field in rising order: `*`, `5`, `1-5`, `MON-FRI`, `0/15`, `1-9/2` and lists of these. */
function numbers(field: string, least: number, most: number, names: string[] = []): number[] | undefined {
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const parsed = /^(\*|[0-9A-Z]+)(?:-([0-9A-Z]+))?(?:\/(\d+))?$/i.exec(part)
    if (!parsed) return undefined
    const [, from = '', to, step] = parsed
    const start = from === '*' ? least : valueNamed(from, names)
    const end = to !== undefined ? valueNamed(to, names) : from === '*' || step !== undefined ? most : start
    if (start === undefined || end === undefined || (from === '*' && to !== undefined)) return undefined
    if (start < least || end > most || start > end || Number(step ?? 1) < 1) return undefined
    for (let value = start; value <= end; value += Number(step ?? 1)) found.add(value)
  }
  return [...found].sort((a, b) => a - b)
}

function valueNamed(text: string, names: string[]): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  const at = names.indexOf(text.toUpperCase())
  return at < 0 ? undefined : at + 1
}

function dayOfMonthRule(field: string): DayRule | undefined {
  if (field === 'L') return (year, month, day) => day === daysIn(year, month)
  if (field === 'LW') return (year, month, day) => day === nearestWeekday(year, month, daysIn(year, month))
  const near = /^(\d{1,2})W$/.exec(field)
  if (near) {
    const wanted = Number(near[1])
    if (wanted < 1 || wanted > 31) return undefined
    return (year, month, day) => wanted <= daysIn(year, month) && day === nearestWeekday(year, month, wanted)
  }
  const days = numbers(field, 1, 31)
  return days && ((_, __, day) => days.includes(day))
}

function dayOfWeekRule(field: string): DayRule | undefined {
  if (field === 'L') return (year, month, day) => weekday(year, month, day) === 7
  const last = /^([0-9A-Z]+)L$/i.exec(field)
  if (last) {
    const wanted = dayOfWeek(last[1] ?? '')
    return wanted === undefined
      ? undefined
      : (year, month, day) => weekday(year, month, day) === wanted && day > daysIn(year, month) - 7
  }
  const nth = /^([0-9A-Z]+)#([1-5])$/i.exec(field)
  if (nth) {
    const [wanted, place] = [dayOfWeek(nth[1] ?? ''), Number(nth[2])]
    return wanted === undefined
      ? undefined
      : (year, month, day) => weekday(year, month, day) === wanted && Math.ceil(day / 7) === place
  }
  const days = numbers(field, 1, 7, WEEKDAYS)
  return days && ((year, month, day) => days.includes(weekday(year, month, day)))
}

function dayOfWeek(text: string): number | undefined {
  const value = valueNamed(text, WEEKDAYS)
  return value !== undefined && value >= 1 && value <= 7 ? value : undefined
}

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** 1 is Sunday, 7 Saturday. */
const weekday = (year: number, month: number, day: number) => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1

/** The weekday nearest to a day, in the same month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const on = weekday(year, month, day)
  if (on === 7) return day > 1 ? day - 1 : day + 2
  if (on === 1) return day < daysIn(year, month) ? day + 1 : day - 2
  return day
}
