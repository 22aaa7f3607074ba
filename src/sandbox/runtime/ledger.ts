// Which process groups this sandbox has started, on disk, for a later start that finds them still running.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { killMarked, killNow, processStart } from './process-table.ts'

interface Entry {
  group: number
  /** Of the group's leader; a later process with the same id has another. */
  start: string
  /** In the environment of each process of the sandbox that started it. */
  mark: string
}

export interface Ledger {
  started(group: number): Promise<void>
  ended(group: number): void
  /** Ends the groups of earlier sandboxes that are still here. A process that merely has the same id is left alone. */
  sweep(): Promise<void>
}

export function ledger(folder: string, mark: string): Ledger {
  const file = (group: number) => join(folder, String(group))
  return {
    async started(group) {
      const start = await processStart(group)
      if (start === undefined) return
      mkdirSync(folder, { recursive: true })
      writeFileSync(file(group), JSON.stringify({ group, start, mark } satisfies Entry))
    },
    ended: (group) => rmSync(file(group), { force: true }),
    async sweep() {
      for (const entry of entries(folder)) {
        if (entry.mark === mark) continue
        if ((await processStart(entry.group)) === entry.start) killNow(-entry.group)
        killMarked(entry.mark)
        rmSync(file(entry.group), { force: true })
      }
    },
  }
}

function entries(folder: string): Entry[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as Entry]
    } catch {
      // Cut off while it was written: the watchdog had that group too.
      return []
    }
  })
}
