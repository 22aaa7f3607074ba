// Local time in a time zone, by the zone data that Node carries.

export interface LocalTime {
  year: number
  /** 1 to 12. */
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

const DAY_MS = 24 * 3600 * 1000
const formats = new Map<string, Intl.DateTimeFormat>()

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/**
 * The instant (epoch ms) of a local time: the first of two when clocks are turned back, undefined for a time that
 * clocks skip when they are turned forward.
 */
export function instantOf(local: LocalTime, zone: string): number | undefined {
  const naive = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second)
  if (zone === 'UTC') return naive
  // Offsets change at most once in two days.
  const offsets = new Set([offsetAt(naive - DAY_MS, zone), offsetAt(naive + DAY_MS, zone)])
  const instants = [...offsets].map((offset) => naive - offset).filter((instant) => instant + offsetAt(instant, zone) === naive)
  return instants.length > 0 ? Math.min(...instants) : undefined
}

export function localTime(instant: number, zone: string): LocalTime {
  const at = new Date(instant + (zone === 'UTC' ? 0 : offsetAt(instant, zone)))
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
  }
}

/** Milliseconds that a zone is ahead of UTC at an instant. */
function offsetAt(instant: number, zone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    const number = 'numeric'
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
    })
    formats.set(zone, format)
  }
  return format
}
