// Decides the pushes to a repository one after the other, for each product that lives in it.
import { KibanError } from '../../../core/error.ts'
import { appendEvent } from '../../../database/events.ts'
import { branchOf } from '../../../github/push.ts'
import type { Product } from '../../products/catalogue.ts'
import { decidePush, type PushWork } from './decide-push.ts'
import { productsOf } from './products-of.ts'
import { isDecided, keepDecided, keepOutcome, type Outcome, openPushes, type StoredPush } from './push-store.ts'

export async function workOnPushes(work: PushWork, repository: string): Promise<void> {
  const { engine, actor, signal } = work
  const { database, clock } = engine
  for (const push of await openPushes(database, repository)) {
    for (const product of await productsOf(database, repository)) {
      signal.throwIfAborted()
      if (await isDecided(database, push, product.name)) continue
      const outcome = await decidedInTime(work, push, product)
      const { environment, ...data } = outcome
      await database.transaction(async (tx) => {
        await keepOutcome(tx, push, product.name, outcome)
        appendEvent(tx, {
          type: outcome.ignored ? 'push.ignored' : 'push.deployed',
          at: clock.now(),
          product: product.name,
          environment,
          actor: actor.name,
          face: actor.face,
          subject: 'started' in outcome ? `${outcome.started.kind}/${outcome.started.id}` : `push/${push.id}`,
          data: {
            push: push.id,
            branch: branchOf(push.ref) ?? push.ref,
            environment,
            commit: push.after,
            pusher: push.pusher,
            workflow: 'started' in data ? data.started.workflow : undefined,
            why: data.ignored,
            details: 'details' in data ? data.details : undefined,
          },
        })
      })
    }
    await database.transaction((tx) => keepDecided(tx, push, clock.now()))
  }
}

/** A push that cannot be decided holds up those after it; after this long nobody waits for it any more. */
const TRIED_FOR_MS = 24 * 60 * 60_000

async function decidedInTime(work: PushWork, push: StoredPush, product: Product): Promise<Outcome> {
  try {
    return await decidePush(work, push, product)
  } catch (error) {
    if (!(error instanceof KibanError) || work.engine.clock.now() < push.receivedAt + TRIED_FOR_MS) throw error
    return { ignored: 'undecidable', details: [error.message] }
  }
}
