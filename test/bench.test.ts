import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

const benches = readdirSync('bench').filter((name) => name.endsWith('.ts'))

test('script/bench names every bench there is', () => {
  const { status, stderr } = spawnSync('script/bench', ['none', '--help'], { encoding: 'utf8' })
  expect(status).toBe(2)
  for (const name of benches) expect(stderr).toContain(name.replace('.ts', ''))
})

test.each(benches)('%s loads and says what it measures', (name) => {
  const { status, stdout } = spawnSync(process.execPath, [`bench/${name}`, '--help'], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, expect.stringContaining('--quick')])
})
