import { useSyncExternalStore } from 'react'
import { type Language, useWords } from '../words/language.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "5 minutes ago", with the full time and its zone on hover; follows the clock. */
export function Ago({ at }: { at: number }) {
  const { language } = useWords()
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at, language)} className="whitespace-nowrap">
      {ago(now - at, language)}
    </time>
  )
}

export function ago(ms: number, language: Language): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  if (ms < 10 * SECOND) return format.format(0, 'second')
  if (ms < MINUTE) return format.format(-Math.floor(ms / SECOND), 'second')
  if (ms < HOUR) return format.format(-Math.floor(ms / MINUTE), 'minute')
  if (ms < DAY) return format.format(-Math.floor(ms / HOUR), 'hour')
  return format.format(-Math.floor(ms / DAY), 'day')
}

/** A format costs far more to make than to use, and a log uses it for every line. */
const formats = (options: Intl.DateTimeFormatOptions): Record<Language, Intl.DateTimeFormat> => ({
  en: new Intl.DateTimeFormat('en', options),
  ja: new Intl.DateTimeFormat('ja', options),
})
const full = formats({ dateStyle: 'medium', timeStyle: 'long' })
const clock = formats({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

/** In the reader's zone, which it names. */
export const fullTime = (at: number, language: Language): string => full[language].format(at)

export const clockTime = (at: number, language: Language): string => clock[language].format(at)

/** `2m 46s`, 2分46秒. */
export function duration(ms: number, language: Language): string {
  const seconds = Math.max(0, Math.round(ms / SECOND))
  const parts: [number, string, string][] = [
    [Math.floor(seconds / 3600), 'h', '時間'],
    [Math.floor((seconds % 3600) / 60), 'm', '分'],
    [seconds % 60, 's', '秒'],
  ]
  const first = parts.findIndex(([value]) => value > 0)
  const shown = first < 0 ? parts.slice(2) : parts.slice(first, first + 2)
  return shown.map(([value, en, ja]) => `${value}${language === 'ja' ? ja : en}`).join(language === 'ja' ? '' : ' ')
}

const subscribers = new Set<() => void>()
let ticking: ReturnType<typeof setInterval> | undefined
let tick = Date.now()

/** The time, once a second, by one timer for the whole page; it stands still while nobody looks. */
export function useNow(): number {
  return useSyncExternalStore(
    (heard) => {
      subscribers.add(heard)
      ticking ??= setInterval(() => {
        if (document.hidden) return
        tick = Date.now()
        for (const subscriber of subscribers) subscriber()
      }, SECOND)
      return () => {
        subscribers.delete(heard)
        if (subscribers.size > 0) return
        clearInterval(ticking)
        ticking = undefined
      }
    },
    () => tick,
  )
}
