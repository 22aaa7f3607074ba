// Starting and stopping tasks of a service, and saying so in its events.
import { timeLeft } from '../../core/clock.ts'
import { ecsArn } from './arn.ts'
import { putServiceAction } from './bus-events.ts'
import { type Engine, type LiveRevision, type LiveService, wakeAfter } from './engine.ts'
import { seat } from './instance-placement.ts'
import { launchTask } from './launch.ts'
import type { LiveTask } from './live-task.ts'
import { countOutcome } from './outcome.ts'
import { type Infrastructure, misplacement, nextPlace, nextProvider, takeLaunch, zoneCounts } from './placement.ts'
import { unassumableRole } from './role-check.ts'
import { resolved, tell, tellOnce } from './service-events.ts'

/** Starts up to `wanted` tasks, of which up to `sick` take the place of unhealthy ones, and tells how many it could. */
export function startTasks(engine: Engine, service: LiveService, revision: LiveRevision, wanted: number, sick: number): number {
  return launchTasks(engine, service, revision, wanted, (tasks) => {
    const replaced = Math.min(sick, tasks.length)
    const why = replaced > 0 ? ` Amazon ECS replaced ${replaced} tasks due to an unhealthy status.` : ''
    tell(engine, service, `) has started ${tasks.length} tasks: ${named(tasks)}.${why}`)
  })
}

/** Starts up to `wanted` tasks, as many as the throttle, the roles and the capacity allow now; `done` is told of them. */
export function launchTasks(
  engine: Engine,
  service: LiveService,
  revision: LiveRevision,
  wanted: number,
  done: (tasks: LiveTask[]) => void,
): number {
  if (service.rollout?.failure) return 0
  const pause = service.startsPausedUntil - engine.clock.elapsed()
  if (pause > 0) {
    wakeAfter(engine, service, pause)
    return 0
  }
  const started: LiveTask[] = []
  let obstacle: Obstacle | undefined
  while (started.length < wanted) {
    const where = infrastructure(engine, service, revision)
    obstacle = obstacleTo(engine, revision, where)
    if (obstacle) break
    if (!takeLaunch(engine, service, where)) break
    started.push(startTask(engine, service, revision, where))
  }
  if (started.length > 0) done(started)
  if (obstacle) failedPlacement(engine, service, revision, obstacle)
  else if (started.length > 0) for (const cause of OBSTACLES) resolved(service, cause)
  return started.length
}

export type StopKind = 'sick' | 'surplus' | 'old' | 'all'

/** Stops up to `wanted` of the tasks, those first that are missed least; tells how many it could. */
export function stopTasks(
  engine: Engine,
  service: LiveService,
  tasks: readonly LiveTask[],
  wanted: number,
  kind: StopKind,
): number {
  const candidates = stoppable(engine, tasks, kind)
  const chosen = candidates.length > wanted ? leastMissed(service, candidates, wanted) : candidates
  if (chosen.length < wanted && (kind === 'surplus' || kind === 'old')) awaitUnprotected(engine, service, tasks)
  if (chosen.length === 0) return 0
  tellStopped(engine, service, chosen)
  for (const task of chosen) task.stop('ServiceSchedulerInitiated', stoppedReason(task))
  return chosen.length
}

function startTask(engine: Engine, service: LiveService, revision: LiveRevision, where: Infrastructure): LiveTask {
  const { record } = service
  return launchTask(engine, {
    cluster: { name: record.cluster, arn: record.clusterArn },
    definition: revision.definition,
    where,
    platformVersion: revision.record.spec.platformVersion,
    place: nextPlace(engine, where, revision.zones, revision.tasks, othersOf(service, revision)),
    securityGroups: revision.record.spec.networkConfiguration?.awsvpcConfiguration?.securityGroups,
    group: `service:${record.name}`,
    startedBy: revision.deployment.id,
    enableExecuteCommand: record.enableExecuteCommand,
    tags: taskTags(service, revision),
    of: { service, revision },
  })
}

const NOBODY: readonly LiveTask[] = []

/** The tasks of every other revision. */
export function othersOf({ revisions }: LiveService, revision: LiveRevision): readonly LiveTask[] {
  if (revisions.length === 1) return NOBODY
  const others: LiveTask[] = []
  for (const each of revisions) if (each !== revision) for (const task of each.tasks) others.push(task)
  return others
}

function taskTags(service: LiveService, revision: LiveRevision) {
  const { propagateTags, enableECSManagedTags, cluster, name, tags } = service.record
  const own = propagateTags === 'SERVICE' ? tags : propagateTags === 'TASK_DEFINITION' ? revision.definition.tags : []
  if (!enableECSManagedTags) return own
  return [...own, { key: 'aws:ecs:clusterName', value: cluster }, { key: 'aws:ecs:serviceName', value: name }]
}

function infrastructure(
  engine: Engine,
  service: LiveService,
  { record, definition, tasks, zones }: LiveRevision,
): Infrastructure {
  const { launchType, capacityProviderStrategy } = record.spec
  if (!capacityProviderStrategy?.length && launchType === 'EC2') {
    const { cluster, name, placementConstraints, placementStrategy } = service.record
    const wanted = { cluster, definition, group: `service:${name}`, zones: zones.map(({ zone }) => zone) }
    const seated = seat(engine, { ...wanted, constraints: placementConstraints, strategies: placementStrategy })
    return { launchType, capacityProvider: undefined, seat: seated }
  }
  if (!capacityProviderStrategy?.length) return { launchType: launchType ?? 'FARGATE', capacityProvider: undefined }
  const running = new Map<string, number>()
  for (const task of tasks) {
    const provider = task.record.capacityProvider
    if (task.active && provider !== undefined) running.set(provider, (running.get(provider) ?? 0) + 1)
  }
  return { launchType: 'FARGATE', capacityProvider: nextProvider(capacityProviderStrategy, running) }
}

const OBSTACLES = ['assume-role', 'placement'] as const

interface Obstacle {
  cause: (typeof OBSTACLES)[number]
  /** What follows `(service NAME)` in its events. */
  told: string
  action: 'SERVICE_TASK_CONFIGURATION_FAILURE' | 'SERVICE_TASK_PLACEMENT_FAILURE'
  detail: { reason: string; capacityProviderArns?: string[] }
}

/** What stands against one more task there; undefined when nothing does. */
function obstacleTo(engine: Engine, { definition }: LiveRevision, where: Infrastructure): Obstacle | undefined {
  const role = unassumableRole(engine, definition)
  if (role !== undefined) {
    const told = `) failed to launch a task with (error ${role}).`
    return { cause: 'assume-role', told, action: 'SERVICE_TASK_CONFIGURATION_FAILURE', detail: { reason: role } }
  }
  const trouble = misplacement(engine, where, definition.spec.cpu)
  if (!trouble) return undefined
  const isOnInstances = where.launchType === 'EC2' || where.launchType === 'EXTERNAL'
  const because = isOnInstances ? ' because no container instance met all of its requirements' : ''
  const why = trouble.closest ?? `Reason: ${trouble.reason}`
  const provider = where.capacityProvider
  return {
    cause: 'placement',
    told: `) was unable to place a task${because}. ${why}.`,
    action: 'SERVICE_TASK_PLACEMENT_FAILURE',
    detail: {
      reason: trouble.busReason,
      ...(provider === undefined ? {} : { capacityProviderArns: [ecsArn(engine.cloud, `capacity-provider/${provider}`)] }),
    },
  }
}

/** A task that the scheduler cannot launch is a failure of its deployment (SDK, Deployment.failedTasks); it is tried again later. */
function failedPlacement(engine: Engine, service: LiveService, revision: LiveRevision, obstacle: Obstacle): void {
  const { cause, told, action, detail } = obstacle
  if (tellOnce(engine, service, cause, told)) putServiceAction(engine, service, action, detail)
  service.startsPausedUntil = engine.clock.elapsed() + engine.timings.placementRetry
  wakeAfter(engine, service, engine.timings.placementRetry)
  countOutcome(engine, service, revision, 'never-ran')
}

export function stoppable(engine: Engine, tasks: readonly LiveTask[], kind: StopKind): LiveTask[] {
  const now = engine.clock.now()
  return tasks.filter((task) => {
    if (!task.active) return false
    if (kind === 'sick') return task.health === 'sick' && task.record.lastStatus === 'RUNNING'
    if (kind === 'all') return true
    if (kind === 'surplus' && task.health === 'sick') return false
    return !isProtected(task, now)
  })
}

export function isProtected({ record }: LiveTask, now: number): boolean {
  return record.protectedUntil !== undefined && record.protectedUntil > now
}

/** Tasks that do not run yet or are not healthy go first, then those of the zone with the most tasks of the service, then the oldest. */
function leastMissed(service: LiveService, tasks: LiveTask[], wanted: number): LiveTask[] {
  const zones = zoneCounts(service.revisions.flatMap((revision) => revision.tasks))
  const left = tasks.sort((a, b) => use(a) - use(b) || a.record.createdAt - b.record.createdAt)
  const chosen: LiveTask[] = []
  while (chosen.length < wanted) {
    const first = left[0] as LiveTask
    let at = 0
    let most = zones.get(first.record.availabilityZone) ?? 0
    for (let i = 1; i < left.length && use(left[i] as LiveTask) === use(first); i++) {
      const count = zones.get((left[i] as LiveTask).record.availabilityZone) ?? 0
      if (count > most) {
        most = count
        at = i
      }
    }
    const [task] = left.splice(at, 1) as [LiveTask]
    zones.set(task.record.availabilityZone, most - 1)
    chosen.push(task)
  }
  return chosen
}

function use(task: LiveTask): number {
  if (task.record.lastStatus !== 'RUNNING' || task.health === 'sick') return 0
  return task.health === 'waiting' ? 1 : 2
}

function tellStopped(engine: Engine, service: LiveService, tasks: readonly LiveTask[]): void {
  const running = tasks.filter(({ record }) => record.lastStatus === 'RUNNING')
  const pending = tasks.length - running.length
  if (running.length > 0) tell(engine, service, `) has stopped ${running.length} running tasks: ${named(running)}.`)
  if (pending > 0) tell(engine, service, `) stopped ${pending} pending tasks.`)
}

export function stoppedReason(task: LiveTask): string {
  if (task.health === 'sick') return task.sickReason
  return `Scaling activity initiated by (deployment ${task.revision?.deployment.id})`
}

/** Says that protected tasks stand in the way, and looks again when the first of them is so no more. */
function awaitUnprotected(engine: Engine, service: LiveService, tasks: readonly LiveTask[]): void {
  const now = engine.clock.now()
  const ends = tasks.filter((task) => task.active && isProtected(task, now)).map(({ record }) => record.protectedUntil ?? now)
  if (ends.length === 0) return
  wakeAfter(engine, service, timeLeft(engine.clock, Math.min(...ends)))
  const taskSet = tasks[0]?.revision?.deployment.id
  const what = `was unable to reach steady state because task set (${taskSet}) was unable to scale in`
  tellOnce(
    engine,
    service,
    'protected',
    `) ${what}. Reason: The number of protected tasks are more than the desired count of tasks.`,
  )
}

export const named = (tasks: readonly LiveTask[]) => tasks.map(({ record }) => `(task ${record.id})`).join(' ')
