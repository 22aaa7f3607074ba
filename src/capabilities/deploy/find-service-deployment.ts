// Which service deployment is ours: the one whose target revision has the definition that this deployment registered.
import { describeServiceRevisions, listServiceDeployments } from '../../aws/ecs-deployments.ts'
import { awsErrorName } from '../../aws/error.ts'
import type { AwsSession } from '../../aws/session.ts'

export interface Sought {
  cluster: string
  name: string
  definition: string | undefined
}

export interface Found {
  serviceDeployment: string
  revision: string
  /** Undefined while ECS does not show the revision yet. */
  definition: string | undefined
  createdAt: number
}

/** Clocks differ; ours may say "sent" after ECS says "created". */
const CLOCK_SKEW_MS = 15 * 60_000

/** The service deployment that rolls a definition of ours, sent at that moment or later; undefined when none is listed (yet). */
export async function madeBy(
  session: AwsSession,
  { cluster, name, definition }: Sought,
  sentAt: number,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  const listed = await since(session, { cluster, name }, sentAt - CLOCK_SKEW_MS, signal)
  return listed.find((one) => one.definition === definition)
}

/**
 * The newest service deployment that was made after another, by the clock of ECS. What a definition from before is rolled by
 * shows in nothing else: it may have been rolled more than once.
 */
export async function newestAfter(
  session: AwsSession,
  service: Pick<Sought, 'cluster' | 'name'>,
  { arn, createdAt = 0 }: { arn: string; createdAt?: number },
  signal?: AbortSignal,
): Promise<Found | undefined> {
  const listed = await since(session, service, createdAt, signal)
  return listed.find((one) => one.serviceDeployment !== arn && one.createdAt > createdAt)
}

/** Newest first. */
async function since(
  session: AwsSession,
  service: Pick<Sought, 'cluster' | 'name'>,
  moment: number,
  signal?: AbortSignal,
): Promise<Found[]> {
  const listed = await listServiceDeployments(session, service, new Date(moment), signal).catch((error: unknown) => {
    // A service that is being created is not there for every reader yet.
    if (awsErrorName(error) === 'ServiceNotFoundException') return []
    throw error
  })
  const revisions = listed.flatMap(({ targetServiceRevisionArn: arn }) => arn ?? [])
  const definitions = await definitionsOf(session, revisions, signal)
  return listed.flatMap(({ serviceDeploymentArn, targetServiceRevisionArn: revision, createdAt }) =>
    serviceDeploymentArn && revision
      ? [
          {
            serviceDeployment: serviceDeploymentArn,
            revision,
            definition: definitions.get(revision),
            createdAt: createdAt?.getTime() ?? 0,
          },
        ]
      : [],
  )
}

const known = new WeakMap<AwsSession, Map<string, string>>()

/** The task definition of each service revision; a revision never changes, so each is asked for once. */
export async function definitionsOf(
  session: AwsSession,
  revisions: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const mine = known.get(session) ?? new Map<string, string>()
  known.set(session, mine)
  const unknown = revisions.filter((revision) => !mine.has(revision))
  const described = unknown.length > 0 ? await describeServiceRevisions(session, unknown, signal) : new Map()
  for (const [arn, { taskDefinition }] of described) if (taskDefinition) mine.set(arn, taskDefinition)
  return mine
}
