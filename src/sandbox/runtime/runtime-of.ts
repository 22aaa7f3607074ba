import type { RunningTask, TaskRuntime } from '../ecs/runtime.ts'
import { TaskRun, type TaskRunParts } from './task-run.ts'

export const RUNTIME_DEFAULTS: RuntimeOptions = {
  healthGraceMs: 2_000,
  portGraceMs: 5_000,
  sampleMs: 1_000,
  closeMs: 2_000,
  firelensAcknowledge: false,
}

export interface RuntimeOptions {
  /** Failures of health checks in this real time after a container's start never count. */
  healthGraceMs: number
  /** How long a container may listen elsewhere, and not on its PORT, before it is stopped. */
  portGraceMs: number
  /** How often CPU, memory and ports are looked at. */
  sampleMs: number
  /** How long tasks have to end when the sandbox closes. */
  closeMs: number
  /** Whether log routers are asked to confirm what they get. */
  firelensAcknowledge: boolean
}

interface RuntimeParts extends Omit<TaskRunParts, 'ended'> {
  settings: RuntimeOptions
  sweep(): Promise<void>
  /** Runs when the last task has gone. */
  closed(): Promise<void>
}

/** What is asked of a runtime that closes: nothing begins any more that nobody would end. */
const NOTHING: RunningTask = { stop() {}, usage: () => undefined }

/** The runtime that an engine makes: it keeps count of the tasks that run, and ends them when the cloud closes. */
export function runtimeOf(name: 'process' | 'container', { sweep, closed, ...parts }: RuntimeParts): TaskRuntime {
  const running = new Set<TaskRun>()
  let closing: Promise<void> | undefined
  const close = async () => {
    await Promise.all([...running].map((run) => run.end(parts.settings.closeMs)))
    await closed()
  }
  const runtime: TaskRuntime = {
    name,
    start(task, report) {
      if (closing) return NOTHING
      const run = new TaskRun({ ...parts, ended: (run) => running.delete(run) }, task, report)
      running.add(run)
      run.start()
      return {
        stop: () => run.stop(),
        usage: () => run.usage(),
        terminal: (container, command) => run.terminal(container, command),
      }
    },
    sweep,
    close() {
      closing ??= close()
      return closing
    },
  }
  parts.cloud.onClose(() => runtime.close())
  return runtime
}
