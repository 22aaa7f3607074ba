import type { Database } from './database.ts'
import { EVENT_CHANNEL } from './events.ts'

/** Tells whoever waits, in this process, that something was written about a subject. One listener serves all. */
export interface EventFeed {
  /** Calls back at each event about one of the subjects, `*` for any; gives the way to stop. */
  on(subjects: readonly string[], heard: () => void): () => void
  /**
   * Reads what many ask alike, as after an event they do, once for all who ask meanwhile. Nobody who has heard of an event
   * is given what was read before it. `key` says all that the answer depends on; nobody may change what is given.
   */
  together<Result>(key: string, read: () => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export async function eventFeed(database: Database): Promise<EventFeed> {
  const waiting = new Map<string, Set<() => void>>()
  let reading = new Map<string, Promise<unknown>>()
  const stop = await database.listen(EVENT_CHANNEL, (subject) => {
    reading = new Map()
    // Of what was missed nobody knows whom it concerned.
    const those = subject === undefined ? [...waiting.values()] : [waiting.get(subject) ?? [], waiting.get('*') ?? []]
    for (const heard of new Set(those.flatMap((some) => [...some]))) heard()
  })
  return {
    on(subjects, heard) {
      for (const subject of subjects) waiting.set(subject, (waiting.get(subject) ?? new Set()).add(heard))
      return () => {
        for (const subject of subjects) {
          const those = waiting.get(subject)
          those?.delete(heard)
          if (those?.size === 0) waiting.delete(subject)
        }
      }
    },
    together<Result>(key: string, read: () => Promise<Result>) {
      const round = reading
      const known = round.get(key) as Promise<Result> | undefined
      const result = known ?? read().finally(() => round.delete(key))
      round.set(key, result)
      return result
    },
    close: stop,
  }
}

/**
 * The next event about one of the subjects, from this call on: ask before you read, so that none falls between. `happened`
 * resolves at the latest after `atMostMs`, for what a lost connection to the database swallowed, or when the signal is aborted.
 */
export function nextEvent(
  feed: EventFeed,
  subjects: readonly string[],
  atMostMs: number,
  signal: AbortSignal,
): { happened: Promise<void>; forget: () => void } {
  const { promise: happened, resolve } = Promise.withResolvers<void>()
  const forget = () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', forget)
    off()
    resolve()
  }
  const timer = setTimeout(forget, atMostMs)
  const off = feed.on(subjects, forget)
  signal.addEventListener('abort', forget, { once: true })
  if (signal.aborted) forget()
  return { happened, forget }
}
