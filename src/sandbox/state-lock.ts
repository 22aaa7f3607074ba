// One sandbox per state folder.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KibanError } from '../core/error.ts'
import { fileLock } from '../core/file-lock.ts'
import { sandbox } from '../core/messages/sandbox.ts'

/** Takes the lock of a folder; resolves to the way to give it back. */
export async function lockState(folder: string): Promise<() => Promise<void>> {
  const lock = await fileLock(join(folder, 'state.lock'))
  const holder = join(folder, 'state.holder')
  if (!lock) {
    const pid = Number(await readFile(holder, 'utf8').catch(() => '0'))
    throw new KibanError('conflict', 'sandbox.state-locked', sandbox.stateLocked(folder, pid), {
      hint: sandbox.takeAnotherFolder,
    })
  }
  // For the sentence above only.
  await writeFile(holder, String(process.pid), { mode: 0o600 })
  return async () => {
    await rm(holder, { force: true })
    lock.release()
  }
}
