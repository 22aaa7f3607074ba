// The state of ECS in one place: the tables that are kept, and the live objects that the scheduler turns, one per record.
import type { Clock, Timer } from '../../core/clock.ts'
import type { Cloud, Table } from '../cloud.ts'
import type { LiveTask } from './live-task.ts'
import type { Failure } from './rollback.ts'
import type { ContainerPlan, TaskRuntime } from './runtime.ts'
import type {
  ClusterRecord,
  ContainerInstanceRecord,
  DeploymentRecord,
  RevisionRecord,
  ServiceDeploymentRecord,
  ServiceRecord,
  TaskDefinitionRecord,
  TaskRecord,
} from './state.ts'
import { DEFAULT_TIMINGS, type Timings } from './timings.ts'

export interface EcsOptions {
  runtime: TaskRuntime
  timings?: Partial<Timings>
}

/** A revision that has tasks or is to have them. */
export interface LiveRevision {
  deployment: DeploymentRecord
  record: RevisionRecord
  definition: TaskDefinitionRecord
  /** Every task that is not STOPPED yet. */
  tasks: LiveTask[]
  zones: { subnet: string; zone: string }[]
  /** What tasks of this revision run, with digests once they are known; made when first needed. */
  containers: ContainerPlan[] | undefined
}

/** A service deployment under way. */
export interface LiveRollout {
  record: ServiceDeploymentRecord
  timer: Timer | undefined
  /** Waits of hooks, by hook id. */
  hookTimers: Map<string, Timer>
  /** A traffic shift: hooks of the present stage are under way, or its bake. */
  waiting: boolean
  /** The present stage has been begun. */
  entered?: boolean
  /** A rollback: all traffic is where it came from. */
  isBack?: boolean
  /** What follows the hooks of the present stage. */
  afterHooks?: () => void
  /** The bake of a rolling deployment with alarms is over. */
  baked?: boolean
  /** Set when it has failed, until the scheduler next looks at the service. */
  failure?: Failure
}

export interface LiveService {
  record: ServiceRecord
  /** The PRIMARY first, then by age, newest first. */
  revisions: LiveRevision[]
  rollout: LiveRollout | undefined
  steady: boolean
  queued: boolean
  wake: { at: number; timer: Timer } | undefined
  /** Until when (simulated milliseconds) no task is started, and the failures in a row that led to it. */
  startsPausedUntil: number
  failuresInRow: number
  /** When each kind of event was last told, to mute its repetition. */
  told: Map<string, { message: string; at: number }>
  rebalancing: LiveTask | undefined
  /** After a restart: how many tasks the revisions besides the primary had, until they have them again. */
  lost: { revision: LiveRevision; count: number }[]
}

export interface Capacity {
  /** vCPUs that Fargate may run at once; undefined for no limit. */
  vcpus: number | undefined
  /** Capacity providers that have none left. */
  exhausted: Set<string>
  /** Fargate's launch buckets, by capacity provider. */
  launches: Map<string, LaunchBucket>
}

export interface LaunchBucket {
  /** What was in it when it was last looked at. */
  left: number
  at: number
  /** Who waits for a launch, in this order, and the timer until there is one. */
  waiting: Set<LiveService>
  timer: Timer | undefined
}

export interface Engine {
  readonly cloud: Cloud
  readonly clock: Clock
  readonly runtime: TaskRuntime
  readonly timings: Timings
  readonly clusters: Table<ClusterRecord>
  readonly containerInstances: Table<ContainerInstanceRecord>
  readonly definitions: Table<TaskDefinitionRecord>
  /** The last revision number of each family. */
  readonly families: Table<number>
  readonly serviceRecords: Table<ServiceRecord>
  readonly revisionRecords: Table<RevisionRecord>
  readonly serviceDeployments: Table<ServiceDeploymentRecord>
  readonly taskRecords: Table<TaskRecord>
  readonly runTokens: Table<{ request: string; taskArns: string[]; at: number }>
  readonly settings: Table<string>
  readonly services: Map<string, LiveService>
  readonly tasks: Map<string, LiveTask>
  /** Tasks by `target group|id|port`. */
  readonly targets: Map<string, LiveTask>
  /** Stopped tasks, oldest first, until they are forgotten. */
  readonly stopped: TaskRecord[]
  readonly capacity: Capacity
  /** Called after each change of a record, before it is kept. */
  changed: ((kind: 'service' | 'task' | 'deployment', key: string) => void) | undefined
  /** Brings a service one step nearer to what is wanted; set by `ecs.ts` to break the circle of modules. */
  reconcile: (service: LiveService) => void
  /** Tells the scheduler how a task of a service fared. */
  fared: (task: LiveTask, outcome: 'never-ran' | 'ran' | 'failed-checks' | 'healthy' | 'gone') => void
}

export function newEngine(cloud: Cloud, options: EcsOptions): Engine {
  const notYet = () => {
    throw new Error('The scheduler is not wired')
  }
  return {
    cloud,
    clock: cloud.clock,
    runtime: options.runtime,
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    clusters: cloud.table('ecs.clusters'),
    containerInstances: cloud.table('ecs.container-instances'),
    definitions: cloud.table('ecs.task-definitions'),
    families: cloud.table('ecs.families'),
    serviceRecords: cloud.table('ecs.services'),
    revisionRecords: cloud.table('ecs.service-revisions'),
    serviceDeployments: cloud.table('ecs.service-deployments'),
    taskRecords: cloud.table('ecs.tasks'),
    runTokens: cloud.table('ecs.run-tokens'),
    settings: cloud.table('ecs.settings'),
    services: new Map(),
    tasks: new Map(),
    targets: new Map(),
    stopped: [],
    capacity: { vcpus: undefined, exhausted: new Set(), launches: new Map() },
    changed: undefined,
    reconcile: notYet,
    fared: notYet,
  }
}

/** Has the service looked at once, soon, however often it is asked for: events that fall together cost one look. */
export function queue(engine: Engine, service: LiveService): void {
  if (service.queued) return
  service.queued = true
  engine.clock.after(0, () => {
    service.queued = false
    engine.reconcile(service)
  })
}

/** Has the service looked at after `ms`, or at an earlier time already set. */
export function wakeAfter(engine: Engine, service: LiveService, ms: number): void {
  const at = engine.clock.elapsed() + ms
  if (service.wake && service.wake.at <= at) return
  service.wake?.timer.cancel()
  const timer = engine.clock.after(ms, () => {
    service.wake = undefined
    engine.reconcile(service)
  })
  service.wake = { at, timer }
}

export function keepService(engine: Engine, service: LiveService): void {
  engine.serviceRecords.set(service.record.arn, service.record)
  engine.changed?.('service', service.record.arn)
}

export function keepTask(engine: Engine, record: TaskRecord): void {
  engine.taskRecords.set(record.arn, record)
  engine.changed?.('task', record.arn)
}

export function keepServiceDeployment(engine: Engine, record: ServiceDeploymentRecord): void {
  record.updatedAt = engine.clock.now()
  engine.serviceDeployments.set(record.arn, record)
  engine.changed?.('deployment', record.arn)
}

export function newLiveService(record: ServiceRecord): LiveService {
  return {
    record,
    revisions: [],
    rollout: undefined,
    steady: false,
    queued: false,
    wake: undefined,
    startsPausedUntil: 0,
    failuresInRow: 0,
    told: new Map(),
    rebalancing: undefined,
    lost: [],
  }
}
