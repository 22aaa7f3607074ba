// What Lighthouse says of the pages that people have open. Its score of the performance is a time, and left to bench/lighthouse.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusyRollout, busyRollout, CALM } from '../../bench/measuring/busy-rollout.ts'
import { freePort, judged } from '../../bench/measuring/lighthouse.ts'
import { browserProgram, openBrowser } from './browser.ts'

const built = existsSync(fileURLToPath(new URL('../../console/dist/index.html', import.meta.url)))
const missing =
  browserProgram === undefined ? 'no Chromium is installed here' : built ? undefined : 'the console is not built: script/console'
const PATIENCE_MS = 300_000

let rollout: BusyRollout
let port: number
let browser: Browser

describe.skipIf(missing !== undefined)(`Lighthouse${missing ? ` (skipped: ${missing})` : ''}`, { timeout: PATIENCE_MS }, () => {
  beforeAll(async () => {
    rollout = await busyRollout(CALM)
    port = await freePort()
    browser = await openBrowser({ port })
  }, PATIENCE_MS)
  afterAll(async () => {
    await browser?.close()
    await rollout?.close()
  })

  test.each(['the overview', 'a rollout'])('has nothing against %s: accessible, and good practice', async (page) => {
    const address = page === 'a rollout' ? rollout.page : `${rollout.url}/`
    const { scores, faults } = await judged(address, {
      port,
      cookie: rollout.cookie,
      device: 'desktop',
      categories: ['accessibility', 'best-practices'],
    })
    expect({ faults, scores }).toEqual({ faults: [], scores: { accessibility: 100, 'best-practices': 100 } })
  })
})
