import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Keeps the errors of background work as JSON lines in the data folder: on the terminal they would tear what is drawn
 * there. With KIBAN_DEBUG they go to stderr as well.
 */
export function errorLog(folder: string, env: NodeJS.ProcessEnv): (error: Error) => void {
  return (error) => {
    const record = { time: new Date().toISOString(), level: 'error', message: error.message, stack: error.stack }
    const line = `${JSON.stringify(record)}\n`
    if (env.KIBAN_DEBUG) process.stderr.write(line)
    // A full disk must not become an error of its own.
    appendFile(join(folder, 'kiban.log'), line, { mode: 0o600 }).catch(() => {})
  }
}
