// Runs a program to its end and tells what it took.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export interface Used {
  wallMs: number
  /** User and system time of the program and the children that it waited for; undefined where Python is not there to ask. */
  cpuMs: number | undefined
  /** Largest resident set of one process. */
  peakMiB: number | undefined
  exitCode: number
  /** What it said, each line with the moment (epoch ms) at which it was heard. */
  lines: { at: number; text: string }[]
}

const WRAPPER = fileURLToPath(new URL('resource-use.py', import.meta.url))
const hasPython = spawnSync('python3', ['-c', 'import os; os.waitstatus_to_exitcode'], { stdio: 'ignore' }).status === 0

/** The wall time is the program's own, from its start to its end, without the wrapper's. */
export async function used(argv: readonly string[], options: { env: NodeJS.ProcessEnv; cwd?: string }): Promise<Used> {
  const [program = '', ...rest] = hasPython ? ['python3', '-S', '-E', WRAPPER, ...argv] : argv
  const begun = performance.now()
  const child = spawn(program, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const lines: Used['lines'] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', (line) => lines.push({ at: Date.now(), text: line }))
  }
  const counted = text(child.stdio[3] as NodeJS.ReadableStream)
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? -1))
  })
  const own = { wallMs: performance.now() - begun, cpuMs: undefined, peakMiB: undefined }
  return { ...own, ...(hasPython ? JSON.parse(await counted) : {}), exitCode, lines }
}

/** The same, failing with what the program said when it did not end well. */
export async function usedWell(...[argv, options]: Parameters<typeof used>): Promise<Used> {
  const result = await used(argv, options)
  if (result.exitCode === 0) return result
  throw new Error(`${argv.join(' ')} ended with ${result.exitCode}:\n${result.lines.map((line) => line.text).join('\n')}`)
}
