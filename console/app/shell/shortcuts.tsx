import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { shell } from '../words/shell.ts'
import { useAllCommands } from './commands.ts'
import { letKeysWork, useKeysWork } from './keys.ts'

/** What each key does on this page, and the switch that turns them off. */
export function Shortcuts({ onClose }: { onClose(): void }) {
  const { words } = useWords()
  const work = useKeysWork()
  const keyed = useAllCommands().filter(({ key }) => key)
  return (
    <Dialog open onClose={onClose} title={words(shell.shortcuts)}>
      <dl className="mt-3 grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        <dt>
          <kbd className="rounded border border-line-strong px-1.5">⌘K</kbd>{' '}
          <kbd className="rounded border border-line-strong px-1.5">Ctrl K</kbd>
        </dt>
        <dd>{words(shell.search)}</dd>
        {keyed.map(({ id, key, name }) => (
          <div key={id} className={`contents ${work ? '' : 'text-ink-muted'}`}>
            <dt>
              <kbd className="rounded border border-line-strong px-1.5">{key?.toUpperCase()}</kbd>
            </dt>
            <dd>{words(name)}</dd>
          </div>
        ))}
      </dl>
      <label className="mt-5 flex items-center gap-2">
        <input type="checkbox" className="size-6" checked={work} onChange={({ target: { checked } }) => letKeysWork(checked)} />
        {words(shell.singleKeys)}
      </label>
      <div className="mt-5 flex justify-end">
        <Button onClick={onClose} autoFocus>
          {words(pages.close)}
        </Button>
      </div>
    </Dialog>
  )
}
