// Programs that ended by themselves: what their exit code, ECS's word on the container and their log say.
// Codes above 128 are a signal's number plus 128, 126 and 127 are the shell's: POSIX, "Exit Status for Commands".
import { constants } from 'node:os'
import type { Cause } from './cause.ts'
import type { Declared, SeenContainer, SeenTask } from './evidence.ts'
import { tellingWords } from './log-lines.ts'
import { image } from './start-rules.ts'
import { type TaskRule, taskCause } from './task-rule.ts'

const SIGKILL = 137
const SIGSEGV = 139
const SIGTERM = 143

export const exitRules: TaskRule[] = [
  (task, declared) => {
    const container = endedFirst(task, declared)
    return container && byReason(task, container, declared)
  },
  (task, declared) => {
    // What was stopped from outside ended because of that, whatever its code.
    if (task.stopCode !== undefined && task.stopCode !== 'EssentialContainerExited') return undefined
    const container = endedFirst(task, declared)
    return container?.exitCode === undefined ? undefined : byExitCode(task, container.name, container.exitCode, declared)
  },
]

/** The container whose end ended the task: the others were told to stop after it. */
function endedFirst({ containers }: SeenTask, { essential, container }: Declared): SeenContainer | undefined {
  const ended = containers.filter(({ exitCode, reason }) => exitCode !== undefined || reason)
  const candidates = ended.filter(({ name }) => essential.includes(name))
  return (
    candidates.find(({ reason }) => reason) ??
    candidates.find(({ exitCode }) => exitCode !== 0 && exitCode !== SIGTERM) ??
    candidates.find(({ name }) => name === container) ??
    candidates[0]
  )
}

function byReason(task: SeenTask, { name, reason = '' }: SeenContainer, declared: Declared): Cause | undefined {
  if (/OutOfMemory/i.test(reason))
    return taskCause(task, 'out-of-memory', { container: name, memory: memory(declared) }, { container: name })
  // The sandbox's own words: its processes share one machine, where AWS gives each task an address.
  const elsewhere = /^The container listens on ports? ([\d, ]+), but/.exec(reason)?.[1]
  if (elsewhere === undefined) return undefined
  const names = { container: name, found: elsewhere, port: String(declared.port ?? '?') }
  return taskCause(task, 'port-mismatch', names, { container: name })
}

function byExitCode(task: SeenTask, container: string, exit: number, declared: Declared): Cause {
  const log = (task.log ?? []).map(({ text }) => text)
  const heap = log.find((line) => /heap out of memory|Reached heap limit|java\.lang\.OutOfMemoryError|^MemoryError/i.test(line))
  if (heap !== undefined) return taskCause(task, 'heap-exhausted', { container, line: heap.trim() }, { container })
  if (log.some((line) => /exec format error/i.test(line)))
    return taskCause(
      task,
      'architecture',
      { image: image(declared, container), wanted: declared.platform, found: '' },
      { container },
    )
  switch (exit) {
    case 0:
      return taskCause(task, 'exits-zero', { container }, { container })
    case 126:
      return taskCause(task, 'command-not-executable', { container, command: commandIn(log) }, { container })
    case 127:
      return taskCause(task, 'command-not-found', { container, command: commandIn(log) }, { container })
    case SIGKILL:
      return taskCause(task, 'killed', { container }, { container, certain: false })
    case SIGSEGV:
      return taskCause(task, 'segfault', { container }, { container })
  }
  const signal = Object.entries(constants.signals).find(([, number]) => number === exit - 128)?.[0]
  if (signal) return taskCause(task, 'signal', { container, signal, exit }, { container })
  return taskCause(task, 'crash', { container, exit, line: tellingWords(log) }, { container })
}

/** What the shell could not run: `sh: 1: gunicorn: not found`, `bash: line 1: ./run: Permission denied`. */
function commandIn(log: readonly string[]): string {
  const line = log.findLast((one) => /not found|permission denied/i.test(one)) ?? ''
  return /([^\s:]+): (?:command )?(?:not found|permission denied)/i.exec(line)?.[1] ?? ''
}

const memory = ({ memory: mib }: Declared): string => (mib === undefined ? '' : `${mib} MiB`)

/** A task that was told to stop and did not: warned of, since whatever ended the rollout is something else. */
export function killedAtStop(task: SeenTask, { stopTimeouts }: Declared): Cause | undefined {
  if (task.stopCode !== 'ServiceSchedulerInitiated' && task.stopCode !== 'UserInitiated') return undefined
  const killed = task.containers.find(({ exitCode, reason }) => exitCode === SIGKILL && !reason)
  if (!killed) return undefined
  const seconds = stopTimeouts[killed.name]
  return taskCause(
    { ...task, log: undefined },
    'killed-at-stop',
    { container: killed.name, seconds: seconds === undefined ? '' : String(seconds) },
    { container: killed.name },
  )
}
