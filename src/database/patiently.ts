import { setTimeout as wait } from 'node:timers/promises'
import { isAway } from './postgres-error.ts'

const AGAIN_MS = 1_000
/** A fail-over takes a minute or two. */
const PATIENCE_MS = 180_000

/** Runs what only reads, again and again while the database is away; throws when that takes too long. */
export async function patiently<Result>(read: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (const begun = performance.now(); ; ) {
    try {
      return await read()
    } catch (error) {
      if (!isAway(error) || performance.now() - begun > PATIENCE_MS) throw error
      await wait(AGAIN_MS, undefined, { signal })
    }
  }
}
