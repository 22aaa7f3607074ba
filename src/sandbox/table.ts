/**
 * The sandbox's tables. Kept tables live in memory and in a journal on disk: what a request changes is written,
 * several requests in one go, before any of them is answered, so that a killed sandbox loses nothing that it
 * acknowledged.
 */
import type { Table } from './cloud.ts'
import { type Change, type Journal, openJournal } from './journal.ts'

export interface Tables {
  table<T>(name: string): Table<T>
  /** Resolves when every change so far is on disk; undefined when there is nothing to wait for. */
  commit(): Promise<void> | undefined
  close(): Promise<void>
}

export function memoryTables(): Tables {
  const tables = new Map<string, Table<unknown>>()
  return {
    table<T>(name: string) {
      const table = tables.get(name) ?? new Map<string, unknown>()
      tables.set(name, table)
      return table as Table<T>
    },
    commit: () => undefined,
    close: async () => {},
  }
}

/** Changes that no request waits for, a scheduler's, are written after this time at the latest. */
const BACKGROUND_COMMIT_MS = 50

/** Tables kept in `folder`, which the caller has locked. */
export async function keptTables(folder: string, failed: (error: unknown) => void): Promise<Tables> {
  const maps = new Map<string, Map<string, unknown>>()
  const mapOf = (name: string): Map<string, unknown> => {
    const map = maps.get(name) ?? new Map<string, unknown>()
    maps.set(name, map)
    return map
  }
  const journal = await openJournal(folder, {
    apply: (change) => apply(mapOf(change.table), change),
    everything: () => everything(maps),
  })
  const commits = new GroupCommit(journal, maps, failed)
  const tables = new Map<string, Table<unknown>>()
  return {
    table<T>(name: string) {
      const table = tables.get(name) ?? new KeptTable(mapOf(name), (key) => commits.changed(name, key))
      tables.set(name, table)
      return table as Table<T>
    },
    commit: () => commits.commit(),
    close: () => commits.close(),
  }
}

function apply(map: Map<string, unknown>, change: Change): void {
  if ('value' in change) map.set(change.key, change.value)
  else map.delete(change.key)
}

function* everything(maps: Map<string, Map<string, unknown>>): Generator<Change> {
  for (const [table, map] of maps) for (const [key, value] of map) yield { table, key, value }
}

/** Collects the keys that changed and writes their values of the moment of writing. */
class GroupCommit {
  readonly #journal: Journal
  readonly #maps: Map<string, Map<string, unknown>>
  readonly #failed: (error: unknown) => void
  #changed = new Map<string, Set<string>>()
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(journal: Journal, maps: Map<string, Map<string, unknown>>, failed: (error: unknown) => void) {
    this.#journal = journal
    this.#maps = maps
    this.#failed = failed
  }

  changed(table: string, key: string): void {
    if (this.#closed) return
    const keys = this.#changed.get(table) ?? new Set()
    this.#changed.set(table, keys.add(key))
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.commit()?.catch(this.#failed)
    }, BACKGROUND_COMMIT_MS)
  }

  commit(): Promise<void> | undefined {
    if (this.#changed.size === 0) return this.#running
    if (this.#running) {
      this.#next ??= this.#running
        .catch(() => {})
        .then(() => {
          this.#next = undefined
          return this.#write()
        })
      return this.#next
    }
    return this.#write()
  }

  async close(): Promise<void> {
    await this.commit()
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#journal.close()
  }

  #write(): Promise<void> {
    const written = this.#changed
    this.#changed = new Map()
    this.#running = this.#journal
      .append(this.#changes(written))
      .catch((error: unknown) => {
        for (const [table, keys] of written) for (const key of keys) this.changed(table, key)
        throw error
      })
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  *#changes(changed: Map<string, Set<string>>): Generator<Change> {
    for (const [table, keys] of changed) {
      const map = this.#maps.get(table)
      for (const key of keys) yield map?.has(key) ? { table, key, value: map.get(key) } : { table, key }
    }
  }
}

class KeptTable implements Table<unknown> {
  readonly #map: Map<string, unknown>
  readonly #changed: (key: string) => void

  constructor(map: Map<string, unknown>, changed: (key: string) => void) {
    this.#map = map
    this.#changed = changed
  }

  get size(): number {
    return this.#map.size
  }

  get(key: string): unknown {
    return this.#map.get(key)
  }

  has(key: string): boolean {
    return this.#map.has(key)
  }

  set(key: string, value: unknown): this {
    this.#map.set(key, value)
    this.#changed(key)
    return this
  }

  delete(key: string): boolean {
    const had = this.#map.delete(key)
    if (had) this.#changed(key)
    return had
  }

  clear(): void {
    for (const key of this.#map.keys()) this.#changed(key)
    this.#map.clear()
  }

  values(): MapIterator<unknown> {
    return this.#map.values()
  }

  keys(): MapIterator<string> {
    return this.#map.keys()
  }

  entries(): MapIterator<[string, unknown]> {
    return this.#map.entries()
  }
}
