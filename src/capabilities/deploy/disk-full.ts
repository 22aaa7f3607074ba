import { KibanError } from '../../core/error.ts'
import { database as text } from '../../core/messages/database.ts'

/** An error of the file system that says there is no room, in kiban's words; undefined for any other. */
export function diskFull(error: unknown, folder: string): KibanError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined
  return new KibanError('unavailable', 'disk.full', text.full(folder), { hint: text.fullHint, cause: error })
}
