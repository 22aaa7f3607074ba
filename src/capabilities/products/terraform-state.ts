import { readFile } from 'node:fs/promises'
import { KibanError } from '../../core/error.ts'
import { imports } from '../../core/messages/import.ts'
import { manifestErrors } from '../../core/messages/manifest.ts'

/** A state of Terraform from a file. Throws `import.nothing-found`, and never what it holds. */
export async function readState(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw new KibanError('not-found', 'import.nothing-found', manifestErrors.unreadable(file), { hint: imports.stateHint })
  }
}
