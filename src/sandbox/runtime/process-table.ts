// What the operating system says of processes: their groups, memory, CPU time and sockets.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'

const TICK_MS = 10
const PAGE_BYTES = 4096
const LISTENING = '0A'
const isLinux = process.platform === 'linux'

export interface GroupUse {
  pids: number[]
  /** CPU time so far, that of ended and awaited children included. */
  cpuMs: number
  /** Private memory (anonymous and its own shared memory); on other systems than Linux the resident set. */
  bytes: number
}

/** What the processes of each group use now; groups without a process are left out. */
export async function groupUses(groups: ReadonlySet<number>): Promise<Map<number, GroupUse>> {
  if (groups.size === 0) return new Map()
  return isLinux ? linuxUses(groups) : otherUses(groups)
}

function linuxUses(groups: ReadonlySet<number>): Map<number, GroupUse> {
  const uses = new Map<number, GroupUse>()
  for (const pid of pids()) {
    const stat = statOf(pid)
    if (!stat || !groups.has(stat.group)) continue
    const use = uses.get(stat.group) ?? { pids: [], cpuMs: 0, bytes: 0 }
    use.pids.push(pid)
    use.cpuMs += stat.ticks * TICK_MS
    const [, resident = 0, shared = 0] = read(`/proc/${pid}/statm`)?.split(' ').map(Number) ?? []
    use.bytes += Math.max(0, resident - shared) * PAGE_BYTES
    uses.set(stat.group, use)
  }
  return uses
}

async function otherUses(groups: ReadonlySet<number>): Promise<Map<number, GroupUse>> {
  const uses = new Map<number, GroupUse>()
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,pgid=,rss=,time='])
  for (const line of stdout.split('\n')) {
    const [pid = '', group = '', rss = '', time = ''] = line.trim().split(/\s+/)
    if (!groups.has(Number(group))) continue
    const use = uses.get(Number(group)) ?? { pids: [], cpuMs: 0, bytes: 0 }
    use.pids.push(Number(pid))
    use.cpuMs += time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0) * 1000
    use.bytes += Number(rss) * 1024
    uses.set(Number(group), use)
  }
  return uses
}

export interface Listeners {
  /** Every TCP port of this machine on which something listens. */
  all: ReadonlySet<number>
  /** Those on which one of these processes listens. */
  of(pids: readonly number[]): number[]
}

/** Who listens where, at this instant; undefined where that cannot be seen. Costs the kernel some milliseconds. */
export function tcpListeners(): Listeners | undefined {
  if (!isLinux) return undefined
  const ports = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (read(table) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (fields[3] === LISTENING && fields[9]) ports.set(fields[9], Number.parseInt(fields[1]?.split(':')[1] ?? '', 16))
    }
  }
  const portOf = (pid: number, descriptor: string) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${descriptor}`) ?? '')?.[1]
    return (inode !== undefined && ports.get(inode)) || []
  }
  return {
    all: new Set(ports.values()),
    of(pids) {
      const found = pids.flatMap((pid) => list(`/proc/${pid}/fd`).flatMap((descriptor) => portOf(pid, descriptor)))
      return [...new Set(found)].sort((a, b) => a - b)
    },
  }
}

/** A token that no later process with the same id can have; undefined when there is no such process. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (isLinux) {
    const stat = statOf(pid)
    return stat && `${read('/proc/sys/kernel/random/boot_id')?.trim()} ${stat.started}`
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout.trim() || undefined
}

/** Processes whose environment holds `mark`, wherever their parents and groups went. Only Linux shows it. */
export function processesMarked(mark: string): number[] {
  if (!isLinux) return []
  return pids().filter((pid) => pid !== process.pid && read(`/proc/${pid}/environ`)?.includes(mark))
}

/** Ends the processes whose environment holds `mark`, those too that they start meanwhile. */
export function killMarked(mark: string): void {
  const killed = new Set<number>()
  for (let found = processesMarked(mark); found.length > 0; found = processesMarked(mark).filter((pid) => !killed.has(pid))) {
    for (const pid of found) {
      killNow(pid)
      killed.add(pid)
    }
  }
}

/** Whether a process is there; one that has ended and is not awaited yet is. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Sends SIGKILL to a process, or with a negative id to a group; one that has ended by itself is no error. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

interface Stat {
  group: number
  ticks: number
  started: string
}

/** proc_pid_stat(5); the command may hold spaces and brackets, so fields are counted from its closing one. */
function statOf(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
  return { group: Number(fields[2]), ticks, started: fields[19] ?? '' }
}

const pids = () =>
  list('/proc')
    .map(Number)
    .filter((pid) => pid > 0)

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
