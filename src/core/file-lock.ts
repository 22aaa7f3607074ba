/**
 * Takes the lock of a file, which is made when needed; undefined while another holds it. The kernel keeps it, so it ends with
 * its process however that ends, and a number of a process that is used again, or a file that was left, cannot be mistaken
 * for it. Node has no flock of its own; SQLite's lock on a file is one. Nothing else of this process may open the file.
 */
export async function fileLock(path: string): Promise<{ release(): void } | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  const file = new DatabaseSync(path, { timeout: 0 })
  try {
    file.exec('begin exclusive')
  } catch (error) {
    file.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return {
    release: () => {
      if (file.isOpen) file.close()
    },
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5
const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
