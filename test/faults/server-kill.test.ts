// A sample of `server.weather.ts`.
import { expect, test } from 'vitest'
import { describeServers, killedServers, type ServerKilling, serverKillingText } from './server-kill.ts'

const sample: ServerKilling[] = [
  { roles: 'together', of: 'release', signal: 'SIGTERM', afterEvents: 100 },
  { roles: 'apart', of: 'release', signal: 'SIGKILL', afterEvents: 200 },
]

describeServers('twenty deployments at once on PostgreSQL', (ground) => {
  test.each(sample.map((killing) => [serverKillingText(killing), killing] as const))(
    'are finished, each told once and in order, by those that are left (%s)',
    async (_, killing) => {
      const { faults, continued } = await killedServers(ground(), killing)
      expect(faults).toEqual([])
      expect(continued).toBeGreaterThan(0)
    },
    180_000,
  )
})
