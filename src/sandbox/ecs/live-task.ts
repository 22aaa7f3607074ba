// One task from PROVISIONING to STOPPED. It moves by its runtime's reports, its targets' health and its own waits; what the
// scheduler has to know it tells through `engine.fared`.
// Source of the states: Developer Guide, "Amazon ECS task lifecycle".
import type { TaskStopCode } from '@aws-sdk/client-ecs'
import type { Timer } from '../../core/clock.ts'
import type { TargetHealth } from '../cloud.ts'
import { putTaskEvent } from './bus-events.ts'
import { containerPlans } from './container-plan.ts'
import { type Engine, keepTask, type LiveRevision, type LiveService, queue } from './engine.ts'
import { hasContainerCheck, healthOfContainers, isEssential } from './health.ts'
import type { RunningTask, TaskPlan, TaskReport } from './runtime.ts'
import { tell, tellOnce } from './service-events.ts'
import type { ContainerRecord, TaskDefinitionRecord, TaskRecord, TaskStatus } from './state.ts'

const CREDENTIALS_SECONDS = 6 * 60 * 60
const NOBODY = 'none'

interface LiveTarget {
  targetGroupArn: string
  id: string
  port: number
  health: TargetHealth
}

export class LiveTask implements TaskReport {
  readonly record: TaskRecord
  readonly definition: TaskDefinitionRecord
  readonly service: LiveService | undefined
  readonly revision: LiveRevision | undefined
  /** What the minimum healthy percent makes of a RUNNING task. */
  health: 'waiting' | 'healthy' | 'sick' = 'waiting'
  /** Whether it was ever healthy. */
  passed = false
  /** Its container instance is draining: its service replaces it. */
  leaving = false
  /** The reason of ECS for replacing it, once it is sick. */
  sickReason = ''
  readonly #engine: Engine
  #wait: Timer | undefined
  #grace: Timer | undefined
  #running: RunningTask | undefined
  #targets: LiveTarget[] = []
  #ports: { containerPort: number; host: string; hostPort: number }[] = []
  #settled = false
  #awaitedEnds: { name: string; resolve: () => void }[] = []
  #graceEndsAt = 0

  constructor(
    engine: Engine,
    record: TaskRecord,
    definition: TaskDefinitionRecord,
    of: { service: LiveService; revision: LiveRevision } | undefined,
  ) {
    this.#engine = engine
    this.record = record
    this.definition = definition
    this.service = of?.service
    this.revision = of?.revision
  }

  /** Begins its life; the record says PROVISIONING. `trouble` is why its network interface could not be made. */
  begin(trouble: string | undefined): void {
    this.#changed()
    this.#after(this.#engine.timings.provisioning, () => {
      if (trouble !== undefined && this.active) this.#condemn('TaskFailedToStart', trouble)
      if (!this.active) return this.#deprovision()
      this.#become('PENDING')
      this.#after(this.#engine.timings.pending, () => this.#run())
    })
  }

  /** Whether it counts to the maximum percent: RUNNING or on its way there. */
  get active(): boolean {
    return this.record.desiredStatus === 'RUNNING'
  }

  /** STOPPING or later: its service no longer waits for it (SDK, DeleteService). */
  get isStopping(): boolean {
    return ['STOPPING', 'DEPROVISIONING', 'STOPPED'].includes(this.record.lastStatus)
  }

  get usage(): ReturnType<RunningTask['usage']> {
    return this.#running?.usage()
  }

  /** The way to a terminal in one of its containers, if it can be reached. */
  terminal(container: string, command: string[]): ReturnType<NonNullable<RunningTask['terminal']>> {
    return this.#running?.terminal?.(container, command)
  }

  /** Settles when a container has stopped. */
  containerEnd(name: string): Promise<void> {
    if (this.#container(name)?.lastStatus === 'STOPPED') return Promise.resolve()
    return new Promise((resolve) => void this.#awaitedEnds.push({ name, resolve }))
  }

  /** Where a port of the task is on this machine: one that no mapping names is its own. */
  place(port: number): { host: string; port: number } {
    const mapped = this.#ports.find(({ containerPort }) => containerPort === port)
    return mapped ? { host: mapped.host, port: mapped.hostPort } : { host: '127.0.0.1', port }
  }

  /** Ends it in order: targets drained, stop signal, network interface removed. A second stop changes nothing. */
  stop(stopCode: TaskStopCode, stoppedReason: string): void {
    const record = this.record
    if (record.desiredStatus === 'STOPPED') return
    this.#condemn(stopCode, stoppedReason)
    if (record.lastStatus === 'PROVISIONING') {
      this.#changed()
      return
    }
    if (record.lastStatus === 'PENDING' && !this.#running) {
      this.#wait?.cancel()
      this.#deprovision()
      return
    }
    this.#drain(() => this.#halt())
  }

  targetChanged(targetGroupArn: string, port: number, health: TargetHealth): void {
    const target = this.#targets.find((each) => each.targetGroupArn === targetGroupArn && each.port === port)
    if (!target) return
    target.health = health
    this.judge()
  }

  pullStarted(): void {
    this.record.pullStartedAt = this.#engine.clock.now()
    this.#keep()
  }

  pullStopped(digests: Record<string, string>): void {
    this.record.pullStoppedAt = this.#engine.clock.now()
    for (const container of this.record.containers) container.imageDigest = digests[container.name]
    this.#pin(digests)
    this.#keep()
  }

  containerStarted(
    name: string,
    started: { runtimeId: string; ports: { containerPort: number; host: string; hostPort: number }[] },
  ): void {
    const container = this.#container(name)
    if (!container) return
    container.lastStatus = 'RUNNING'
    container.runtimeId = started.runtimeId
    for (const port of started.ports) this.#ports.push(port)
    this.#keep()
  }

  containerHealth(name: string, health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'): void {
    const container = this.#container(name)
    if (!container || container.healthStatus === health) return
    container.healthStatus = health
    const before = this.record.healthStatus
    this.record.healthStatus = healthOfContainers(this.definition, this.record.containers)
    if (this.record.healthStatus !== before) this.#changed()
    else this.#keep()
    this.judge()
  }

  containerStopped(name: string, stopped: { exitCode?: number; reason?: string }): void {
    const container = this.#container(name)
    if (!container) return
    container.lastStatus = 'STOPPED'
    for (const each of this.#awaitedEnds) if (each.name === name) each.resolve()
    container.exitCode = stopped.exitCode
    container.reason = stopped.reason
    if (this.active && isEssential(this.definition, name)) this.#essentialExited()
    else this.#changed()
  }

  running(): void {
    if (!this.active) return
    if (this.revision && this.revision.record.spec.loadBalancers.length > 0) {
      this.#become('ACTIVATING')
      this.#activate(this.service)
    } else this.#ran()
  }

  failedToStart(reason: string): void {
    if (this.active) {
      this.#condemn('TaskFailedToStart', reason)
      this.#changed()
    }
    this.#running?.stop()
  }

  stopped(): void {
    if (this.active) this.#condemn('EssentialContainerExited', 'Essential container in task exited')
    this.#running = undefined
    this.#wait?.cancel()
    this.#drain(() => {})
    this.#deprovision()
  }

  /** Looks at its checks again. */
  judge(): void {
    if (!this.active || this.record.lastStatus !== 'RUNNING') return
    const found = this.#verdict()
    // In its grace period a task that fails its checks is not replaced, but it counts as healthy no more.
    const verdict = found === 'sick' && this.#inGrace() ? 'waiting' : found
    if (verdict === this.health) return
    const before = this.health
    this.health = verdict
    if (verdict === 'healthy') {
      this.passed = true
      this.#engine.fared(this, 'healthy')
    } else if (verdict === 'sick') {
      this.#tellSick()
      this.#engine.fared(this, 'gone')
    } else if (before === 'healthy') this.#engine.fared(this, 'gone')
  }

  #run(): void {
    if (!this.active) return
    this.#running = this.#engine.runtime.start(this.#plan(), this)
  }

  #ran(): void {
    if (!this.active) return
    this.record.startedAt = this.#engine.clock.now()
    this.#become('RUNNING')
    if (!this.service) return
    this.#graceEndsAt = this.#engine.clock.elapsed() + (this.service.record.healthCheckGracePeriodSeconds ?? 0) * 1000
    this.#engine.fared(this, 'ran')
    if (this.#targets.length === 0 && !hasContainerCheck(this.definition))
      this.#after(this.#engine.timings.settling, () => {
        this.#settled = true
        this.judge()
      })
    else this.judge()
  }

  #essentialExited(): void {
    this.#condemn('EssentialContainerExited', 'Essential container in task exited')
    this.#wait?.cancel()
    this.#drain(() => {})
    this.#become('STOPPING')
    this.#running?.stop()
  }

  #verdict(): 'waiting' | 'healthy' | 'sick' {
    const containers = hasContainerCheck(this.definition) ? this.record.healthStatus : NOBODY
    if (containers === 'UNHEALTHY') {
      this.sickReason = 'Task failed container health checks'
      return 'sick'
    }
    let all = containers === 'HEALTHY' || (containers === NOBODY && (this.#settled || this.#targets.length > 0))
    for (const { health, targetGroupArn } of this.#targets) {
      if (health.state === 'unhealthy') {
        this.sickReason = `Task failed ELB health checks in (target-group ${targetGroupArn})`
        return 'sick'
      }
      if (health.state !== 'healthy') all = false
    }
    return all ? 'healthy' : 'waiting'
  }

  /** Failed checks do not count for a while after a task has started; it is looked at again when that while is over. */
  #inGrace(): boolean {
    const left = this.#graceEndsAt - this.#engine.clock.elapsed()
    if (left <= 0) return false
    this.#grace ??= this.#engine.clock.after(left, () => {
      this.#graceEndsAt = 0
      this.judge()
    })
    return true
  }

  #tellSick(): void {
    const service = this.service
    if (!service) return
    const bad = this.#targets.find(({ health }) => health.state === 'unhealthy')
    if (bad) {
      const reason = bad.health.description ?? bad.health.reason ?? 'Health checks failed'
      const where = `(port ${bad.port}) is unhealthy in (target-group ${bad.targetGroupArn})`
      tell(this.#engine, service, `) (task ${this.record.id}) ${where} due to (reason ${reason}).`)
    } else tell(this.#engine, service, `) (task ${this.record.id}) failed container health checks.`)
  }

  /** ECS calls other services for the account, and counts against its limits (Developer Guide, "Handle Amazon ECS throttling issues"). */
  #activate(service: LiveService | undefined): void {
    if (!this.active) return
    const { cloud, timings } = this.#engine
    if (!cloud.throttled('elasticloadbalancing:RegisterTargets')) {
      this.#register()
      this.#after(timings.activating, () => this.#ran())
      return
    }
    if (service) tellOnce(this.#engine, service, 'throttled', ') operations are being throttled on elb. Will try again later.')
    this.#after(timings.throttledRetry, () => this.#activate(service))
  }

  #register(): void {
    const revision = this.revision
    if (!revision) return
    const { record } = this
    const id = record.interface?.address ?? this.#hostId() ?? record.id
    revision.record.spec.loadBalancers.forEach(({ containerName, containerPort: own = 0 }, index) => {
      const targetGroupArn = revision.record.targetGroups[index]
      if (!targetGroupArn) return
      const onHost = record.hostPorts?.find((each) => each.container === containerName && each.containerPort === own)
      const port = onHost?.hostPort ?? own
      const target: LiveTarget = { targetGroupArn, id, port, health: { state: 'initial' } }
      this.#targets.push(target)
      this.#engine.targets.set(targetKey(targetGroupArn, id, port), this)
      const open = this.#ports.find((each) => each.containerPort === own)
      const connect = open ? { host: open.host, port: open.hostPort } : { host: id, port }
      this.#engine.cloud.balancing.register(targetGroupArn, {
        id,
        port,
        availabilityZone: this.record.availabilityZone,
        connect,
      })
      if (this.service) tell(this.#engine, this.service, `) registered 1 targets in (target-group ${targetGroupArn})`)
    })
    this.record.targets = this.#targets.map(({ targetGroupArn, port }) => ({ targetGroupArn, id, port }))
    this.#keep()
  }

  /** The EC2 instance's id: the target of tasks that use the ports of their host. */
  #hostId(): string | undefined {
    const { containerInstance } = this.record
    return containerInstance === undefined ? undefined : this.#engine.containerInstances.get(containerInstance)?.ec2InstanceId
  }

  /** Takes the task out of its target groups and calls `done` when no request is in flight to it. */
  #drain(done: () => void): void {
    const targets = this.#targets
    if (targets.length === 0) {
      done()
      return
    }
    this.#targets = []
    this.record.targets = undefined
    if (this.record.lastStatus !== 'STOPPING') this.#become('DEACTIVATING')
    let left = targets.length
    for (const { targetGroupArn, id, port } of targets) {
      this.#engine.targets.delete(targetKey(targetGroupArn, id, port))
      if (this.service) {
        tell(this.#engine, this.service, `) deregistered 1 targets in (target-group ${targetGroupArn})`)
        tell(this.#engine, this.service, ') has begun draining connections on 1 tasks.')
      }
      this.#engine.cloud.balancing.deregister(targetGroupArn, { id, port }, () => {
        left--
        if (left === 0) done()
      })
    }
  }

  #halt(): void {
    if (!this.#running) return
    if (this.record.lastStatus !== 'STOPPING') this.#become('STOPPING')
    this.#running.stop()
  }

  #condemn(stopCode: TaskStopCode, stoppedReason: string): void {
    const record = this.record
    record.desiredStatus = 'STOPPED'
    record.stopCode = stopCode
    record.stoppedReason = stoppedReason
    record.stoppingAt = this.#engine.clock.now()
    this.#grace?.cancel()
    this.#engine.fared(this, this.#outcome(stopCode))
  }

  /** What its end means for the deployment that started it. */
  #outcome(stopCode: TaskStopCode): 'never-ran' | 'failed-checks' | 'gone' {
    if (stopCode !== 'TaskFailedToStart' && stopCode !== 'EssentialContainerExited') {
      return this.health === 'sick' && stopCode === 'ServiceSchedulerInitiated' ? 'failed-checks' : 'gone'
    }
    if (this.record.startedAt === undefined) return 'never-ran'
    // Without a check, a task that was RUNNING is none of the circuit breaker's business (aws/containers-roadmap#1206).
    const isChecked = hasContainerCheck(this.definition) || (this.revision?.record.spec.loadBalancers.length ?? 0) > 0
    return isChecked && !this.passed ? 'failed-checks' : 'gone'
  }

  #deprovision(): void {
    const record = this.record
    if (record.lastStatus === 'DEPROVISIONING' || record.lastStatus === 'STOPPED') return
    record.executionStoppedAt = this.#engine.clock.now()
    for (const container of record.containers) container.lastStatus = 'STOPPED'
    this.#become('DEPROVISIONING')
    this.#after(this.#engine.timings.deprovisioning, () => this.#end())
  }

  #end(): void {
    const record = this.record
    if (record.interface) this.#engine.cloud.network.release(record.interface.networkInterfaceId)
    record.stoppedAt = this.#engine.clock.now()
    this.#engine.tasks.delete(record.arn)
    if (this.revision) remove(this.revision.tasks, this)
    this.#become('STOPPED')
    this.#engine.stopped.push(record)
    this.#engine.fared(this, 'gone')
  }

  #pin(digests: Record<string, string>): void {
    const revision = this.revision
    if (!revision || Object.keys(revision.record.digests).length > 0) return
    revision.record.digests = digests
    revision.containers = undefined
    this.#engine.revisionRecords.set(revision.record.arn, revision.record)
  }

  #plan(): TaskPlan {
    const { record, definition } = this
    const { spec } = definition
    const taskRoleArn = record.overrides?.taskRoleArn ?? spec.taskRoleArn
    const cloud = this.#engine.cloud
    return {
      taskArn: record.arn,
      taskId: record.id,
      cluster: record.cluster,
      group: record.group,
      family: definition.family,
      revision: definition.revision,
      containers: containerPlans(definition, record.overrides, this.revision),
      cpu: record.cpu === undefined ? undefined : Number(record.cpu),
      memory: record.memory === undefined ? undefined : Number(record.memory),
      platform: {
        os: 'linux',
        architecture: spec.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64',
      },
      executionRoleArn: record.overrides?.executionRoleArn ?? spec.executionRoleArn,
      taskRoleArn,
      address: record.interface?.address,
      availabilityZone: record.availabilityZone,
      credentials: taskRoleArn === undefined ? undefined : () => cloud.roles.assume(taskRoleArn, record.id, CREDENTIALS_SECONDS),
    }
  }

  #container(name: string): ContainerRecord | undefined {
    for (const container of this.record.containers) if (container.name === name) return container
    return undefined
  }

  #become(status: TaskStatus): void {
    this.record.lastStatus = status
    this.#changed()
    if (this.service?.record.status === 'DRAINING') queue(this.#engine, this.service)
  }

  #changed(): void {
    this.record.version++
    this.#keep()
    putTaskEvent(this.#engine, this.record)
  }

  #keep(): void {
    this.record.updatedAt = this.#engine.clock.now()
    keepTask(this.#engine, this.record)
  }

  #after(ms: number, run: () => void): void {
    this.#wait = this.#engine.clock.after(ms, run)
  }
}

export const targetKey = (targetGroupArn: string, id: string, port: number): string => `${targetGroupArn}|${id}|${port}`

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item)
  if (at < 0) return
  const last = list.pop() as T
  if (at < list.length) list[at] = last
}
