import type { RegisterTaskDefinitionRequest, Tag, TaskDefinition } from '@aws-sdk/client-ecs'
import { ecsRead, ecsRegister } from './ecs-api.ts'
import { awsErrorName } from './error.ts'
import type { AwsSession } from './session.ts'

export type Definition = TaskDefinition & { tags: Tag[] }

/** Registers a task definition. Not idempotent: each call makes a revision, so look first (`findDefinition`). */
export async function registerDefinition(
  session: AwsSession,
  request: RegisterTaskDefinitionRequest,
  signal?: AbortSignal,
): Promise<string> {
  const { taskDefinition } = await session.ask(
    ecsRegister,
    (ecs, options) => ecs.registerTaskDefinition(request, options),
    signal,
  )
  return taskDefinition?.taskDefinitionArn ?? ''
}

/** A task definition by ARN, `family:revision` or `family` (the newest); undefined when there is none. */
export async function describeDefinition(
  session: AwsSession,
  name: string,
  signal?: AbortSignal,
): Promise<Definition | undefined> {
  try {
    const { taskDefinition, tags = [] } = await session.ask(
      ecsRead,
      (ecs, options) => ecs.describeTaskDefinition({ taskDefinition: name, include: ['TAGS'] }, options),
      signal,
    )
    return taskDefinition && { ...taskDefinition, tags }
  } catch (error) {
    // ECS has no error of its own for it: "Unable to describe task definition." comes as a ClientException.
    if (awsErrorName(error) === 'ClientException') return undefined
    throw error
  }
}

/** The newest revision of a family that bears a tag and was registered after a moment; undefined when there is none. */
export async function findDefinition(
  session: AwsSession,
  family: string,
  tag: { key: string; value: string },
  after: Date,
  signal?: AbortSignal,
): Promise<Definition | undefined> {
  const { taskDefinitionArns = [] } = await session.ask(
    ecsRead,
    (ecs, options) => ecs.listTaskDefinitions({ familyPrefix: family, sort: 'DESC', maxResults: 100 }, options),
    signal,
  )
  for (const arn of taskDefinitionArns) {
    // The prefix finds longer family names too.
    if (!arn.includes(`:task-definition/${family}:`)) continue
    const definition = await describeDefinition(session, arn, signal)
    if (definition?.tags.some(({ key, value }) => key === tag.key && value === tag.value)) return definition
    if (definition?.registeredAt && definition.registeredAt < after) return undefined
  }
  return undefined
}
