// What the palette and the keyboard can do, told by whatever is on the screen; it is gone when that is.
import { useEffect, useSyncExternalStore } from 'react'
import type { Text } from '../words/language.ts'
import { keysWork } from './keys.ts'

export interface Command {
  id: string
  name: Text
  /** Words by which it is also found: kana, other names. */
  also?: string
  group: Text
  /** One key, pressed outside of any field. */
  key?: string
  run(): void
}

const sources = new Map<symbol, readonly Command[]>()
const listeners = new Set<() => void>()
let all: readonly Command[] = []

/** Offers commands while the calling component is on the screen. Keep the list stable (`useMemo`). */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => {
    const source = Symbol('commands')
    sources.set(source, commands)
    changed()
    return () => {
      sources.delete(source)
      changed()
    }
  }, [commands])
}

export const useAllCommands = (): readonly Command[] =>
  useSyncExternalStore(
    (heard) => {
      listeners.add(heard)
      return () => listeners.delete(heard)
    },
    () => all,
  )

/** Runs the command of a key unless the reader is writing, or composing Japanese. */
export function runKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement
  const writing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
  if (
    !keysWork() ||
    writing ||
    event.isComposing ||
    event.metaKey ||
    event.ctrlKey ||
    event.altKey ||
    document.querySelector('dialog[open]')
  )
    return
  const command = all.findLast(({ key }) => key === event.key)
  if (!command) return
  event.preventDefault()
  command.run()
}

/** Those whose name in either language, or other words, hold every word that was typed; the shown name first. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const wanted = folded(typed).split(/\s+/).filter(Boolean)
  const text = ({ name, also = '', group }: Command) => folded([name.en, name.ja, also, group.en, group.ja].join(' '))
  return commands.filter((command) => wanted.every((word) => text(command).includes(word)))
}

/** Katakana as hiragana, full width as half: `でぷろい` and `デプロイ` are one word to a reader. */
const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))

function changed(): void {
  all = [...sources.values()].flat()
  for (const listener of listeners) listener()
}
