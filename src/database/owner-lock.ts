import { join } from 'node:path'
import { fileLock } from '../core/file-lock.ts'
import { folderError } from './own-folder.ts'

/** Takes the one lock of a data folder; undefined while another process holds it. Throws KibanError where there can be none. */
export async function ownerLock(folder: string): Promise<{ release(): void } | undefined> {
  try {
    return await fileLock(join(folder, 'owner.lock'))
  } catch (error) {
    throw folderError(error, folder)
  }
}
