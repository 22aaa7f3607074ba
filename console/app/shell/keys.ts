// Whether single keys do something: whoever speaks to the machine, or types by accident, turns them off (WCAG 2.1.4).
import { useSyncExternalStore } from 'react'
import { store, stored } from '../stored.ts'

const KEY = 'kiban.keys'
const listeners = new Set<() => void>()

let work = stored(KEY) !== 'off'

export const keysWork = (): boolean => work

export function letKeysWork(next: boolean): void {
  work = next
  store(KEY, next ? undefined : 'off')
  for (const listener of listeners) listener()
}

export const useKeysWork = (): boolean =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, keysWork)
