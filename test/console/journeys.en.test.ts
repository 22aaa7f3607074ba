import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pages } from '../../console/app/words/pages.ts'
import { serviceWords } from '../../console/app/words/services.ts'
import { shell } from '../../console/app/words/shell.ts'
import { commitRelease, revertRelease } from '../../examples/bookshop/repository.ts'
import type { Text } from '../../src/core/text.ts'
import { violations } from './browser.ts'
import { journeys, type Walk } from './journeys.ts'
import { missing, PATIENCE_MS, routes } from './stage.ts'

const title = `the console${missing ? ` (skipped: ${missing})` : ''}`
describe.skipIf(missing !== undefined)(title, { timeout: 2 * PATIENCE_MS }, () => journeys('en', inOneLanguage))

/** As many as somebody leaves open over a day; each of them follows three things and more. */
const TABS = 8

function inOneLanguage(walk: () => Walk): void {
  test('whoever has no mouse deploys by keys alone', async () => {
    const { page, stage, say, heading, ended } = walk()
    commitRelease(stage.shop.repository, '14-graviton')
    await page.goto('/p/bookshop?env=staging')
    await heading('bookshop').waitFor()
    await page.keyboard.press('d')
    await page.getByText('bookshop-staging-api').or(page.getByText('api.image')).first().waitFor()
    await tabTo(page, say(pages.deployTo('staging')))
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await tabTo(page, say(pages.deployNow))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/deploys\/dep_/)
    await ended('succeeded')
  })

  test('services stand there with their tasks, targets, events and definition, each by a key or a link', async () => {
    const { page, say, see, heading } = walk()
    await page.goto('/p/bookshop?env=staging')
    await heading('bookshop').waitFor()
    await page.keyboard.press('s')
    await heading(pages.services).waitFor()
    const row = page.getByRole('row', { name: /^web/ })
    await row.getByText(say(serviceWords.runningOf(2, 2))).waitFor()
    await row.getByText(say(serviceWords.healthyOf(2, 2))).waitFor()
    await row.getByRole('link', { name: 'web' }).click()
    await heading(/^web/).waitFor()
    await page.getByRole('table').getByText('RUNNING').first().waitFor()
    for (const [tab, shown] of [
      [serviceWords.targets, 'bookshop-staging-web'],
      [serviceWords.events, /has reached a steady state/],
      [serviceWords.definition, say(serviceWords.live)],
      [serviceWords.logs, /listening/],
    ] as const) {
      await page
        .getByRole('navigation', { name: 'web' })
        .getByRole('link', { name: say(tab) })
        .click()
      await see(shown)
      expect([tab.en, await violations(page)]).toEqual([tab.en, []])
    }
    expect(page.url()).toContain('tab=logs')
  })

  test('every state has an address: it is the same after a reload, and in another tab', async () => {
    const { page, say, see, heading, ask } = walk()
    const { deployments } = (await ask('GET', '/products/bookshop/deployments?env=staging')) as {
      deployments: { id: string; verdict: string }[]
    }
    const { tasks } = (await ask('GET', '/products/bookshop/environments/staging/services/web')) as {
      tasks: { id: string; state: string }[]
    }
    const task = tasks.find(({ state }) => state === 'healthy')?.id ?? ''
    const id = deployments.find(({ verdict }) => verdict === 'rolled-back')?.id ?? ''
    const states: [string, () => Promise<unknown>][] = [
      [
        '/timeline?type=approval&text=Asked',
        () => expect(page.getByLabel(say(pages.kind), { exact: true }).inputValue()).resolves.toBe('approval'),
      ],
      ['/p/bookshop/timeline?actor=natsu', () => see(/natsu/)],
      [
        '/p/bookshop/logs?env=staging&service=web&filter=listening',
        async () => {
          await page.getByRole('log').getByText('listening').first().waitFor()
          expect(await page.getByLabel(say(pages.filter)).inputValue()).toBe('listening')
          expect(await page.getByLabel(say(pages.service)).inputValue()).toBe('web')
        },
      ],
      ['/p/bookshop/services/api?env=staging&tab=definition', () => see(serviceWords.live)],
      [`/p/bookshop/services/web?env=staging&tab=logs&task=${task}`, () => see(pages.ofTask(task.slice(0, 4)))],
      [
        `/p/bookshop/services/web?env=staging&task=${task}`,
        () => page.getByRole('row').and(page.locator('[aria-current=true]')).getByText(task.slice(0, 8)).waitFor(),
      ],
      [`/p/bookshop/deploys/${id}?env=staging`, () => heading(pages.kindIn.deploy('staging')).waitFor()],
      [
        '/p/bookshop/deploys/new?env=staging&ref=HEAD~1',
        () => expect(page.getByLabel(say(pages.ref)).inputValue()).resolves.toBe('HEAD~1'),
      ],
      ['/p/bookshop?env=production', () => page.getByRole('link', { name: `production (${say(pages.chosen)})` }).waitFor()],
    ]
    for (const [address, isThere] of states) {
      await page.goto(address)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await isThere()
      const stays = page.url()
      await page.reload()
      await isThere()
      expect(page.url()).toBe(stays)
    }
  })

  test('deploys are found by how they ended, and the address says so', async () => {
    const { page, say, see } = walk()
    await page.goto('/p/bookshop/deploys?env=staging')
    const outcomes = page.getByRole('table').getByRole('row')
    await outcomes.filter({ hasText: 'succeeded' }).first().waitFor()
    await page.getByLabel(say(pages.outcome)).selectOption('rolled-back')
    const search = page.getByRole('main').getByRole('button', { name: say(pages.search), exact: true })
    await search.click()
    await page.waitForURL(/verdict=rolled-back/)
    await outcomes.filter({ hasText: 'succeeded' }).first().waitFor({ state: 'detached' })
    await outcomes.filter({ hasText: 'rolled back' }).first().waitFor()
    await page.getByLabel(say(pages.who), { exact: true }).fill('nobody')
    await search.click()
    await see(pages.noDeploysMatch)
  })

  test('the palette goes anywhere by typing, in kana too', async () => {
    const { page, heading } = walk()
    await page.goto('/p/bookshop?env=staging')
    await heading('bookshop').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('でぷろい')
    await page.getByRole('option').first().waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Enter')
    await heading(pages.newDeploy).waitFor()
  })

  test('keys are listed, and do nothing once they are turned off', async () => {
    const { page, say, heading, button } = walk()
    await page.goto('/p/bookshop?env=staging')
    await heading('bookshop').waitFor()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: say(shell.shortcuts) })
    await dialog.getByText(say(pages.newDeploy)).waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByLabel(say(shell.singleKeys)).uncheck()
    await button(pages.close).click()
    await page.keyboard.press('d')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    expect(page.url()).toContain('/p/bookshop?env=staging')
    await page.getByRole('combobox').fill(say(shell.shortcuts))
    await page.keyboard.press('Enter')
    await dialog.getByLabel(say(shell.singleKeys)).check()
    await button(pages.close).click()
  })

  test(`${TABS} tabs of live pages are open, and another loads, is live and answers a click`, async () => {
    const { page, say, heading, see, button } = walk()
    const live = async (tab: Page) => tab.getByRole('status').getByText(say(shell.live), { exact: true }).first().waitFor()
    const tabs: Page[] = []
    for (let count = 0; count < TABS; count++) {
      const tab = await page.context().newPage()
      tabs.push(tab)
      await tab.goto('/p/bookshop/logs?env=staging')
      await live(tab)
    }
    await page.goto('/p/bookshop/logs?env=staging')
    await live(page)
    await page.getByRole('link', { name: say(shell.overview) }).click()
    await heading('bookshop').waitFor()
    await button(pages.rollBack).click()
    await see(pages.confirmRollback('staging'))
    // The first tab gave its connection up, and has it again as soon as somebody looks.
    const [first] = tabs
    if (!first) throw new Error('There is no first tab')
    await see(shell.paused, first)
    await first.evaluate(() => window.dispatchEvent(new Event('focus')))
    await live(first)
    await Promise.all(tabs.map((tab) => tab.close()))
  })

  test('every page of the router keeps the rules of accessibility, on a phone too, with its dialogs open', async () => {
    const { page, stage, say, ask } = walk()
    const { deployments } = (await ask('GET', '/products/bookshop/deployments')) as { deployments: { id: string }[] }
    const fill = (route: string) =>
      route
        .replace('$product', 'bookshop')
        .replace('$service', 'api')
        .replace('$id', deployments[0]?.id ?? '')
    const all = routes().map(fill)
    expect(all.length).toBeGreaterThan(15)
    expect(all.filter((path) => path.includes('$'))).toEqual([])
    // So that there is something to deploy.
    revertRelease(stage.shop.repository)
    const dialogs: [string, Text][] = [
      ['/p/bookshop?env=staging', pages.rollBack],
      ['/p/bookshop/deploys/new?env=staging', pages.deployTo('staging')],
      ['/p/bookshop/releases?env=staging', pages.promoteFrom('staging', 'production')],
      ['/settings', pages.invite],
    ]
    await page.setViewportSize({ width: 390, height: 844 })
    const look = async (what: string) => {
      await page.waitForLoadState('load')
      expect([what, await violations(page)]).toEqual([what, []])
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect([what, overflow <= 0]).toEqual([what, true])
    }
    for (const path of [
      ...all,
      '/p/bookshop/services/api?tab=definition',
      '/p/bookshop/services/api?tab=events',
      '/p/bookshop/timeline?text=never-happened',
      '/audit?actor=nobody-at-all',
      '/p/bookshop/deploys?env=staging&verdict=timed-out',
      '/p/bookshop/services/unknown',
      '/p/unknown',
      '/nowhere',
    ]) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await look(path)
    }
    for (const [path, name] of dialogs) {
      await page.goto(path)
      await page.getByRole('button', { name: say(name) }).click()
      await page.getByRole('dialog').waitFor()
      await look(`${path} ${name.en}`)
      await page.keyboard.press('Escape')
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    expect(page.url()).toContain(stage.base)
  })
}

/** Presses Tab until what has the focus reads so. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? '')
    if (focused.trim() === name) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never comes to ${name}`)
}
