// One stream of events for the whole page: what it tells makes stale answers be asked for again.
import { type Query, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { StreamName } from './api/client.ts'
import type { Streams } from './api/operations.generated.ts'
import { type Connection, listen } from './api/streams.ts'
import { positionQuery, staleBy, type TimelineEvent } from './queries.ts'
import { readerQuery } from './session.ts'

const heard = new Set<(event: TimelineEvent) => void>()
const watchers = new Set<() => void>()
let connection: Connection = 'live'

/** Many events come at once when a tab wakes up; what they make stale is asked for once. */
const GATHER_MS = 100

/** A plan stays the one that was read, and the position is where this page began. */
const changesByItself = ({ queryKey: [name] }: Query): boolean => name !== 'plan' && name !== 'position'

/** Keeps what is on the screen current; once, around all pages. */
export function useLive(): void {
  const queries = useQueryClient()
  useEffect(() => {
    const stale = new Set<string>()
    let gathering: ReturnType<typeof setTimeout> | undefined
    const refresh = () => {
      gathering = undefined
      for (const key of stale) queries.invalidateQueries({ queryKey: [key] })
      stale.clear()
    }
    const stop = listen(
      'timeline.follow',
      {},
      {
        item(event) {
          for (const key of staleBy[event.type.split('.')[0] ?? ''] ?? []) stale.add(key)
          gathering ??= setTimeout(refresh, GATHER_MS)
          for (const listener of heard) listener(event)
        },
        connection(state) {
          if (state === 'live' && connection !== 'live') queries.invalidateQueries({ predicate: changesByItself })
          connection = state
          for (const watcher of watchers) watcher()
        },
        // Whoever is not let in any more is sent away by this answer.
        end: () => void queries.invalidateQueries({ queryKey: readerQuery.queryKey }),
      },
      queries.getQueryData(positionQuery.queryKey),
    )
    return () => {
      stop()
      clearTimeout(gathering)
    }
  }, [queries])
}

export const useConnection = (): Connection =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => connection,
  )

/** Calls back at every event while the calling component is on the screen. */
export function useEvents(listener: (event: TimelineEvent) => void): void {
  useEffect(() => {
    heard.add(listener)
    return () => {
      heard.delete(listener)
    }
  }, [listener])
}

export interface Followed<Item> {
  item: Item | undefined
  state: Connection | 'ended'
  error: unknown
}

/** The newest item of a stream, folded by `reduce`; drawn at most once a frame, however fast they come. Without an input, nothing. */
export function useFollowed<Name extends StreamName, Kept>(
  name: Name,
  input: Streams[Name]['input'] | undefined,
  reduce: (kept: Kept | undefined, item: Streams[Name]['output']) => Kept,
): Followed<Kept> {
  const [followed, setFollowed] = useState<Followed<Kept>>({ item: undefined, state: 'live', error: undefined })
  const key = JSON.stringify([name, input])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that matters of name and input
  useEffect(() => {
    if (input === undefined) return
    let kept: Kept | undefined
    let state: Followed<Kept>['state'] = 'live'
    let frame = 0
    const draw = (error?: unknown) => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => setFollowed({ item: kept, state, error }))
    }
    setFollowed({ item: undefined, state, error: undefined })
    const stop = listen(name, input, {
      item(item) {
        kept = reduce(kept, item)
        draw()
      },
      connection(next) {
        state = next
        draw()
      },
      end(error) {
        state = 'ended'
        draw(error)
      },
    })
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
  }, [key])
  return followed
}
