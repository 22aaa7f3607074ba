import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import type { DeployEngine } from './engine.ts'
import { type Claimant, forceRelease, heldLocks, type Lock, leaveQueue, type Place, releaseLocks, takeLocks } from './lock.ts'

/** Takes locks until they are given back. A person does not queue: throws `lock.held` when another holds one. */
export async function takeByHand(
  engine: DeployEngine,
  place: Place,
  services: readonly string[],
  who: Claimant,
): Promise<Lock[]> {
  const now = engine.clock.now()
  await engine.database.transaction(async (tx) => {
    const answer = await takeLocks(tx, place, services, who, { leased: false, now })
    if ('fences' in answer) return
    await leaveQueue(tx, place, who.holder)
    const [first] = answer.blockedBy
    throw held(first?.service ?? '', first?.actor ?? '', first?.reason ?? '')
  })
  return heldLocks(engine.database, place)
}

/** Gives back one's own locks; with `force` anybody's, which is recorded as that. */
export async function releaseByHand(
  engine: DeployEngine,
  place: Place,
  services: readonly string[],
  who: Claimant,
  force: boolean,
): Promise<Lock[]> {
  const now = engine.clock.now()
  await engine.database.transaction(async (tx) => {
    const locks = await heldLocks(tx, place, services.length > 0 ? services : undefined)
    const own = locks.filter(({ holder }) => holder === who.holder)
    const others = locks.filter(({ holder }) => holder !== who.holder)
    const [first] = others
    if (first && !force && services.length > 0) throw held(first.service, first.actor, first.reason)
    await releaseLocks(tx, place, Object.fromEntries(own.map(({ service, fence }) => [service, fence])), who, now)
    if (force)
      await forceRelease(
        tx,
        place,
        others.map(({ service }) => service),
        who,
        now,
      )
  })
  return heldLocks(engine.database, place)
}

const held = (service: string, actor: string, reason: string): KibanError =>
  new KibanError('conflict', 'lock.held', deploy.lockHeld(service, actor, reason), { hint: deploy.lockHeldHint })
