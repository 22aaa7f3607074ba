// Where events and schedules lead: queues, tasks, functions, log groups, and the bus itself.
import type { NetworkConfiguration, RunTaskRequest } from '@aws-sdk/client-ecs'
import { AwsError, type Cloud } from '../cloud.ts'

/** What EventBridge's and Scheduler's targets have in common. */
export interface Destination {
  Arn?: string | undefined
  RoleArn?: string | undefined
  EcsParameters?: EcsParameters | undefined
  EventBridgeParameters?: { DetailType: string | undefined; Source: string | undefined } | undefined
}

interface EcsParameters {
  TaskDefinitionArn: string | undefined
  TaskCount?: number | undefined
  LaunchType?: RunTaskRequest['launchType']
  NetworkConfiguration?:
    | {
        awsvpcConfiguration?:
          | {
              Subnets: string[] | undefined
              SecurityGroups?: string[] | undefined
              AssignPublicIp?: 'ENABLED' | 'DISABLED' | undefined
            }
          | undefined
      }
    | undefined
  PlatformVersion?: string | undefined
  Group?: string | undefined
  CapacityProviderStrategy?:
    | { capacityProvider: string | undefined; weight?: number | undefined; base?: number | undefined }[]
    | undefined
  EnableECSManagedTags?: boolean | undefined
  EnableExecuteCommand?: boolean | undefined
  PropagateTags?: RunTaskRequest['propagateTags']
  ReferenceId?: string | undefined
  Tags?: object[] | undefined
}

/** Who calls: the service principal that the target's role must trust, and what a task is told it was started by. */
export interface Caller {
  principal: 'events.amazonaws.com' | 'scheduler.amazonaws.com'
  startedBy: string
  /** The same at each try of one delivery, so that a task is not started twice by a repeated try. */
  token: string
}

/** Codes of failures that trying again cannot mend, as EventBridge names them in a dead letter. */
const FINAL = new Set(['NO_PERMISSIONS', 'NO_RESOURCE', 'INVALID_PARAMETER'])

export class DeliveryFailure extends Error {
  readonly code: string
  readonly isFinal: boolean

  constructor(code: string, message: string) {
    super(message)
    this.code = code
    this.isFinal = FINAL.has(code)
  }
}

const KINDS = ['sqs', 'ecs', 'lambda', 'logs', 'events'] as const
type Kind = (typeof KINDS)[number]

/** Which service a target belongs to; undefined for one that is not simulated. */
export function kindOf(arn: string): Kind | undefined {
  return KINDS.find((kind) => arn.split(':')[2] === kind)
}

/** Hands an input to a target. Rejects with a DeliveryFailure. */
export async function deliver(cloud: Cloud, target: Destination, input: string, caller: Caller): Promise<void> {
  const arn = target.Arn ?? ''
  const kind = kindOf(arn)
  if (!kind) throw new DeliveryFailure('INVALID_PARAMETER', `The target ${arn} is not simulated.`)
  mustBeAllowed(cloud, kind, target, caller)
  if (kind === 'ecs') await runTask(cloud, target, input, caller)
  else if (kind === 'lambda') callFunction(cloud, arn, input)
  else if (kind === 'logs') writeLog(cloud, arn, input, caller.token)
  else if (kind === 'events') putEvent(cloud, target, input)
  else if (!cloud.queues.send(arn, input)) throw new DeliveryFailure('NO_RESOURCE', `The queue ${arn} does not exist.`)
}

const ACTIONS: Record<Kind, string> = {
  ecs: 'ecs:RunTask',
  events: 'events:PutEvents',
  lambda: 'lambda:InvokeFunction',
  logs: 'logs:PutLogEvents',
  sqs: 'sqs:SendMessage',
}

/** A schedule does everything with its role; a rule only runs tasks with one, policies of its other targets are not asked. */
function mustBeAllowed(cloud: Cloud, kind: Kind, target: Destination, caller: Caller): void {
  if (caller.principal === 'events.amazonaws.com' && kind !== 'ecs') return
  const { RoleArn: role = '' } = target
  const resource = kind === 'ecs' ? (target.EcsParameters?.TaskDefinitionArn ?? '') : (target.Arn ?? '')
  if (!cloud.roles.exists(role) || !cloud.roles.trusts(role, caller.principal)) {
    throw new DeliveryFailure('NO_PERMISSIONS', `The role ${role} cannot be assumed by ${caller.principal}.`)
  }
  if (!cloud.roles.allows(role, ACTIONS[kind], resource)) {
    throw new DeliveryFailure('NO_PERMISSIONS', `The role ${role} is not allowed to perform ${ACTIONS[kind]} on ${resource}.`)
  }
}

async function runTask(cloud: Cloud, target: Destination, input: string, caller: Caller): Promise<void> {
  const parameters = target.EcsParameters
  const request: RunTaskRequest = {
    cluster: target.Arn,
    taskDefinition: parameters?.TaskDefinitionArn,
    count: parameters?.TaskCount ?? 1,
    launchType: parameters?.LaunchType,
    networkConfiguration: network(parameters),
    platformVersion: parameters?.PlatformVersion,
    group: parameters?.Group,
    capacityProviderStrategy: parameters?.CapacityProviderStrategy,
    enableECSManagedTags: parameters?.EnableECSManagedTags,
    enableExecuteCommand: parameters?.EnableExecuteCommand,
    propagateTags: parameters?.PropagateTags,
    referenceId: parameters?.ReferenceId,
    tags: parameters?.Tags?.map(taskTag),
    overrides: overrides(input),
    clientToken: caller.token,
  }
  const { taskArns, failures } = await cloud.tasks.run(request, caller.startedBy).catch((error: unknown) => {
    const code = error instanceof AwsError && error.code === 'ThrottlingException' ? 'THROTTLING' : 'INVALID_PARAMETER'
    throw new DeliveryFailure(code, error instanceof Error ? error.message : String(error))
  })
  if (taskArns.length === 0) throw new DeliveryFailure('SDK_CLIENT_ERROR', failures[0]?.reason ?? 'No task was started.')
}

function network(parameters: EcsParameters | undefined): NetworkConfiguration | undefined {
  const vpc = parameters?.NetworkConfiguration?.awsvpcConfiguration
  if (!vpc) return undefined
  return { awsvpcConfiguration: { subnets: vpc.Subnets, securityGroups: vpc.SecurityGroups, assignPublicIp: vpc.AssignPublicIp } }
}

/** Rules spell a tag `Key`, schedules as ECS does. */
function taskTag(tag: object): { key: string; value: string } {
  const { key, value, Key, Value } = tag as Record<string, string>
  return { key: key ?? Key ?? '', value: value ?? Value ?? '' }
}

/** The input of a task is its overrides; an input that holds none, such as a whole event, changes nothing. */
function overrides(input: string): RunTaskRequest['overrides'] {
  try {
    const { containerOverrides, cpu, memory, taskRoleArn, executionRoleArn } = JSON.parse(input) as NonNullable<
      RunTaskRequest['overrides']
    >
    return containerOverrides || cpu || memory ? { containerOverrides, cpu, memory, taskRoleArn, executionRoleArn } : undefined
  } catch {
    return undefined
  }
}

/** An asynchronous invocation: that the function fails is the function's affair. */
function callFunction(cloud: Cloud, arn: string, input: string): void {
  let payload: unknown
  try {
    payload = JSON.parse(input)
  } catch {
    throw new DeliveryFailure('INVALID_JSON', 'The input of a function must be JSON.')
  }
  cloud.functions
    .invoke(arn, payload)
    .catch((error: unknown) => cloud.note(`${arn}: ${error instanceof Error ? error.message : error}`))
}

function writeLog(cloud: Cloud, arn: string, message: string, token: string): void {
  const group = arn.split(':log-group:')[1]?.replace(/:\*$/, '') ?? ''
  if (!cloud.logs.groupExists(group)) throw new DeliveryFailure('NO_RESOURCE', `The log group ${group} does not exist.`)
  cloud.logs.write(group, token, [{ timestamp: cloud.clock.now(), message }])
}

function putEvent(cloud: Cloud, target: Destination, input: string): void {
  const { DetailType: detailType = '', Source: source = '' } = target.EventBridgeParameters ?? {}
  let detail: object
  try {
    detail = JSON.parse(input) as object
  } catch {
    throw new DeliveryFailure('INVALID_JSON', 'The input of an event bus must be JSON.')
  }
  cloud.bus.put({ source, detailType, resources: [], detail: () => detail })
}
