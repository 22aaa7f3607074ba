/**
 * What runs a task's containers. The scheduler decides when a task starts and stops and owns its `lastStatus`; a
 * runtime does it and reports. Three exist: child processes (the default), containers where an engine is present, and
 * a scripted one that starts nothing (scheduler tests and benches only).
 */
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import type { SessionCredentials, SessionProcess } from '../cloud.ts'

export interface TaskRuntime {
  readonly name: 'process' | 'container' | 'scripted'
  /**
   * Pulls the images, reads the secrets, opens the logs and starts the containers in the order of `dependsOn`. Never
   * throws: everything, a failure to start included, goes to `report`, and always after `start` has returned.
   */
  start(task: TaskPlan, report: TaskReport): RunningTask
  /** Ends everything that an earlier process of this sandbox left running. */
  sweep(): Promise<void>
  close(): Promise<void>
}

/** What a runtime is told of a task. */
export interface TaskPlan {
  taskArn: string
  /** The last part of the ARN: 32 hexadecimal digits. */
  taskId: string
  cluster: string
  /** `service:NAME` or `family:NAME`, as `group` has it. */
  group: string
  family: string
  revision: number
  containers: ContainerPlan[]
  /** CPU units (1024 = one vCPU) and MiB of the task, when they are set on task level. */
  cpu: number | undefined
  memory: number | undefined
  platform: { os: string; architecture: string }
  executionRoleArn: string | undefined
  taskRoleArn: string | undefined
  /** The task's own address in its subnet; the process runtime listens elsewhere, and says so through `ports`. */
  address: string | undefined
  availabilityZone: string
  /** Credentials of the task role, made anew at each call. */
  credentials?: () => SessionCredentials
}

/** A container definition after the overrides of the task; `dockerLabels`, `healthCheck`, `stopTimeout` and so on as in ECS. */
export type ContainerPlan = ContainerDefinition & { name: string; image: string }

/** What a runtime tells the scheduler, in the order in which it happens. */
export interface TaskReport {
  pullStarted(): void
  /** The digest of each container's image, once all are here. */
  pullStopped(digests: Record<string, string>): void
  /** `ports` maps each containerPort to where it can be reached on this machine. */
  containerStarted(
    container: string,
    started: { runtimeId: string; ports: { containerPort: number; host: string; hostPort: number }[] },
  ): void
  containerHealth(container: string, health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'): void
  /** `reason` is set where ECS sets it on the container (`OutOfMemoryError: …`, `CannotPullContainerError: …`). */
  containerStopped(container: string, stopped: { exitCode?: number; reason?: string }): void
  /** Every container that must have started has; the task may become RUNNING. */
  running(): void
  /** The task never became RUNNING; `reason` is the task's stoppedReason (`ResourceInitializationError: …`). */
  failedToStart(reason: string): void
  /** Nothing of the task runs any more; the last report. */
  stopped(): void
}

export interface RunningTask {
  /** Stop signal, then SIGKILL after each container's `stopTimeout`, in the reverse order of `dependsOn`. */
  stop(): void
  /** Current use: CPU units (1024 = one core) and MiB, per container; undefined when nothing runs. */
  usage(): Record<string, { cpu: number; memory: number }> | undefined
  /** Starts a command on a terminal in a running container; undefined where this runtime cannot. */
  terminal?(container: string, command: string[]): (() => Promise<SessionProcess>) | undefined
}
