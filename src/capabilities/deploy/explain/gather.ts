// Gathers what explains a rollout: few calls, each only where what is known already gives a reason for it.
import type { Service } from '../../../aws/ecs-shapes.ts'
import { describeTasks, listTasks } from '../../../aws/ecs-tasks.ts'
import { targetGroup, targetHealth } from '../../../aws/load-balancing.ts'
import { lastLines } from '../../../aws/logs.ts'
import { securityGroups } from '../../../aws/network.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { KibanError } from '../../../core/error.ts'
import type { Rollout } from '../deployment.ts'
import type { ServicePlan } from '../plan.ts'
import { causeKey } from './cause.ts'
import { declaredBy } from './declared.ts'
import type { Declared, LogLine, RolloutEvidence, SeenTask } from './evidence.ts'
import { taskCauseOf } from './explain.ts'
import { FAILED_CHECKS } from './health-rules.ts'
import { shownLine } from './log-lines.ts'
import { closestIn, roomOn } from './placement.ts'
import { seenTask, startedIn, targetHealthIn } from './seen-task.ts'

const LOG_LINES = 30
/** Tasks that are described at one look; the first hundred of a crash loop say all. */
const MOST_TASKS = 100
/** ECS dates its events itself; those of the same moment as the rollout belong to it. */
const EVENT_SKEW_MS = 1_000

export interface Gathering {
  session: AwsSession
  rollout: Rollout
  planned: ServicePlan
  service: Service | undefined
  /** Whether tasks are to be looked at whatever the events say. */
  thorough: boolean
  /** Tasks that were looked at before, by id; added to. */
  known: Map<string, Known>
  signal: AbortSignal
}

/** A task, and whether it is of this rollout's revision. */
export interface Known {
  task: SeenTask
  ours: boolean
}

type Gathered = Pick<RolloutEvidence, 'tasks' | 'oldTasks' | 'events' | 'closest' | 'declared' | 'notSeen'>

export async function gather(of: Gathering): Promise<Gathered> {
  const { rollout, planned, service, known, thorough } = of
  const notSeen: string[] = []
  const since = (rollout.view?.createdAt ?? rollout.sentAt ?? 0) - EVENT_SKEW_MS
  const events = eventsSince(service, since)
  let declared = declaredBy(planned, service)
  const health = targetHealthIn(events)
  if (thorough || health.size > 0 || isTroubled(rollout, service, events)) {
    await look(of, since, [...health.keys()], notSeen)
    for (const entry of known.values()) {
      const told = health.get(entry.task.id)
      if (told) entry.task = { ...entry.task, targetHealth: told }
    }
    declared = await checked(of, declared, notSeen)
    await readLogs(of, declared, notSeen)
  }
  const all = [...known.values()]
  return {
    tasks: all.filter(({ ours }) => ours).map(({ task }) => task),
    oldTasks: all.filter(({ ours }) => !ours).map(({ task }) => task),
    events,
    closest: await closest(of, events, notSeen),
    declared,
    notSeen,
  }
}

function eventsSince(service: Service | undefined, since: number): { at: number; message: string }[] {
  return (service?.events ?? [])
    .map(({ createdAt, message = '' }) => ({ at: createdAt?.getTime() ?? 0, message }))
    .filter(({ at }) => at >= since)
    .sort((a, b) => a.at - b.at)
}

/** What is left on the instance that came closest, as the last event says that could not place a task. */
async function closest({ session, rollout, signal }: Gathering, events: { message: string }[], notSeen: string[]) {
  const id = events.flatMap(({ message }) => (/unable to place a task/.test(message) ? (closestIn(message) ?? []) : [])).at(-1)
  if (id === undefined) return undefined
  return tried(notSeen, 'ecs:DescribeContainerInstances', undefined, () => roomOn(session, rollout.cluster, id, signal))
}

/** Whether ECS counts failures, or starts more tasks than it needs. */
function isTroubled(rollout: Rollout, service: Service | undefined, events: { message: string }[]): boolean {
  const ours = service?.deployments?.find(({ taskDefinition }) => taskDefinition === rollout.definition)
  const wanted = ours?.desiredCount ?? service?.desiredCount ?? 0
  return (ours?.failedTasks ?? 0) > 0 || startedIn(events) > wanted
}

/** Takes in the tasks that have ended, and running ones of which the load balancer complains. */
async function look(of: Gathering, since: number, sick: string[], notSeen: string[]): Promise<void> {
  const { session, rollout, known, signal } = of
  const { cluster, name, definition } = rollout
  const stopped = await tried(notSeen, 'ecs:ListTasks', [], () =>
    listTasks(session, { cluster, serviceName: name, desiredStatus: 'STOPPED' }, signal),
  )
  const ids = new Set([...stopped.map((arn) => arn.split('/').at(-1) ?? arn), ...sick])
  const fresh = [...ids].filter((id) => known.get(id)?.task.lastStatus !== 'STOPPED').slice(0, MOST_TASKS)
  if (fresh.length === 0) return
  const described = await tried(notSeen, 'ecs:DescribeTasks', new Map(), () => describeTasks(session, cluster, fresh, signal))
  for (const task of described.values()) {
    const seen = seenTask(task)
    if ((seen.stoppedAt ?? Number.POSITIVE_INFINITY) < since) continue
    const before = known.get(seen.id)?.task
    known.set(seen.id, { task: { ...seen, log: before?.log }, ours: task.taskDefinitionArn === definition })
  }
}

/** The settings of the health check that tasks fail, and whether anything may come through to them. */
async function checked(of: Gathering, declared: Declared, notSeen: string[]): Promise<Declared> {
  const { session, service, known, signal } = of
  const failing = [...known.values()].filter(({ task, ours }) => ours && isSick(task))
  const arn = service?.loadBalancers?.find((one) => one.containerName === declared.container)?.targetGroupArn
  if (failing.length === 0 || arn === undefined) return declared
  const group = await tried(notSeen, 'elasticloadbalancing:DescribeTargetGroups', undefined, () =>
    targetGroup(session, arn, signal),
  )
  if (failing.every(({ task }) => task.targetHealth.length === 0)) await askTargets(of, arn, failing, notSeen)
  const silent = failing.some(({ task }) => /timed? ?out/i.test(task.targetHealth.at(-1)?.reason ?? ''))
  return {
    ...declared,
    check: group && { path: group.HealthCheckPath, timeoutSeconds: group.HealthCheckTimeoutSeconds },
    closedGroup: silent ? await closedGroup(of, declared, notSeen) : undefined,
  }
}

const isSick = ({ stoppedReason, targetHealth: told }: SeenTask): boolean =>
  told.length > 0 || FAILED_CHECKS.test(stoppedReason ?? '')

/** Where the events do not say why targets are unhealthy, the load balancer does, as long as it still has them. */
async function askTargets({ session, signal }: Gathering, arn: string, failing: Known[], notSeen: string[]): Promise<void> {
  const targets = await tried(notSeen, 'elasticloadbalancing:DescribeTargetHealth', [], () => targetHealth(session, arn, signal))
  const bad = targets.find(({ TargetHealth }) => TargetHealth?.State === 'unhealthy')?.TargetHealth
  const reason = [bad?.Description, bad?.Reason].filter(Boolean).join(' ')
  if (reason !== '') for (const entry of failing) entry.task = { ...entry.task, targetHealth: [{ at: undefined, reason }] }
}

/** The security group of the tasks when none of theirs lets anybody in at the port. */
async function closedGroup({ session, service, signal }: Gathering, { port }: Declared, notSeen: string[]) {
  const ids = service?.networkConfiguration?.awsvpcConfiguration?.securityGroups ?? []
  if (ids.length === 0 || port === undefined) return undefined
  const groups = await tried(notSeen, 'ec2:DescribeSecurityGroups', undefined, () =>
    securityGroups(session, [{ Name: 'group-id', Values: ids }], signal),
  )
  const open = groups?.some(({ IpPermissions = [] }) =>
    IpPermissions.some(
      ({ IpProtocol, FromPort = 0, ToPort = 65_535 }) =>
        IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= port && port <= ToPort),
    ),
  )
  return groups === undefined || open ? undefined : ids[0]
}

/**
 * Reads the log of one task of each kind of failure, once. Tasks that failed alike share what it says, so that all of them
 * are told by the same rule.
 */
async function readLogs(of: Gathering, declared: Declared, notSeen: string[]): Promise<void> {
  const ran = [...of.known.values()].filter(({ task, ours }) => ours && hasRun(task))
  const kinds = Map.groupBy(ran, ({ task }) => kindOf(task, declared))
  await Promise.all(
    [...kinds].map(async ([, alike]) => {
      const read = alike.find(({ task }) => (task.log?.length ?? 0) > 0)?.task.log
      const last = alike.toSorted((a, b) => (b.task.stoppedAt ?? 0) - (a.task.stoppedAt ?? 0))[0]?.task
      const log = read ?? (last && (await logOf(of, last, declared, notSeen)))
      for (const entry of alike) entry.task = { ...entry.task, log }
    }),
  )
}

/** Before its log is known, tasks are alike when the same rule takes them. */
function kindOf(task: SeenTask, declared: Declared): string {
  const cause = taskCauseOf({ ...task, log: undefined }, declared)
  return cause ? causeKey(cause) : ''
}

const hasRun = ({ startedAt, containers }: SeenTask): boolean =>
  startedAt !== undefined || containers.some(({ exitCode }) => exitCode !== undefined)

async function logOf(of: Gathering, task: SeenTask, declared: Declared, notSeen: string[]): Promise<LogLine[]> {
  const container = taskCauseOf(task, declared)?.subject ?? declared.container
  const { session, planned, signal } = of
  return readLog({ session, definition: planned.definition, signal }, task, container, notSeen)
}

/**
 * The last lines of a container's log, where CloudWatch Logs has them.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
 */
export async function readLog(
  { session, definition, signal }: { session: AwsSession; definition: ServicePlan['definition']; signal: AbortSignal },
  task: Pick<SeenTask, 'id'>,
  container: string,
  notSeen: string[] = [],
): Promise<LogLine[]> {
  const { logConfiguration } = definition.containerDefinitions?.find(({ name }) => name === container) ?? {}
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } = logConfiguration?.options ?? {}
  if (logConfiguration?.logDriver !== 'awslogs' || group === undefined || prefix === undefined) return []
  const stream = { group, name: `${prefix}/${container}/${task.id}` }
  const lines = await tried(notSeen, 'logs:GetLogEvents', [], () => lastLines(session, stream, LOG_LINES, signal))
  return lines.map(({ at, message }) => ({ at, text: shownLine(message) }))
}

/** What cannot be looked at does not stop the explanation: it says so. */
async function tried<Answer>(notSeen: string[], what: string, otherwise: Answer, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KibanError) notSeen.push(error.kind === 'forbidden' ? what : `${what}: ${shownLine(error.text.en)}`)
    else if (error instanceof DOMException && error.name === 'TimeoutError') notSeen.push(`${what}: ${error.message}`)
    else throw error
    return otherwise
  }
}
