// Why ECS finds no container instance for a task, from its sentence and from what the closest instance has left.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
import { describeContainerInstance } from '../../../aws/ecs-clusters.ts'
import type { RegisterTaskDefinitionRequest } from '../../../aws/ecs-shapes.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { KibanError } from '../../../core/error.ts'
import type { OneOffPlan } from '../plan.ts'
import { type Cause, type CauseParts, causeOf } from './cause.ts'

/** What one task reserves of an instance: CPU units, MiB, fixed host ports. */
export interface Reserved {
  cpu: number
  memory: number
  hostPorts: readonly string[]
}

/** What an instance has left, and the ports that are taken on it. */
export interface Room {
  /** Of EC2; the container instance's own id where that is not known. */
  instance: string
  cpu: number
  memory: number
  taken: readonly string[]
}

const GATHER_MS = 10_000
const CLOSEST = /closest matching \(?container-instance ([\w-]+)|container-instance\/(?:[^/\s]+\/)?([\w-]+)/i

/** The id of the instance that a sentence of ECS names. */
export function closestIn(text: string): string | undefined {
  const found = CLOSEST.exec(text)
  return found?.[1] ?? found?.[2]
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size */
export function reservedBy(definition: RegisterTaskDefinitionRequest, size?: OneOffPlan['size']): Reserved {
  const containers = definition.containerDefinitions ?? []
  const sum = (of: (container: (typeof containers)[number]) => number | undefined) =>
    containers.reduce((total, container) => total + (of(container) ?? 0), 0)
  const onHost = !['awsvpc', 'none'].includes(definition.networkMode ?? 'bridge')
  return {
    cpu: Number(size?.cpu ?? definition.cpu ?? sum(({ cpu }) => cpu)),
    memory: Number(size?.memory ?? definition.memory ?? sum(({ memory, memoryReservation }) => memoryReservation ?? memory)),
    hostPorts: containers.flatMap(({ portMappings = [] }) =>
      portMappings.flatMap(({ containerPort, hostPort }) => {
        const port = definition.networkMode === 'host' ? containerPort : hostPort
        return onHost && port ? String(port) : []
      }),
    ),
  }
}

/** The cause that a sentence of ECS tells of; pure. Undefined for a sentence that is about something else. */
export function placementCause(
  text: string,
  { reserved, room }: { reserved?: Reserved; room?: Room },
  parts: CauseParts,
): Cause | undefined {
  const instance = room?.instance ?? closestIn(text)
  if (/insufficient CPU units|RESOURCE:CPU/i.test(text))
    return causeOf('no-room', { unit: 'CPU', asked: reserved?.cpu, free: room?.cpu, instance }, parts)
  if (/insufficient memory|RESOURCE:MEMORY/i.test(text))
    return causeOf('no-room', { unit: 'MiB', asked: reserved?.memory, free: room?.memory, instance }, parts)
  if (/already using a port|RESOURCE:PORTS/i.test(text)) {
    const port = reserved?.hostPorts.find((each) => room?.taken.includes(each)) ?? reserved?.hostPorts[0]
    return causeOf('port-taken', { port, instance }, parts)
  }
  if (/"AGENT"|\bAGENT\b/.test(text)) return causeOf('agent-away', { instance }, parts)
  const unmet = /encountered error "([^"]+)"|(missing an attribute)|\b(ATTRIBUTE|LOCATION|RESOURCE:\w+)\b/.exec(text)
  if (unmet) return causeOf('instance-unfit', { what: unmet[1] ?? unmet[2] ?? unmet[3] ?? '', instance }, parts)
  return undefined
}

/** What an instance has left. Undefined when it is gone. */
export async function roomOn(
  session: AwsSession,
  cluster: string,
  instance: string,
  signal: AbortSignal,
): Promise<Room | undefined> {
  const found = await describeContainerInstance(session, cluster, instance, signal)
  const left = (name: string) => found?.remainingResources?.find((each) => each.name === name)
  return (
    found && {
      instance: found.ec2InstanceId ?? instance,
      cpu: left('CPU')?.integerValue ?? 0,
      memory: left('MEMORY')?.integerValue ?? 0,
      taken: [...(left('PORTS')?.stringSetValue ?? []), ...(left('PORTS_UDP')?.stringSetValue ?? [])],
    }
  )
}

/** Why a task that runs once found no place, with the numbers. None for an error that is about something else. */
export async function placementOfOneOff(
  { session, signal: ending }: { session: AwsSession; signal: AbortSignal },
  { text, details }: KibanError,
  { planned, definition }: { planned: OneOffPlan; definition: RegisterTaskDefinitionRequest },
): Promise<Cause[]> {
  const words = [text, ...details].map(({ en }) => en).join(' ')
  const reserved = reservedBy(definition, planned.size)
  const parts: CauseParts = {
    service: planned.service,
    subject: planned.task,
    evidence: [{ kind: 'error', text: text.en }],
  }
  if (!placementCause(words, { reserved }, parts)) return []
  const closest = closestIn(words)
  const signal = AbortSignal.any([ending, AbortSignal.timeout(GATHER_MS)])
  const room = closest === undefined ? undefined : await unlessRefused(() => roomOn(session, planned.cluster, closest, signal))
  return [placementCause(words, { reserved, room }, parts) ?? []].flat()
}

/** The numbers are good to have; the cause stands without them. */
async function unlessRefused<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KibanError || (error instanceof DOMException && error.name === 'TimeoutError')) return undefined
    throw error
  }
}
