// An empty database costs seconds of PostgreSQL's initdb: the first in memory is kept, and all that begin later copy it.
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'

/** Beside the very PGlite that made it, so that another version begins anew. */
const COPY = fileURLToPath(new URL('kiban-empty-database.tar', import.meta.resolve('@electric-sql/pglite')))

export async function pgliteInMemory(): Promise<PGlite> {
  const copy = await keptCopy()
  if (copy) return PGlite.create({ loadDataDir: copy })
  const instance = await PGlite.create()
  await keep(await instance.dumpDataDir('none'))
  return instance
}

/** A folder that is new begins with the copy, where there is one; what a folder holds already is never written over. */
export async function pgliteInFolder(folder: string): Promise<PGlite> {
  const copy = existsSync(join(folder, 'PG_VERSION')) ? undefined : await keptCopy()
  return PGlite.create({ dataDir: folder, ...(copy && { loadDataDir: copy }) })
}

const keptCopy = (): Promise<Blob | undefined> =>
  readFile(COPY).then(
    (bytes) => new Blob([bytes]),
    () => undefined,
  )

/** Whole or not at all: others may read it meanwhile. Where nothing can be written, each makes its own. */
async function keep(dump: Blob): Promise<void> {
  const half = `${COPY}-${process.pid}`
  try {
    await writeFile(half, new Uint8Array(await dump.arrayBuffer()))
    await rename(half, COPY)
  } catch {}
}
