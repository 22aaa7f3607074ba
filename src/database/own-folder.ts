// The data folder holds credentials on their way: it must be this user's to write in, and nobody else's.
import { constants } from 'node:fs'
import { access, lstat, mkdir, stat } from 'node:fs/promises'
import { KibanError } from '../core/error.ts'
import { database as text } from '../core/messages/database.ts'

const WRITABLE_BY_ANYBODY = 0o002

/** Makes the folder, or makes sure of it. Throws KibanError with what is wrong. */
export async function ownFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const found = await stat(folder)
    if (!found.isDirectory())
      throw new KibanError('invalid', 'data.not-a-folder', text.notAFolder(folder), { hint: text.chooseFolder })
    if (found.mode & WRITABLE_BY_ANYBODY)
      throw new KibanError('forbidden', 'data.open-to-all', text.openToAll(folder), { hint: text.openToAllHint(folder) })
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw folderError(error, folder)
  }
}

/** What an error of the file system, or of SQLite's lock in it, means for the data folder. */
export function folderError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || error instanceof KibanError) return error
  const code = 'errcode' in error ? SQLITE[Number(error.errcode) & 0xff] : 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new KibanError('unavailable', 'database.full', text.full(folder), { hint: text.fullHint, cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new KibanError('forbidden', 'data.not-writable', text.notWritable(folder), { hint: text.chooseFolder, cause: error })
    case 'ENOTDIR':
    case 'EEXIST':
      return new KibanError('invalid', 'data.not-a-folder', text.notAFolder(folder), { hint: text.chooseFolder, cause: error })
    default:
      return error
  }
}

/** https://www.sqlite.org/rescode.html: FULL, PERM, READONLY, CANTOPEN, AUTH. */
const SQLITE: Record<number, string | undefined> = { 13: 'ENOSPC', 3: 'EACCES', 8: 'EACCES', 14: 'EACCES', 23: 'EACCES' }

/** Whether another user made the socket: what is sent there is theirs to read. */
export async function isOfAnotherUser(socket: string): Promise<boolean> {
  const found = await lstat(socket).catch(() => undefined)
  return found !== undefined && process.getuid !== undefined && found.uid !== process.getuid()
}
