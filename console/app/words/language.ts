// The reader's language: chosen by a click, kept in this browser, and known to everything on the page at once.
import { useSyncExternalStore } from 'react'
import type { Language, Text } from '../../../src/core/text.ts'
import { store } from '../stored.ts'

export type { Language, Text }

const KEY = 'kiban.language'
const listeners = new Set<() => void>()

export const language = (): Language => (document.documentElement.lang === 'ja' ? 'ja' : 'en')

export function chooseLanguage(next: Language): void {
  document.documentElement.lang = next
  store(KEY, next)
  for (const listener of listeners) listener()
}

/** The words of a text in the reader's language; re-renders when it changes. */
export function useWords(): { language: Language; words: (text: Text) => string } {
  const current = useSyncExternalStore(subscribe, language)
  return { language: current, words: (text) => text[current] }
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
