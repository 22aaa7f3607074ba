import type { Actor } from '../../core/actor.ts'
import type { Queryable } from '../../database/database.ts'
import type { StoredEvent } from '../../database/events.ts'
import { type DeploymentFacts, type Measures, measures } from './measures.ts'
import { eventsAfter } from './timeline.ts'

const PAGE = 5_000
const DAY_MS = 86_400_000
const TOLD = ['deployment.queued', 'deployment.built', 'deployment.rolling', 'deployment.ended']

/** Measures the deployments of a product to one environment over the last days. */
export async function measure(
  database: Queryable,
  actor: Actor,
  of: { product: string; environment: string; days: number },
  now: number,
): Promise<Measures> {
  const from = now - of.days * DAY_MS
  const told = new Map<string, Partial<DeploymentFacts>>()
  const ended: DeploymentFacts[] = []
  const committedAt = new Map<string, number>()
  // Commits are known from whatever environment they were built for first, which may be longer ago.
  for await (const { type, subject, at, environment, data } of all(database, actor, of.product)) {
    if (type === 'deployment.built' && typeof data.committedAt === 'number')
      committedAt.set(String(data.commit), data.committedAt)
    if (environment !== of.environment) continue
    const facts = { ...told.get(subject) }
    told.set(subject, facts)
    if (type === 'deployment.queued') Object.assign(facts, { kind: data.kind, commit: data.commit ?? undefined })
    if (type === 'deployment.built') facts.commit = String(data.commit)
    if (type === 'deployment.rolling') facts.rollingAt ??= at
    if (type !== 'deployment.ended') continue
    told.delete(subject)
    if (at >= from && facts.kind) ended.push({ ...facts, id: subject, verdict: data.verdict, endedAt: at } as DeploymentFacts)
  }
  return measures(ended, committedAt, of.days)
}

async function* all(database: Queryable, actor: Actor, product: string): AsyncGenerator<StoredEvent> {
  for (let after = 0; ; ) {
    const page = await eventsAfter(database, actor, { product, types: TOLD }, { after, limit: PAGE })
    yield* page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.seq
  }
}
