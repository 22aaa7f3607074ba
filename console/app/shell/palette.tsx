import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'
import { matching, useAllCommands } from './commands.ts'

/** ⌘K: go anywhere and do anything by typing, in either language. A combobox of the ARIA practices with a list of options. */
export function Palette({ open, onClose }: { open: boolean; onClose(): void }) {
  const { words } = useWords()
  const commands = useAllCommands()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const dialog = useRef<HTMLDialogElement>(null)
  const listId = useId()
  const found = useMemo(() => matching(commands, typed).slice(0, 50), [commands, typed])
  const active = found[Math.min(at, found.length - 1)]
  useEffect(() => {
    if (open) dialog.current?.showModal()
    setTyped('')
    setAt(0)
  }, [open])
  useEffect(() => {
    if (active) document.getElementById(`${listId}-${active.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [active, listId])
  if (!open) return null
  const run = (command = active) => {
    dialog.current?.close()
    command?.run()
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    // Enter that ends a composition chooses kanji, not a command; Safari tells by the key code alone.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setAt((before) => (Math.min(before, found.length - 1) + step + found.length) % Math.max(1, found.length))
    else if (event.key === 'Enter') run()
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      aria-label={words(shell.search)}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && dialog.current?.close()}
      className="mx-auto mt-[12vh] w-[calc(100%-2rem)] max-w-xl rounded-panel border border-line-strong bg-panel p-0 text-ink shadow-2xl"
    >
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={active ? `${listId}-${active.id}` : undefined}
        aria-label={words(shell.search)}
        placeholder={words(shell.search)}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
        autoComplete="off"
        spellCheck={false}
        className="w-full border-b border-line bg-transparent px-4 py-3 text-lg outline-none placeholder:text-ink-muted"
      />
      <ul id={listId} role="listbox" aria-label={words(shell.search)} className="max-h-[50vh] overflow-y-auto p-2">
        {found.map((command) => (
          <li
            key={command.id}
            id={`${listId}-${command.id}`}
            role="option"
            aria-selected={command === active}
            onPointerMove={() => setAt(found.indexOf(command))}
            onClick={() => run(command)}
            className="flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 aria-selected:bg-accent-soft aria-selected:text-accent-ink"
          >
            <span className="truncate">{words(command.name)}</span>
            <span className="ml-auto text-sm whitespace-nowrap text-ink-muted">{words(command.group)}</span>
            {command.key && <kbd className="rounded border border-line-strong px-1.5 text-xs">{command.key.toUpperCase()}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-4 pb-4 text-ink-muted">{words(shell.nothingFound)}</p>}
    </dialog>
  )
}
