// What GitHub tells by its webhook: looked at, stored, and left to the workers, so that it has its answer at once.

import { readPush, repositoryKey } from '../../../github/push.ts'
import { isSigned } from '../../../github/signature.ts'
import type { SharedEngine } from '../engine.ts'
import { productsOf } from './products-of.ts'
import { insertPush } from './push-store.ts'

/** The kind of durable work that decides what pushes to a repository do; one after the other. */
export const PUSH_WORK = 'push'

export interface Delivery {
  /** X-GitHub-Delivery */
  id: string
  /** X-GitHub-Event */
  event: string
  /** X-Hub-Signature-256 */
  signature: string | undefined
  body: Uint8Array
}

export type Received = 'unsigned' | 'pong' | 'stored' | 'known' | 'unreadable' | 'not-a-push' | 'no-product'

/** Nothing of a delivery is believed, or read, before its signature is. */
export async function receiveDelivery(
  { database, durable, clock }: Pick<SharedEngine, 'database' | 'durable' | 'clock'>,
  { id, event, signature, body }: Delivery,
  secret: string,
): Promise<Received> {
  if (!isSigned(body, signature, secret)) return 'unsigned'
  if (event === 'ping') return 'pong'
  if (event !== 'push') return 'not-a-push'
  const push = readPush(body)
  const repository = push && repositoryKey(push.repository.html_url)
  if (!push || !repository) return 'unreadable'
  if ((await productsOf(database, repository)).length === 0) return 'no-product'
  return database.transaction(async (tx) => {
    if (!(await insertPush(tx, { delivery: id, body, push, repository }, clock.now()))) return 'known'
    await durable.goOn(PUSH_WORK, repository, tx)
    return 'stored'
  })
}
