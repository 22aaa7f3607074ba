import { setFlagsFromString } from 'node:v8'
import type { PGlite } from '@electric-sql/pglite'
import type { Database, Queryable } from './database.ts'
import { pgliteInFolder, pgliteInMemory } from './empty-database.ts'
import { withEvents } from './events.ts'
import { PgliteErrors } from './pglite-errors.ts'

/**
 * WebAssembly is compiled once, quickly, and not optimised afterwards: PostgreSQL's largest functions would cost half a
 * second of processor time and 500 MiB in the background of every command, and a query is hardly faster for it.
 */
const NOT_OPTIMISED = ['--no-wasm-dynamic-tiering', '--no-wasm-tier-up']

/** PGlite in a folder, or in memory without one. */
export async function openPglite(folder: string | undefined): Promise<Database> {
  for (const flag of NOT_OPTIMISED) setFlagsFromString(flag)
  const errors = new PgliteErrors(folder ?? '')
  const opening = folder === undefined ? pgliteInMemory() : pgliteInFolder(folder)
  const instance = await opening.catch(async (error: unknown) => {
    throw await errors.unopened(error)
  })
  errors.guard(instance)
  return {
    engine: { kind: 'pglite', instance },
    ...asked(instance),
    async transaction(run) {
      const result = await instance.transaction((tx) => withEvents(asked(tx), run))
      errors.full = undefined
      return result
    },
    listen: (channel, heard) => instance.listen(channel, heard),
    fault: () => errors.full,
    close: async () => {
      if (!errors.broken) await instance.close()
    },
  }
}

const asked = (on: Pick<PGlite, 'query'>): Queryable => ({
  query: async <Row extends object>(sql: string, parameters: readonly unknown[] = []) =>
    (await on.query<Row>(sql, [...parameters])).rows,
})
