// Until when a rollout, or its way back, is waited for.
import type { Rollout } from '../deployment.ts'
import type { Driver } from '../driver.ts'

/** Told to ECS by this process, `elapsed`; by driver, so that it is forgotten with it. */
const sentHere = new WeakMap<Driver, Map<string, number>>()

const keyOf = ({ service, undo }: Pick<Rollout, 'service' | 'undo'>): string =>
  undo === 'restoring' ? `${service} back` : service

/** To be called when ECS has been told. */
export function countFromNow(driver: Driver, rollout: Pick<Rollout, 'service' | 'undo'>): void {
  const mine = sentHere.get(driver) ?? new Map<string, number>()
  sentHere.set(driver, mine.set(keyOf(rollout), driver.elapsed))
}

/**
 * Whether it has taken longer than it may. What this process sent is counted by the time that passed, since the clock may be set
 * meanwhile; what another sent, by the wall clock, which is all there is.
 */
export function isOverdue(driver: Driver, rollout: Rollout): boolean {
  const { sentAt, deadline, undo, undoSendingAt } = rollout
  if (sentAt === undefined || deadline === undefined) return false
  const limit = deadline - sentAt
  const here = sentHere.get(driver)?.get(keyOf(rollout))
  if (here !== undefined) return driver.elapsed - here > limit
  return driver.now - (undo === 'restoring' ? (undoSendingAt ?? sentAt) : sentAt) > limit
}
