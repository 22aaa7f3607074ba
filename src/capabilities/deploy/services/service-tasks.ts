// The tasks of a service as they stand now, those that have just stopped among them.
import type { Service, Task } from '../../../aws/ecs-shapes.ts'
import { describeTasks, listTasks } from '../../../aws/ecs-tasks.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { sharedLook } from '../../../aws/shared-look.ts'
import type { ServiceManifest } from '../../../manifest/environment.ts'
import type { DeployEngine } from '../engine.ts'
import type { Place } from './service-places.ts'
import { FRESH_MS, type Standing, targetsOf } from './service-rows.ts'
import type { NotSeen, ServiceTasks, Target, TaskShape, TaskState } from './service-shapes.ts'
import { softly } from './softly.ts'
import { type Versions, versionsOf } from './versions.ts'

/** More are drawn by nobody, and each hundred is a call. */
const MOST_RUNNING = 200
const MOST_STOPPED = 100

/** What was seen, before any face needs a word of it. */
interface SeenTasks {
  running: Task[]
  stopped: Task[]
  more: number
}

/** The tasks of every service that was asked for. */
export async function tasksNow(engine: DeployEngine, place: Place, of: Standing): Promise<ServiceTasks[]> {
  const { session, services, live, notSeen } = of
  const seen = await Promise.all(services.map((service) => look(session, service, live?.get(service.name), notSeen)))
  const definitions = seen
    .flatMap(({ running, stopped }) => [...running, ...stopped])
    .flatMap((task) => task.taskDefinitionArn ?? [])
  const versions = await versionsOf(engine.database, place, definitions)
  return services.map(({ name }, at) => {
    const { running, stopped, more, targets } = seen[at] as (typeof seen)[number]
    const shape = (task: Task) => taskShape(task, versions, targets)
    return { service: name, tasks: [...running.map(shape).sort(byStart), ...stopped.map(shape).sort(byEnd)], more }
  })
}

const byStart = (a: TaskShape, b: TaskShape) => (b.createdAt ?? 0) - (a.createdAt ?? 0)
const byEnd = (a: TaskShape, b: TaskShape) => (b.stoppedAt ?? 0) - (a.stoppedAt ?? 0)

async function look(session: AwsSession, service: ServiceManifest, live: Service | undefined, notSeen: NotSeen[]) {
  const nothing: SeenTasks = { running: [], stopped: [], more: 0 }
  const { cluster, service: serviceName } = service.names
  if (!live) return { ...nothing, targets: [] }
  const [tasks, targets] = await Promise.all([
    softly(notSeen, 'ecs:ListTasks', nothing, () =>
      sharedLook(session, `tasks ${cluster}/${serviceName}`, FRESH_MS, () => seenTasks(session, cluster, serviceName)),
    ),
    targetsOf(session, live, notSeen),
  ])
  return { ...tasks, targets: targets ?? [] }
}

/** A stopped task does not change any more, so each is described once. */
const known = new WeakMap<AwsSession, Map<string, Map<string, Task>>>()

async function seenTasks(session: AwsSession, cluster: string, serviceName: string): Promise<SeenTasks> {
  const services = known.get(session) ?? new Map<string, Map<string, Task>>()
  known.set(session, services)
  const ended = services.get(`${cluster}/${serviceName}`) ?? new Map<string, Task>()
  const [running, stopped] = await Promise.all([
    listTasks(session, { cluster, serviceName }),
    listTasks(session, { cluster, serviceName, desiredStatus: 'STOPPED' }),
  ])
  const wanted = [...running.slice(0, MOST_RUNNING), ...stopped.filter((arn) => !ended.has(arn)).slice(0, MOST_STOPPED)]
  const described = wanted.length > 0 ? await describeTasks(session, cluster, wanted) : new Map<string, Task>()
  const leaving = stopped.flatMap((arn) => ended.get(arn) ?? described.get(arn) ?? [])
  services.set(
    `${cluster}/${serviceName}`,
    new Map(leaving.filter(({ lastStatus }) => lastStatus === 'STOPPED').map((task) => [task.taskArn ?? '', task])),
  )
  const alive = running.flatMap((arn) => described.get(arn) ?? [])
  return { running: alive, stopped: leaving, more: Math.max(0, running.length - MOST_RUNNING) }
}

function taskShape(task: Task, versions: Versions, targets: readonly Target[]): TaskShape {
  const address = addressOf(task)
  // With awsvpc the load balancer knows a task by its address.
  const target = address === undefined ? undefined : targets.find(({ id }) => id === address)
  const shape: { [Name in keyof TaskShape]: TaskShape[Name] | undefined } = {
    ...versions(task.taskDefinitionArn ?? ''),
    id: task.taskArn?.split('/').at(-1) ?? '',
    state: stateOf(task, target),
    lastStatus: task.lastStatus ?? '',
    createdAt: task.createdAt?.getTime(),
    startedAt: task.startedAt?.getTime(),
    stoppedAt: (task.stoppedAt ?? task.stoppingAt)?.getTime(),
    zone: task.availabilityZone,
    address,
    capacity: task.capacityProviderName ?? task.launchType,
    target: target && { state: target.state, ...(target.reason ? { reason: target.reason } : {}) },
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: (task.containers ?? []).map(({ name = '', healthStatus, exitCode, reason }) => ({
      name,
      ...(healthStatus && healthStatus !== 'UNKNOWN' ? { health: healthStatus } : {}),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(reason ? { reason } : {}),
    })),
  }
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as TaskShape
}

function addressOf({ attachments = [], containers = [] }: Task): string | undefined {
  const details = attachments.flatMap(({ type, details = [] }) => (type === 'ElasticNetworkInterface' ? details : []))
  return (
    details.find(({ name }) => name === 'privateIPv4Address')?.value ??
    containers.flatMap(({ networkInterfaces = [] }) => networkInterfaces)[0]?.privateIpv4Address
  )
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html */
function stateOf({ lastStatus = '', desiredStatus, healthStatus }: Task, target: Target | undefined): TaskState {
  if (lastStatus === 'STOPPED' || lastStatus === 'DELETED') return 'stopped'
  if (desiredStatus === 'STOPPED') return 'draining'
  if (lastStatus !== 'RUNNING') return 'starting'
  if (healthStatus === 'UNHEALTHY' || target?.state === 'unhealthy') return 'unhealthy'
  if (target) return target.state === 'healthy' ? 'healthy' : 'running'
  return healthStatus === 'HEALTHY' ? 'healthy' : 'running'
}
