// A runtime that starts nothing: what happens to a task is written in a script. For tests and benches of the scheduler only.
import type { Clock, Timer } from '../../core/clock.ts'
import type { RunningTask, TaskPlan, TaskReport, TaskRuntime } from './runtime.ts'

/** What becomes of a task, in simulated milliseconds. Without any of it, the task starts at once and runs until it is stopped. */
export interface Script {
  /** Until the images are pulled and the containers started. */
  startAfter?: number
  /** The task never starts, for this stoppedReason (`CannotPullContainerError: …`, `ResourceInitializationError: …`). */
  failsToStart?: string
  /** The first essential container ends by itself, counted from its start. */
  exits?: { after: number; code: number; reason?: string }
  /** What container health checks say, counted from the start; UNKNOWN before the first. */
  health?: { after: number; is: 'HEALTHY' | 'UNHEALTHY' }[]
  /** How long it takes to end when asked to. */
  stopsAfter?: number
  exitCodeWhenStopped?: number
  /** Digest of every image; made from the reference when absent. */
  digest?: string
}

export interface ScriptedRuntime extends TaskRuntime {
  /** Tasks that run now. */
  readonly running: ReadonlySet<string>
  /** Every plan that was started, oldest first; for tests. Kept only when `keepPlans` was asked for. */
  readonly plans: TaskPlan[]
}

export function scriptedRuntime(
  clock: Clock,
  script: (task: TaskPlan) => Script = () => NOTHING,
  { keepPlans = false }: { keepPlans?: boolean } = {},
): ScriptedRuntime {
  const running = new Set<string>()
  const plans: TaskPlan[] = []
  return {
    name: 'scripted',
    running,
    plans,
    start(task, report) {
      if (keepPlans) plans.push(task)
      running.add(task.taskArn)
      return new ScriptedTask(clock, task, report, script(task), running)
    },
    async sweep() {},
    async close() {
      running.clear()
    },
  }
}

const NOTHING: Script = {}
/** The exit code of a process that ends at SIGTERM by itself. */
const ENDED_BY_SIGTERM = 143

class ScriptedTask implements RunningTask {
  readonly #clock: Clock
  readonly #plan: TaskPlan
  readonly #report: TaskReport
  readonly #script: Script
  readonly #running: Set<string>
  #timers: Timer[] = []
  #phase: 'starting' | 'started' | 'stopping' | 'over' = 'starting'

  constructor(clock: Clock, plan: TaskPlan, report: TaskReport, script: Script, running: Set<string>) {
    this.#clock = clock
    this.#plan = plan
    this.#report = report
    this.#script = script
    this.#running = running
    this.#after(script.startAfter ?? 0, () => this.#start())
  }

  stop(): void {
    if (this.#phase === 'stopping' || this.#phase === 'over') return
    const started = this.#phase === 'started'
    this.#phase = 'stopping'
    for (const timer of this.#timers) timer.cancel()
    this.#after(this.#script.stopsAfter ?? 0, () => this.#end(started, this.#script.exitCodeWhenStopped ?? ENDED_BY_SIGTERM))
  }

  usage(): ReturnType<RunningTask['usage']> {
    if (this.#phase !== 'started') return undefined
    return Object.fromEntries(this.#plan.containers.map(({ name }) => [name, { cpu: 0, memory: 0 }]))
  }

  #start(): void {
    const report = this.#report
    report.pullStarted()
    if (this.#script.failsToStart !== undefined) {
      this.#phase = 'stopping'
      report.failedToStart(this.#script.failsToStart)
      this.#end(false, 0)
      return
    }
    const { containers } = this.#plan
    const digests: Record<string, string> = {}
    for (const { name, image } of containers) digests[name] = this.#script.digest ?? digestOf(image)
    report.pullStopped(digests)
    this.#phase = 'started'
    for (const { name, portMappings = [] } of containers) {
      const ports = portMappings.map(({ containerPort = 0 }) => ({ containerPort, host: '127.0.0.1', hostPort: containerPort }))
      report.containerStarted(name, { runtimeId: `${this.#plan.taskId}-${name}`, ports })
    }
    const { exits, health } = this.#script
    if (health) for (const { after, is } of health) this.#after(after, () => this.#tellHealth(is))
    if (exits) this.#after(exits.after, () => this.#exit(exits.code, exits.reason))
    report.running()
  }

  #tellHealth(is: 'HEALTHY' | 'UNHEALTHY'): void {
    for (const { name, healthCheck } of this.#plan.containers) if (healthCheck) this.#report.containerHealth(name, is)
  }

  #exit(exitCode: number, reason: string | undefined): void {
    const essential = this.#plan.containers.find((each) => each.essential !== false)
    if (essential) this.#report.containerStopped(essential.name, { exitCode, reason })
    const others = this.#plan.containers.filter((each) => each !== essential)
    if (others.length === 0) this.#end(false, 0)
    else this.stop()
  }

  #end(started: boolean, exitCode: number): void {
    if (this.#phase === 'over') return
    for (const timer of this.#timers) timer.cancel()
    this.#phase = 'over'
    this.#running.delete(this.#plan.taskArn)
    if (started) for (const { name } of this.#plan.containers) this.#report.containerStopped(name, { exitCode })
    this.#report.stopped()
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push(this.#clock.after(ms, run))
  }
}

const DIGEST = /@(sha256:[0-9a-f]{64})$/

function digestOf(image: string): string {
  const given = DIGEST.exec(image)?.[1]
  if (given) return given
  let hash = 0
  for (let at = 0; at < image.length; at++) hash = (Math.imul(hash, 31) + image.charCodeAt(at)) >>> 0
  return `sha256:${hash.toString(16).padStart(8, '0').repeat(8)}`
}
