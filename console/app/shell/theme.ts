import { useSyncExternalStore } from 'react'
import { store } from '../stored.ts'

const KEY = 'kiban.theme'
const listeners = new Set<() => void>()

export type Theme = 'light' | 'dark'

const theme = (): Theme => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')

export function chooseTheme(next: Theme): void {
  document.documentElement.dataset.theme = next
  store(KEY, next)
  for (const listener of listeners) listener()
}

export const useTheme = (): Theme =>
  useSyncExternalStore((heard) => {
    listeners.add(heard)
    return () => listeners.delete(heard)
  }, theme)
