import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Makes the empty database that every new one begins with, before many begin at once; in a process that has no runner of modules. */
export function setup(): void {
  execFileSync(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(new URL('first-database.ts', import.meta.url)),
  ])
}
