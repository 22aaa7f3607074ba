// Servers that are killed, or told to end, while twenty deployments are under way; SERVER_SEED repeats the instants.
import { expect, test } from 'vitest'
import { seeded } from '../chance.ts'
import { describeServers, EVENTS_OF_A_ROUND, killedServers, type ServerKilling, serverKillingText } from './server-kill.ts'

const SEED = Number(process.env.SERVER_SEED ?? Date.now() % 1_000_000)
const ROUNDS_OF_EACH = 2
/** What SIGTERM promises. */
const END_WITHIN_MS = 10_000

const chance = seeded(SEED)
const rounds = (['SIGKILL', 'SIGTERM'] as const).flatMap((signal) =>
  (['together', 'apart'] as const).flatMap((roles) =>
    (['commit', 'release'] as const).flatMap((of) =>
      Array.from(
        { length: ROUNDS_OF_EACH },
        (): ServerKilling => ({ roles, of, signal, afterEvents: 1 + Math.floor(chance() * EVENTS_OF_A_ROUND) }),
      ),
    ),
  ),
)

describeServers(`twenty deployments at once on PostgreSQL (seed ${SEED})`, (ground) => {
  test.each(rounds.map((killing, at) => [at + 1, serverKillingText(killing), killing] as const))(
    'are finished, each told once and in order, by the servers that are left (%i: %s)',
    async (_, __, killing) => {
      const { faults, endedMs } = await killedServers(ground(), killing)
      expect(faults).toEqual([])
      expect(endedMs).toBeLessThan(END_WITHIN_MS)
    },
    400_000,
  )
})
