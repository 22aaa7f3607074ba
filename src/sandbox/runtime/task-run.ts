// One task from start to end: what is prepared, the order of dependsOn, health, and stopping.
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { Cloud, ResolvedImage, SessionProcess } from '../cloud.ts'
import type { ContainerPlan, TaskPlan, TaskReport } from '../ecs/runtime.ts'
import { LoggerFailure } from './awslogs.ts'
import { type Dependency, dependenciesOf, dependencyState } from './dependencies.ts'
import { type Engine, type Exit, type Launched, StartFailure, type Usage } from './engine.ts'
import { definedVariables } from './environment.ts'
import { pullRefusal } from './execution-role.ts'
import type { Router } from './firelens.ts'
import { holdFreePort, releasePort } from './free-port.ts'
import { type Health, healthProbe, watchHealth } from './health-check.ts'
import { type ContainerLog, openLog } from './log-driver.ts'
import type { TaskEndpoint } from './task-endpoint.ts'
import { noWayOut } from './way-out.ts'

const STOP_TIMEOUT_SECONDS = 30
/** Of simulated time that a container must have run for to be started again, unless its policy says otherwise. */
const RESTART_PERIOD_SECONDS = 300
// What ECS's agent reports for a container that never started because its dependency failed.
const NEVER_STARTED = 143

export interface TaskRunParts {
  cloud: Cloud
  engine: Engine
  endpoint: TaskEndpoint
  /** Makes ready what all tasks need; called for each, before anything else of it. */
  open(): Promise<void>
  /** What a container is told of where it can reach this machine. */
  reach(task: TaskPlan, runtimeId: string): { endpointUrl: string; variables: Record<string, string> }
  folder: string
  settings: { healthGraceMs: number; firelensAcknowledge: boolean }
  /** Called when nothing of the task is left. */
  ended(run: TaskRun): void
}

export interface ContainerState {
  readonly plan: ContainerPlan
  readonly runtimeId: string
  readonly dependencies: Dependency[]
  status: 'waiting' | 'starting' | 'running' | 'stopped'
  health: Health
  createdAt: number
  startedAt?: number
  finishedAt?: number
  exit?: Exit
  /** How often it was started again in place. */
  restarts: number
  image?: ResolvedImage
  launched?: Launched
  log?: ContainerLog
  timedOut?: boolean
  signalled?: boolean
}

/** A task that ends with its sandbox did not fail: its service is to have it again when the sandbox comes back. */
const UNHEARD: TaskReport = {
  pullStarted() {},
  pullStopped() {},
  containerStarted() {},
  containerHealth() {},
  containerStopped() {},
  running() {},
  failedToStart() {},
  stopped() {},
}

/** A task that cannot start; the message is its stoppedReason, `container` the one to blame. */
class TaskFailure extends Error {
  readonly container: string | undefined

  constructor(reason: string, container?: string) {
    super(reason)
    this.container = container
  }
}

export class TaskRun {
  readonly plan: TaskPlan
  readonly containers: ContainerState[]
  pullStartedAt: number | undefined
  pullStoppedAt: number | undefined
  readonly #parts: TaskRunParts
  #report: TaskReport
  readonly #secrets = new Map<string, Record<string, string>>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #ended = Promise.withResolvers<void>()
  #router: Router | undefined
  #prepared = false
  #running = false
  #stopping = false
  #overdue = false
  #finished = false

  constructor(parts: TaskRunParts, plan: TaskPlan, report: TaskReport) {
    this.#parts = parts
    this.plan = plan
    this.#report = report
    this.containers = plan.containers.map((container) => ({
      plan: container,
      runtimeId: `${plan.taskId}-${String(randomInt(1e10)).padStart(10, '0')}`,
      dependencies: dependenciesOf(container, plan.containers),
      status: 'waiting',
      health: 'UNKNOWN',
      createdAt: parts.cloud.clock.now(),
      restarts: 0,
    }))
  }

  start(): void {
    // Reports come only after the caller has got what it started.
    setImmediate(async () => {
      try {
        await this.#prepare()
      } catch (cause) {
        this.#fail((cause as Error).message, cause instanceof TaskFailure ? cause.container : undefined)
      }
      this.#prepared = true
      this.#advance()
    })
  }

  stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    for (const container of this.containers) if (container.status === 'waiting') container.status = 'stopped'
    this.#stopNext()
    this.#settle()
  }

  /** Stops, kills what is still there after `ms`, and settles when all is gone. Nothing is reported any more. */
  async end(ms: number): Promise<void> {
    this.#report = UNHEARD
    this.stop()
    this.#later(ms, () => {
      this.#overdue = true
      for (const { launched } of this.containers) launched?.kill()
    })
    await this.#ended.promise
  }

  usage(): Record<string, Usage> | undefined {
    const uses = this.containers.flatMap(({ plan, status, launched }) => {
      const usage = status === 'running' ? launched?.usage() : undefined
      return usage ? [[plan.name, usage] as const] : []
    })
    return uses.length > 0 ? Object.fromEntries(uses) : undefined
  }

  terminal(name: string, command: string[]): (() => Promise<SessionProcess>) | undefined {
    const container = this.containers.find(({ plan, status }) => plan.name === name && status === 'running')
    const open = container?.launched?.terminal
    return open && (() => open(command))
  }

  async #prepare(): Promise<void> {
    this.#refuse()
    await this.#parts.open()
    this.#assumeRoles()
    const trouble = noWayOut(this.#parts.cloud, this.plan)
    if (trouble) throw new TaskFailure(trouble, this.plan.containers[0]?.name)
    this.#readSecrets()
    await this.#pullImages()
    if (this.#stopping) return
    await this.#openRouter()
    this.#openLogs()
    this.#parts.endpoint.add(this)
  }

  #refuse(): void {
    for (const container of this.plan.containers) {
      const reason = this.#parts.engine.refusal(container)
      if (reason) throw new TaskFailure(reason, container.name)
    }
  }

  #assumeRoles(): void {
    const { roles } = this.#parts.cloud
    for (const role of [this.plan.executionRoleArn, this.plan.taskRoleArn]) {
      if (role && !(roles.exists(role) && roles.trusts(role, 'ecs-tasks.amazonaws.com'))) {
        throw new TaskFailure(
          `ECS was unable to assume the role '${role}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
        )
      }
    }
  }

  #readSecrets(): void {
    for (const { name, secrets = [] } of this.plan.containers) {
      const values: Record<string, string> = {}
      for (const { name: variable, valueFrom } of secrets) {
        if (!variable || !valueFrom) continue
        try {
          values[variable] = this.#parts.cloud.secrets.read(valueFrom, this.plan.executionRoleArn)
        } catch (cause) {
          throw new TaskFailure(secretFailure(valueFrom, cause as Error), name)
        }
      }
      this.#secrets.set(name, values)
    }
  }

  async #pullImages(): Promise<void> {
    const { cloud, engine } = this.#parts
    this.pullStartedAt = cloud.clock.now()
    this.#report.pullStarted()
    const pulls = await Promise.allSettled(
      this.containers.map(async (container) => {
        const refusal = pullRefusal(cloud, this.plan, container.plan.image)
        if (refusal) throw new Error(refusal)
        container.image = await cloud.images.resolve(container.plan.image, this.plan.platform)
        await engine.pull(container.image)
        return [container.plan.name, container.image.digest] as const
      }),
    )
    for (const [i, pull] of pulls.entries()) {
      if (pull.status === 'rejected') {
        throw new TaskFailure(pullFailure(pull.reason), this.containers[i]?.plan.name)
      }
    }
    this.pullStoppedAt = cloud.clock.now()
    const digests = pulls.flatMap((pull) => (pull.status === 'fulfilled' ? [pull.value] : []))
    if (!this.#stopping) this.#report.pullStopped(Object.fromEntries(digests))
  }

  async #openRouter(): Promise<void> {
    if (!this.plan.containers.some(({ firelensConfiguration }) => firelensConfiguration)) return
    const { firelensAcknowledge } = this.#parts.settings
    this.#router = { host: '127.0.0.1', port: await holdFreePort(), acknowledge: firelensAcknowledge }
  }

  #openLogs(): void {
    const { cloud, folder } = this.#parts
    for (const container of this.containers) {
      try {
        container.log = openLog({
          cloud,
          task: this.plan,
          container: container.plan,
          runtimeId: container.runtimeId,
          folder: join(folder, 'logs'),
          router: this.#router,
        })
      } catch (cause) {
        if (!(cause instanceof LoggerFailure)) throw cause
        throw new TaskFailure(
          `ResourceInitializationError: failed to validate logger args: ${cause.message}`,
          container.plan.name,
        )
      }
    }
  }

  /** Starts whatever its dependencies allow by now, and gives up what they never will. */
  #advance(): void {
    if (!this.#prepared) return
    for (const container of this.containers) {
      if (container.status !== 'waiting' || this.#stopping) continue
      const states = container.dependencies.map((dependency) => dependencyState(dependency, container, this.containers))
      const failed = states.find(({ state }) => state === 'failed')
      if (failed) this.#stopped(container, { exitCode: NEVER_STARTED, reason: failed.reason })
      else if (states.every(({ state }) => state === 'met')) void this.#launch(container)
    }
    this.#settle()
  }

  async #launch(container: ContainerState): Promise<void> {
    const { plan, image, log, launched: before } = container
    if (!image || !log) return
    const { cloud, engine, settings } = this.#parts
    container.status = 'starting'
    try {
      const launch = {
        task: this.plan,
        container: plan,
        image,
        runtimeId: container.runtimeId,
        environment: this.#environment(container),
        output: log.output,
      }
      container.launched = await (before && engine.relaunch ? engine.relaunch(launch, before) : engine.launch(launch))
    } catch (cause) {
      const reason = cause instanceof StartFailure ? cause.message : `CannotStartContainerError: ${(cause as Error).message}`
      await log.close()
      if (plan.essential !== false && !this.#stopping && !this.#running) this.#report.failedToStart(reason)
      return this.#stopped(container, { reason })
    }
    const { launched } = container
    container.status = 'running'
    container.startedAt = cloud.clock.now()
    this.#report.containerStarted(plan.name, { runtimeId: container.runtimeId, ports: launched.ports })
    const check = healthProbe(plan.healthCheck)
    const health =
      check &&
      watchHealth(check, {
        clock: cloud.clock,
        graceMs: settings.healthGraceMs,
        probe: launched.probe,
        report: (health) => {
          container.health = health
          this.#report.containerHealth(plan.name, health)
          this.#advance()
        },
      })
    void launched.exited.then(async (exit) => {
      health?.stop()
      if (this.#restarts(container, exit)) return this.#restart(container)
      await log.close()
      this.#stopped(container, exit)
    })
    if (plan.startTimeout) {
      this.#later(plan.startTimeout * 1000, () => {
        container.timedOut = true
        this.#advance()
      })
    }
    if (this.#overdue) launched.kill()
    if (this.#stopping) this.#stopNext()
    else {
      this.#advance()
      this.#reportRunning()
    }
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html */
  #restarts({ plan, startedAt = 0 }: ContainerState, { exitCode = 0 }: Exit): boolean {
    const { enabled, ignoredExitCodes = [], restartAttemptPeriod = RESTART_PERIOD_SECONDS } = plan.restartPolicy ?? {}
    if (!enabled || this.#stopping || !this.#parts.engine.relaunch || ignoredExitCodes.includes(exitCode)) return false
    const { clock } = this.#parts.cloud
    return (clock.now() - startedAt) * clock.factor >= restartAttemptPeriod * 1000
  }

  /** In place: the task goes on, with its address and what the container wrote. */
  #restart(container: ContainerState): void {
    container.restarts++
    if (container.health !== 'UNKNOWN') {
      container.health = 'UNKNOWN'
      this.#report.containerHealth(container.plan.name, 'UNKNOWN')
    }
    void this.#launch(container)
  }

  #environment({ plan, runtimeId }: ContainerState) {
    const { cloud, reach } = this.#parts
    const { endpointUrl, variables } = reach(this.plan, runtimeId)
    const router = this.#router
    return {
      defaults: {
        // A name that resolves to where the task can be reached, as the real one does.
        HOSTNAME: 'localhost',
        AWS_REGION: cloud.region,
        AWS_DEFAULT_REGION: cloud.region,
        AWS_ENDPOINT_URL: endpointUrl,
      },
      definition: definedVariables(plan, this.#secrets.get(plan.name) ?? {}),
      fixed: {
        AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
        ...variables,
        ...(router && { FLUENT_HOST: router.host, FLUENT_PORT: String(router.port) }),
      },
    }
  }

  #reportRunning(): void {
    if (this.#running || this.#stopping || this.containers.some(({ status }) => status === 'waiting' || status === 'starting'))
      return
    this.#running = true
    this.#report.running()
  }

  #stopped(container: ContainerState, exit: Exit): void {
    container.status = 'stopped'
    container.exit = exit
    container.finishedAt = this.#parts.cloud.clock.now()
    this.#report.containerStopped(container.plan.name, exit)
    if (container.plan.essential !== false) this.stop()
    if (this.#stopping) this.#stopNext()
    else {
      this.#advance()
      this.#reportRunning()
    }
    this.#settle()
  }

  /** Signals the containers on which no running one depends any more. */
  #stopNext(): void {
    for (const container of this.containers) {
      if (container.status !== 'running' || container.signalled) continue
      const needed = this.containers.some(
        ({ status, dependencies }) =>
          (status === 'running' || status === 'starting') && dependencies.some(({ on }) => on === container.plan.name),
      )
      if (needed) continue
      container.signalled = true
      container.launched?.terminate()
      const seconds = container.plan.stopTimeout ?? STOP_TIMEOUT_SECONDS
      const timer = this.#later(seconds * 1000, () => container.launched?.kill())
      void container.launched?.exited.then(() => clearTimeout(timer))
    }
  }

  /** The reason goes first: what a container's end means for the task depends on it. */
  #fail(reason: string, container: string | undefined): void {
    if (!this.#stopping && !this.#running) this.#report.failedToStart(reason)
    if (container) this.#report.containerStopped(container, { reason })
    this.stop()
  }

  /** Ends the task once nothing of it runs or could still start. */
  #settle(): void {
    if (this.#finished || !this.#prepared || this.containers.some(({ status }) => status !== 'stopped')) return
    this.#finished = true
    void this.#finish()
  }

  async #finish(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#router) releasePort(this.#router.port)
    this.#parts.endpoint.remove(this)
    await Promise.all(this.containers.map(({ startedAt, log }) => (startedAt === undefined ? log?.close() : undefined)))
    this.#report.stopped()
    await this.#parts.engine.remove(this.plan)
    this.#parts.ended(this)
    this.#ended.resolve()
  }

  #later(ms: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
    return timer
  }
}

function pullFailure({ message }: Error): string {
  return /^(CannotPullContainer|ResourceInitialization)Error: /.test(message) ? message : `CannotPullContainerError: ${message}`
}

/** https://repost.aws/knowledge-center/ecs-unable-to-pull-secrets */
function secretFailure(valueFrom: string, { name, message }: Error): string {
  const why = name.endsWith('Exception') ? `${name}: ${message}` : message
  const from = valueFrom.includes(':secretsmanager:')
    ? `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${valueFrom} from secrets manager`
    : 'unable to retrieve secrets from ssm: service call has been retried 1 time(s)'
  return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${from}: ${why}`
}
