// A cloud with nothing in it, for tests of one service: tables in memory, and whatever neighbours the test names.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realClock } from '../core/clock.ts'
import type { Cloud, Table } from './cloud.ts'

export type BareCloud = Cloud & { notes: string[]; close(): Promise<void> }

export function bareCloud(parts: Partial<Cloud> = {}): BareCloud {
  const tables = new Map<string, Table<unknown>>()
  const closers: (() => void | Promise<void>)[] = []
  const notes: string[] = []
  let folder: string | undefined
  const cloud: Partial<Cloud> & Pick<BareCloud, 'notes' | 'close'> = {
    account: '123456789012',
    region: 'ap-northeast-1',
    clock: realClock,
    endpoint: 'http://127.0.0.1:4566',
    notes,
    get folder() {
      folder ??= mkdtempSync(join(tmpdir(), 'kiban-cloud-'))
      return folder
    },
    table<T>(name: string): Table<T> {
      const table = tables.get(name) ?? new Map<string, unknown>()
      tables.set(name, table)
      return table as Table<T>
    },
    commit: () => undefined,
    lag: () => 0,
    throttled: () => false,
    delivery: () => ({ duplicate: 0, disorderMs: 0 }),
    note: (line: string) => void notes.push(line),
    onClose: (run: () => void | Promise<void>) => void closers.push(run),
    async close() {
      for (const run of closers.splice(0).reverse()) await run()
      if (folder) rmSync(folder, { recursive: true, force: true })
    },
  }
  return Object.defineProperties(cloud, Object.getOwnPropertyDescriptors(parts)) as BareCloud
}
