import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KibanError } from '../core/error.ts'
import { database as text } from '../core/messages/database.ts'
import { ownFolder } from './own-folder.ts'

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the end mark included. */
const MAX_PATH_BYTES = 100

/**
 * Where the owner of a data folder listens. The folder is for its user alone; a path too long for a socket is moved to a
 * folder of the user's own in the temporary folder.
 */
export async function ownerSocket(folder: string): Promise<string> {
  await ownFolder(folder)
  const direct = join(folder, 'owner.sock')
  if (Buffer.byteLength(direct) <= MAX_PATH_BYTES) return direct
  const user = process.getuid?.() ?? 0
  const own = join(tmpdir(), `kiban-${user}`)
  await mkdir(own, { recursive: true, mode: 0o700 })
  const found = await lstat(own)
  // Somebody else may have made it first, to listen in our place.
  if (!found.isDirectory() || found.uid !== user) {
    throw new KibanError('forbidden', 'data.open-to-all', text.notOwn(own, folder), { hint: text.shorterFolder })
  }
  await chmod(own, 0o700)
  return join(own, `${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`)
}
