/**
 * What differs between the runtimes that really run something: how an image is brought here and how one container is
 * started, probed and ended. Everything else of a task is the same for both (task-run.ts).
 */
import type { ResolvedImage, SessionProcess } from '../cloud.ts'
import type { ContainerPlan, TaskPlan } from '../ecs/runtime.ts'

export interface Engine {
  /** Why a container cannot be run here as its definition asks, if it cannot. */
  refusal(container: ContainerPlan): string | undefined
  pull(image: ResolvedImage): Promise<void>
  /** Throws StartFailure when the container cannot be started. */
  launch(launch: Launch): Promise<Launched>
  /**
   * Starts a container that has just ended again, with its files and ports. An engine without it lets containers end that
   * have a restart policy.
   */
  relaunch?(launch: Launch, before: Launched): Promise<Launched>
  /** Removes what is left of a task that has ended. */
  remove(task: TaskPlan): Promise<void>
}

export interface Launch {
  task: TaskPlan
  container: ContainerPlan
  image: ResolvedImage
  runtimeId: string
  environment: LaunchEnvironment
  /** Takes a chunk of the container's output; never blocks. */
  output(source: OutputSource, chunk: Uint8Array): void
}

export type OutputSource = 'stdout' | 'stderr'

export interface LaunchEnvironment {
  /** Stand unless the image or the definition says otherwise. */
  defaults: Record<string, string>
  /** The definition's environment and secrets. */
  definition: Record<string, string>
  /** Belong to the runtime; nothing overrides them. */
  fixed: Record<string, string>
}

export interface Launched {
  ports: { containerPort: number; host: string; hostPort: number }[]
  /** Settles once, after the container's last output has been given. */
  exited: Promise<Exit>
  /** Sends the image's STOPSIGNAL (SIGTERM when it names none) to the main process. */
  terminate(): void
  /** Ends every process of the container at once. */
  kill(): void
  /** Runs a health check's command inside; true when it exits with 0 in time. */
  probe(command: string[], timeoutMs: number): Promise<boolean>
  usage(): Usage | undefined
  /** Runs a command inside, on a terminal. Throws StartFailure when it cannot be started. */
  terminal?(command: string[]): Promise<SessionProcess>
}

export interface Usage {
  /** CPU units: 1024 = one core. */
  cpu: number
  /** MiB */
  memory: number
}

export interface Exit {
  exitCode?: number
  reason?: string
}

/** A container that could not be started; the message is its reason, as ECS words it. */
export class StartFailure extends Error {
  override name = 'StartFailure'
}
