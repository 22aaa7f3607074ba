import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { KibanError } from '../core/error.ts'
import { cli } from '../core/messages/cli.ts'
import type { Terminal } from './terminal.ts'

/** As shells say it when a command is not there, or cannot be run. */
const EXIT_NOT_FOUND = 127
const EXIT_NOT_RUNNABLE = 126
const EXIT_BY_SIGNAL = 128

/**
 * Runs a command in the reader's terminal and gives its exit code, as a shell would. An end that was asked of this process
 * is handed on.
 */
export function runChild(
  [program = '', ...argv]: readonly string[],
  env: NodeJS.ProcessEnv,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
) {
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, argv, { env, stdio: 'inherit' })
    const stop = () => void child.kill(signal.reason === 'SIGHUP' ? 'SIGHUP' : 'SIGTERM')
    signal.addEventListener('abort', stop, { once: true })
    // Ctrl-C reaches the command through the terminal, and what it means is the command's to say.
    const others = process.rawListeners('SIGINT')
    process.removeAllListeners('SIGINT')
    process.on('SIGINT', nothing)
    const done = () => {
      signal.removeEventListener('abort', stop)
      process.off('SIGINT', nothing)
      for (const other of others) process.on('SIGINT', other as () => void)
    }
    child.once('error', (cause: NodeJS.ErrnoException) => {
      done()
      const missing = cause.code === 'ENOENT'
      if (missing || cause.code === 'EACCES') {
        terminal.stderr.write(`${(missing ? cli.childMissing : cli.childNotRunnable)(program)[terminal.language]}\n`)
        resolve(missing ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE)
      } else reject(new KibanError('internal', 'internal', cli.childFailed(program), { cause }))
    })
    child.once('close', (code, killedBy) => {
      done()
      resolve(code ?? EXIT_BY_SIGNAL + (killedBy ? constants.signals[killedBy] : 0))
    })
  })
}

const nothing = () => {}
