// Decides the pushes to a repository one after the other, for each product that lives in it.
import { appendEvent } from '../../../database/events.ts'
import { branchOf } from '../../../github/push.ts'
import { decidePush, type PushWork } from './decide-push.ts'
import { productsOf } from './products-of.ts'
import { isDecided, keepDecided, keepOutcome, openPushes } from './push-store.ts'

export async function workOnPushes(work: PushWork, repository: string): Promise<void> {
  const { engine, actor, signal } = work
  const { database, clock } = engine
  for (const push of await openPushes(database, repository)) {
    for (const product of await productsOf(database, repository)) {
      signal.throwIfAborted()
      if (await isDecided(database, push, product.name)) continue
      const outcome = await decidePush(work, push, product)
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
          subject: 'deploymentId' in outcome ? `deployment/${outcome.deploymentId}` : `push/${push.id}`,
          data: {
            push: push.id,
            branch: branchOf(push.ref) ?? push.ref,
            environment,
            commit: push.after,
            pusher: push.pusher,
            why: data.ignored,
            details: 'details' in data ? data.details : undefined,
          },
        })
      })
    }
    await database.transaction((tx) => keepDecided(tx, push, clock.now()))
  }
}
