// What the operations share: the engine, the view that reads go through, and the lookups that every one of them begins with.
import type { Handlers } from '../cloud.ts'
import { AwsError } from '../cloud.ts'
import { page } from '../page.ts'
import { lastPart, resourceOf } from './arn.ts'
import type { Engine, LiveService } from './engine.ts'
import type { History } from './history.ts'
import type { ClusterRecord, TaskDefinitionRecord } from './state.ts'

export type EcsHandlers = Handlers<typeof import('@aws-sdk/client-ecs')>

export interface Context {
  engine: Engine
  history: History
}

const DEFAULT_CLUSTER = 'default'
const PAGE_MOST = 100

export const invalid = (message: string) => new AwsError('InvalidParameterException', message)
export const clientError = (message: string) => new AwsError('ClientException', message)

/** The cluster meant by a name, an ARN or nothing; throws ClusterNotFoundException. */
export function clusterOf(engine: Engine, cluster: string | undefined): ClusterRecord {
  const found = engine.clusters.get(lastPart(resourceOf(cluster ?? DEFAULT_CLUSTER)))
  if (found?.status !== 'ACTIVE')
    throw new AwsError('ClusterNotFoundException', found ? 'The referenced cluster was inactive.' : 'Cluster not found.')
  return found
}

export function serviceArn(engine: Engine, cluster: string, service: string): string {
  return `arn:aws:ecs:${engine.cloud.region}:${engine.cloud.account}:service/${cluster}/${lastPart(resourceOf(service))}`
}

/** A service that is ACTIVE; throws ServiceNotFoundException or ServiceNotActiveException. */
export function activeService(engine: Engine, cluster: ClusterRecord, service: string | undefined): LiveService {
  const arn = serviceArn(engine, cluster.name, service ?? '')
  const record = engine.serviceRecords.get(arn)
  if (!record) throw new AwsError('ServiceNotFoundException', 'Service not found.')
  const live = engine.services.get(arn)
  if (!live || record.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')
  return live
}

/** Throws InvalidParameterException for a client token that is none. */
export function checkToken(token: string | undefined, longest: number): void {
  if (token === undefined || (token.length <= longest && /^[!-~]+$/.test(token))) return
  throw invalid(`clientToken must have between 1 and ${longest} printable ASCII characters without spaces.`)
}

/** `family`, `family:revision` or an ARN; the latest ACTIVE revision of a family. */
export function definitionOf(engine: Engine, name: string): TaskDefinitionRecord | undefined {
  const known = engine.definitions.get(name)
  if (known) return known
  const resource = resourceOf(name).replace(/^task-definition\//, '')
  const [family = '', revision] = resource.split(':')
  if (revision !== undefined) return engine.definitions.get(definitionArn(engine, family, Number(revision)))
  for (let number = engine.families.get(family) ?? 0; number > 0; number--) {
    const found = engine.definitions.get(definitionArn(engine, family, number))
    if (found?.status === 'ACTIVE') return found
  }
  return undefined
}

export function definitionArn({ cloud }: Engine, family: string, revision: number): string {
  return `arn:aws:ecs:${cloud.region}:${cloud.account}:task-definition/${family}:${revision}`
}

/** A definition that tasks can be started by; throws ClientException. */
export function usableDefinition(engine: Engine, name: string | undefined): TaskDefinitionRecord {
  if (!name) throw invalid('TaskDefinition can not be blank.')
  const found = definitionOf(engine, name)
  if (!found) throw clientError('TaskDefinition not found.')
  if (found.status !== 'ACTIVE') throw clientError('TaskDefinition is inactive')
  return found
}

/** One page of `items`, which are sorted by `keyOf`. */
export function paged<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { nextToken, maxResults }: { nextToken?: string; maxResults?: number },
  usual: number,
): { items: T[]; nextToken: string | undefined } {
  const size = maxResults ?? usual
  if (size < 1 || size > PAGE_MOST) throw invalid(`maxResults must be between 1 and ${PAGE_MOST}.`)
  const refuse = () => {
    throw invalid('Invalid token')
  }
  return page(items, keyOf, { token: nextToken, size, invalid: refuse })
}
