// When to look again: often when the next answer can decide, seldom while tasks are missing; pure.
import type { Rollout } from './deployment.ts'

/** A verdict is never seen later than this after ECS has it. */
export const SLOWEST_MS = 4_500
const FASTEST_MS = 250
/** While the next answer can decide: half of it, and the time of an answer, is how late the usual verdict is. */
const DECIDING_MS = 1_200
/** Delay as a share of the time that has passed, so that a short rollout is seen soon and a long one costs little. */
const PATIENCE = 0.2

/** Milliseconds until the next look at these rollouts, which are all still open. */
export function pollDelay(
  open: readonly Pick<Rollout, 'view' | 'undo' | 'undoView' | 'undoSendingAt' | 'sentAt'>[],
  now: number,
  begun: number,
): number {
  return Math.min(...open.map((rollout) => delayOf(rollout, now, begun)))
}

function delayOf(rollout: Parameters<typeof pollDelay>[0][number], now: number, begun: number): number {
  const view = rollout.undo === 'restoring' ? rollout.undoView : rollout.view
  const since = now - Math.max(begun, rollout.undoSendingAt ?? rollout.sentAt ?? begun)
  const patient = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, since * PATIENCE))
  if (!view?.target) return Math.min(patient, 1_000)
  const { target, sources, status } = view
  const complete = target.running >= target.requested && target.pending === 0
  const oldGone = sources.every(({ running, pending }) => running === 0 && pending === 0)
  const deciding = status === 'SUCCESSFUL' || (status.startsWith('ROLLBACK') ? target.running === 0 : complete && oldGone)
  return deciding ? Math.min(patient, DECIDING_MS) : patient
}
