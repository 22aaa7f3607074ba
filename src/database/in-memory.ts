// An empty database in memory, for tests: the first makes it, which takes seconds, and the others copy it.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'

/** Beside the very PGlite that made it, so that another version begins anew. */
const COPY = fileURLToPath(new URL('kiban-empty-database.tar', import.meta.resolve('@electric-sql/pglite')))

export async function pgliteInMemory(): Promise<PGlite> {
  const copy = await readFile(COPY).catch(() => undefined)
  if (copy) return PGlite.create({ loadDataDir: new Blob([copy]) })
  const instance = await PGlite.create()
  await keep(await instance.dumpDataDir('none'))
  return instance
}

/** Whole or not at all: others may read it meanwhile. Where nothing can be written, each makes its own. */
async function keep(dump: Blob): Promise<void> {
  const half = `${COPY}-${process.pid}`
  try {
    await writeFile(half, new Uint8Array(await dump.arrayBuffer()))
    await rename(half, COPY)
  } catch {}
}
