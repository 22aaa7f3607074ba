// Starts a sandbox in a child process, and reads what it counts and takes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'
import type { BenchSandboxOptions } from './sandbox-process.ts'

export type { BenchSandboxOptions }

export interface SandboxInChild {
  pid: number
  /** The AWS variables that name it. */
  env: Record<string, string>
  client: ClientConfig
  /** Requests by API since the last time that this was asked. */
  takeCalls(): Promise<Record<string, number>>
  /** Those of them that were throttled, likewise. */
  takeThrottled(): Promise<Record<string, number>>
  close(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('sandbox-process.ts', import.meta.url))

export async function sandboxInChild(options: BenchSandboxOptions): Promise<SandboxInChild> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [ready] = await once(createInterface(child.stdout), 'line')
  const { env, client } = JSON.parse(ready) as Pick<SandboxInChild, 'env' | 'client'>
  const { accessKeyId, secretAccessKey } = client.credentials
  const headers = { authorization: `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}` }
  const take = async (what: 'calls' | 'throttled') => {
    const door = `${client.endpoint}/_sandbox/${what}`
    const counted = (await (await fetch(door, { headers })).json()) as Record<string, number>
    await fetch(door, { method: 'DELETE', headers })
    return counted
  }
  return {
    pid: child.pid ?? 0,
    env,
    client,
    takeCalls: () => take('calls'),
    takeThrottled: () => take('throttled'),
    close: () => ended(child),
  }
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.stdin?.end()
  await once(child, 'close')
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: user and system time, in clock ticks of 10 ms. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Resident memory now, in MiB. */
export const residentMiB = (pid: number): number => kilobytes(`/proc/${pid}/status`, 'VmRSS') / 1024

/** Memory of processes that share pages, each page counted once among them (proportional set size), in MiB. */
export const proportionalMiB = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss'), 0) / 1024

function kilobytes(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? Number.NaN)
}

/** All processes below one, itself excluded. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      parents.set(parent, [...(parents.get(parent) ?? []), Number(name)])
    } catch {
      // It ended meanwhile.
    }
  }
  const below = (of: number): number[] => (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}
