// The page of a rollout that stays open for long while much happens: 200 tasks that come and go, 1,000 lines of log a second.
// How fast it draws is for bench/console; here it is seen that it does not grow.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kept } from '../../bench/measuring/browser.ts'
import { type BusyRollout, busyRollout } from '../../bench/measuring/busy-rollout.ts'
import { browserProgram, openBrowser } from './browser.ts'

const built = existsSync(fileURLToPath(new URL('../../console/dist/index.html', import.meta.url)))
const missing =
  browserProgram === undefined ? 'no Chromium is installed here' : built ? undefined : 'the console is not built: script/console'

const OPEN_MS = 30_000
const PATIENCE_MS = 240_000
/** The page holds at most 3,000 lines; from then on each one that comes must make another go. */
const FULL = 4_000
const LATER = 20_000
/** A page that forgot nothing would have kept some 20 MiB of lines, and 100,000 nodes that showed them. */
const MOST_GROWTH = { heapMiB: 10, nodes: 10_000, listeners: 500 }
const MOST_ELEMENTS = 3_000

let busy: BusyRollout
let browser: Browser
let context: BrowserContext
let page: Page

describe.skipIf(missing !== undefined)(
  `the page of a busy rollout${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 2 * PATIENCE_MS },
  () => {
    beforeAll(async () => {
      busy = await busyRollout()
      browser = await openBrowser()
      context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 1500 } })
      context.setDefaultTimeout(PATIENCE_MS)
      await context.addCookies([busy.cookie])
      page = await context.newPage()
      await page.goto(busy.page)
    }, PATIENCE_MS)
    afterAll(async () => {
      await browser?.close()
      await busy?.close()
    })

    const lines = async (): Promise<number> => {
      const note = await page.getByText(/^[\d,]+ lines$/).textContent()
      return Number(note?.replace(/\D/g, ''))
    }
    const linesCame = async (count: number): Promise<void> => {
      while ((await lines()) < count) await page.waitForTimeout(1_000)
    }

    test('half a minute and 20,000 lines later it holds no more than it did', async () => {
      await linesCame(FULL)
      const before = await kept(context, page)
      await page.waitForTimeout(OPEN_MS)
      await linesCame(FULL + LATER)
      await page.getByRole('heading', { level: 1 }).getByText('rolling out').waitFor()
      const after = await kept(context, page)
      const growth = (what: keyof typeof before) => after[what] - before[what]
      expect(growth('heapMiB')).toBeLessThan(MOST_GROWTH.heapMiB)
      expect(growth('nodes')).toBeLessThan(MOST_GROWTH.nodes)
      expect(growth('listeners')).toBeLessThan(MOST_GROWTH.listeners)
      expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(MOST_ELEMENTS)
    })
  },
)
