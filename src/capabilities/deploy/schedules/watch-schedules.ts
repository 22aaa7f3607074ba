// Keeps true, on a server: what schedules did, or did not do, is an event within a minute or two, and runs that must not overlap do not.
import { setTimeout as wait } from 'node:timers/promises'
import type { DeployEngine } from '../engine.ts'
import { observeSchedules } from './observe-schedules.ts'
import { knownSchedules, placesWithSchedules } from './schedule-store.ts'
import { skipOverlaps } from './skip-overlaps.ts'

/** The kind of durable work; there is one thing in it. */
export const SCHEDULE_WORK = 'schedules'
export const ALL_SCHEDULES = 'all'
const EVERY_MS = 60_000

/** Looks again and again until this process ends; then another one does. */
export async function watchSchedules(engine: DeployEngine, signal: AbortSignal): Promise<void> {
  for (;;) {
    for (const place of await placesWithSchedules(engine.database)) {
      try {
        const [first] = await knownSchedules(engine.database, place)
        // With other credentials all would seem to be missed.
        const caller = await engine.callers.callerFor({ id: SCHEDULE_WORK, cloud: first?.cloud })
        const here = engine.callers.engineOf(engine, caller)
        const { known, tasks } = await observeSchedules(here, place, engine.clock.now(), signal)
        for (const { schedule, region, settings } of known)
          await skipOverlaps(here.aws(region), { cluster: settings.cluster, schedule, tasks }, signal)
      } catch (error) {
        signal.throwIfAborted()
        engine.failed(error as Error)
      }
    }
    await wait(EVERY_MS, undefined, { signal })
  }
}
