// What people do in the console, by what they read on the screen; told once, and walked in each language.
import { text } from 'node:stream/consumers'
import { Secret, TOTP } from 'otpauth'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { audit } from '../../console/app/words/audit.ts'
import { login } from '../../console/app/words/login.ts'
import { pages } from '../../console/app/words/pages.ts'
import { shell } from '../../console/app/words/shell.ts'
import { commitRelease, revertRelease } from '../../examples/bookshop/repository.ts'
import { approvals } from '../../src/core/messages/approvals.ts'
import { deployView } from '../../src/core/messages/deploy-view.ts'
import { http } from '../../src/core/messages/http.ts'
import { identity } from '../../src/core/messages/identity.ts'
import { services } from '../../src/core/messages/services.ts'
import { eventWords } from '../../src/core/messages/timeline.ts'
import type { Language, Text } from '../../src/core/text.ts'
import { openStage, PATIENCE_MS, type Stage } from './stage.ts'

export const PASSWORD = 'Open-sesame-9'

/** What the tests of a language share; each goes on where the one before it ended. */
export interface Walk {
  stage: Stage
  /** The administrator's. */
  page: Page
  say(text: Text): string
  see(text: Text | string | RegExp, on?: Page): Promise<void>
  button(text: Text, on?: Page): Locator
  heading(text: Text | string | RegExp, on?: Page): Locator
  /** Asks the API as the administrator. */
  ask(method: string, path: string, data?: object): Promise<Record<string, unknown>>
  /** A browser of somebody with a role in the bookshop. */
  comeAs(name: string, role?: string): Promise<Page>
  /** Starts a deploy of the newest commit, and stays on its page. */
  deploy(): Promise<void>
  /** Waits until the deploy that the page shows has ended so. */
  ended(verdict: keyof typeof deployView.verdict, on?: Page): Promise<void>
  code(): string
}

/** `more` are tests that one language is enough for; they come once everything has been deployed. */
export function journeys(language: Language, more: (walk: () => Walk) => void = () => {}): void {
  let opening: Promise<Walk>
  let walk: Walk
  let seed = ''
  beforeAll(async () => {
    opening = begin(language, () => seed)
    walk = await opening
  }, 2 * PATIENCE_MS)
  // Also what was still on its way when the wait for it was over.
  afterAll(async () => (await opening).stage.close(), 2 * PATIENCE_MS)

  test('the first administrator comes in by the link, and sets a password with a code', async () => {
    const { page, stage, say, see, button, heading, code } = walk
    await see(login.youAre('admin'))
    expect(page.url()).toBe(`${stage.base}/welcome`)
    await page.getByLabel(say(login.password)).fill('weak')
    await button(login.next).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel(say(login.password)).fill(PASSWORD)
    await button(login.next).click()
    seed = ((await page.locator('code').first().textContent()) ?? '').replace(/\s/g, '')
    await page.getByLabel(say(login.code)).fill(code())
    await button(login.confirm).click()
    await heading(pages.products).waitFor()
    await see(pages.noProducts)
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(language)
  })

  test('a product that was added is there by itself', async () => {
    const { page, stage, heading, ask, see } = walk
    await ask('POST', '/products', { repository: stage.shop.repository })
    await page.getByRole('link', { name: 'bookshop' }).first().click()
    await heading('bookshop').waitFor()
    await see('kiban deploy --env staging')
  })

  test('a deploy is planned, agreed to and watched to its end, in three clicks', async () => {
    const { page, see, say, button, heading, ended } = walk
    const clicks = await countedClicks(page)
    await page
      .getByRole('main')
      .getByRole('link', { name: say(pages.deploy), exact: true })
      .click()
    await heading(pages.newDeploy).waitFor()
    await see('bookshop-staging-api')
    await button(pages.deployTo('staging')).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: say(pages.deployNow) })
      .click()
    await page.waitForURL(/\/deploys\/dep_/)
    expect(await clicks()).toBe(3)
    await page
      .getByRole('list', { name: say(pages.newTasks) })
      .first()
      .getByText(say(services.state.healthy))
      .first()
      .waitFor()
    await see('listening')
    await ended('succeeded')
    expect(await page.title()).toBe(
      `${say(deployView.verdict.succeeded)}: ${say(pages.kindIn.deploy('staging'))} · bookshop · kiban`,
    )
  })

  test('a bad release is explained with its evidence, and goes back by itself', async () => {
    const { page, stage, say, deploy, ended } = walk
    commitRelease(stage.shop.repository, '03-crash')
    await deploy()
    const why = page.getByRole('region', { name: say(pages.why) })
    await why.getByText('api:').first().waitFor()
    await ended('rolled-back')
    expect(await why.textContent()).toContain('TypeError')
    expect(await why.textContent()).toContain(`${say(pages.nextStep)}:`)
    revertRelease(stage.shop.repository)
  })

  test('the server restarts in mid-rollout: the page says so, and goes on by itself', async () => {
    const { stage, see, page, say, deploy, ended } = walk
    commitRelease(stage.shop.repository, '18-health-500')
    await deploy()
    await page
      .getByRole('listitem')
      .filter({ hasText: say(pages.stepRoll) })
      .and(page.locator('[aria-current=step]'))
      .waitFor()
    // A crash in one language, the way of an upgrade in the other.
    await stage.restart(language === 'en' ? 'SIGKILL' : 'SIGTERM', () => see(shell.offline))
    await page.getByText(say(shell.offline)).waitFor({ state: 'detached' })
    await ended('rolled-back')
    revertRelease(stage.shop.repository)
  })

  test('what was deployed is rolled back in one click and a confirmation', async () => {
    const { page, stage, say, button, heading, ended, deploy } = walk
    commitRelease(stage.shop.repository, '02-prices')
    await deploy()
    await ended('succeeded')
    await page.goto('/p/bookshop?env=staging')
    await heading('bookshop').waitFor()
    const clicks = await countedClicks(page)
    await button(pages.rollBack).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: say(pages.rollBackNow) })
      .click()
    await page.waitForURL(/\/deploys\/dep_/)
    expect(await clicks()).toBe(2)
    await heading(pages.kindIn.rollback('staging')).waitFor()
    await ended('succeeded')
  })

  test('a promotion to production asks another person, who agrees in a browser of their own', async () => {
    const { page, say, see, button, heading, ended, comeAs } = walk
    await page.goto('/p/bookshop/releases?env=staging')
    await button(pages.promoteFrom('staging', 'production')).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: say(pages.promoteNow) })
      .click()
    await page.waitForURL(/\/deploys\/dep_/)
    await heading(pages.kindIn.promotion('production')).getByText(say(pages.waitsForApproval)).waitFor()
    // Whoever asked cannot agree, and is told so by the button itself.
    await button(pages.agree)
      .and(page.getByRole('button', { name: say(approvals.own) }))
      .waitFor()
    const manager = await comeAs('natsu', 'manager')
    await manager.goto('/inbox')
    await see(pages.askedBy('admin'), manager)
    await button(pages.agree, manager).click()
    await manager
      .getByRole('dialog')
      .getByRole('button', { name: say(pages.agree) })
      .click()
    await see(pages.nothingWaits, manager)
    await ended('succeeded')
    await manager.context().close()
  })

  test('log lines arrive as they are written, are filtered, and stand still while one reads', async () => {
    const { page, stage, say, button } = walk
    const visit = (path: string) => fetch(new URL(path, stage.shop.url.staging)).then((answer) => answer.text())
    const log = page.getByRole('log')
    await page.goto('/p/bookshop/logs?env=staging')
    await log.getByText('listening').first().waitFor()
    await visit('/?first')
    await log.getByText('request').first().waitFor()
    await page.getByLabel(say(pages.filter)).fill('request')
    await expect.poll(() => log.getByText('listening').count()).toBe(0)
    expect(new URL(page.url()).searchParams.get('filter')).toBe('request')
    await page.reload()
    await log.getByText('request').first().waitFor()
    await button(pages.pause).click()
    const before = await log.locator('time').count()
    await visit('/?second')
    await page.getByText(new RegExp(say(pages.newLines(0)).replace('0', '[1-9]\\d*'))).waitFor()
    expect(await log.locator('time').count()).toBe(before)
    await button(pages.resume).click()
    await expect.poll(() => log.locator('time').count()).toBeGreaterThan(before)
  })

  test('everything that happened is found again, and has an address of its own', async () => {
    const { page, say, see } = walk
    await page.goto('/timeline')
    await page.getByLabel(say(pages.search), { exact: true }).fill('rolled-back')
    await page
      .getByRole('main')
      .getByRole('button', { name: say(pages.search) })
      .click()
    await page.waitForURL(/text=rolled-back/)
    await see(eventWords({ type: 'deployment.ended', subject: '', data: { verdict: 'rolled-back' } }).text)
    await page.reload()
    await page.getByRole('main').getByRole('listitem').first().waitFor()
  })

  test('what changed around an event is one click away, and around any moment a few more', async () => {
    const { page, say, see, button } = walk
    const added = eventWords({ type: 'product.added', subject: 'product/bookshop', data: {} }).text
    await page.goto('/timeline?type=product')
    await see(added)
    await page
      .getByRole('link', { name: say(pages.around) })
      .first()
      .click()
    await page.waitForURL(/around=\d{4}-\d\d-\d\dT/)
    await page.reload()
    await page.locator('[aria-current=true]').getByText(say(added)).waitFor()
    await page.getByLabel(say(pages.within), { exact: true }).selectOption('5')
    await page.getByLabel(say(pages.aroundMoment), { exact: true }).fill('2020-01-01T09:00:00')
    await button(pages.showAround).click()
    await see(pages.noEvents)
    expect(new URL(page.url()).searchParams.get('within')).toBe('5')
    await button(pages.showAll).click()
    await page.getByText(say(pages.noEvents)).waitFor({ state: 'detached' })
  })

  test('whoever may only look is told why they may not deploy', async () => {
    const { say, comeAs, stage } = walk
    const viewer = await comeAs('haru', 'viewer')
    await viewer.goto('/p/bookshop/deploys/new?env=staging')
    const deploy = viewer.getByRole('button', { name: say(pages.deployTo('staging')) })
    await deploy.and(viewer.getByRole('button', { name: say(pages.mayNot) })).waitFor()
    const refused = await viewer.request.post('/api/v1/products/bookshop/environments/staging/rollbacks', {
      data: {},
      headers: { origin: stage.base },
    })
    expect(refused.status()).toBe(403)
    await viewer.goto('/audit')
    await viewer.getByText(say(audit.mayNot)).waitFor()
    expect(await viewer.getByRole('link', { name: say(shell.audit) }).count()).toBe(0)
    await viewer.context().close()
  })

  test('what was refused is found on the audit page, and is in its export', async () => {
    const { page, say, see, heading } = walk
    await page.goto('/timeline')
    await heading(pages.timeline).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: say(shell.search) }).fill('かんさ')
    await page.keyboard.press('Enter')
    await heading(audit.title).waitFor()
    const search = page.getByRole('main').getByRole('button', { name: say(pages.search), exact: true })
    await page.getByLabel(say(pages.kind), { exact: true }).selectOption('operation.refused')
    await page.getByLabel(say(pages.who), { exact: true }).fill('haru')
    await search.click()
    await see(/deployment\.rollback/)
    expect(page.url()).toContain('actor=haru')
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: say(audit.exportCsv) }).click()
    const written = await text(await (await downloading).createReadStream())
    expect(written).toMatch(/^at,seq,id,type,/)
    expect(written.trim().split('\r\n')).toHaveLength(2)
    await page.getByLabel(say(pages.who), { exact: true }).fill('nobody-at-all')
    await search.click()
    await see(audit.nothing)
  })

  test('a session that is ended elsewhere is thrown out at once, and told why', async () => {
    const { say, see, comeAs, button, heading } = walk
    const here = await comeAs('fuyu', 'viewer')
    const there = await comeAs('fuyu')
    await there.goto('/p/bookshop?env=staging')
    await heading('bookshop', there).waitFor()
    await here.goto('/settings')
    await button(pages.endSession, here).first().click()
    await see(http.sessionEnded, there)
    await see(http.sessionEndedHint, there)
    expect(there.url()).toContain(`to=${encodeURIComponent('/p/bookshop?env=staging')}`)
    await here.getByRole('button', { name: say(pages.endSession) }).waitFor({ state: 'detached' })
    await here.context().close()
    await there.context().close()
  })

  more(() => walk)

  test('whoever logs out is out, and comes in again by password and code, to where they wanted to be', async () => {
    const { page, say, see, button, heading, code } = walk
    await page.goto('/settings')
    await button(shell.logOut).click()
    await heading(login.title).waitFor()
    await page.goto('/p/bookshop?env=staging')
    await page.getByLabel(say(login.name)).fill('admin')
    await page.getByLabel(say(login.password)).fill(PASSWORD)
    await page.getByLabel(say(login.code)).fill('000000')
    await button(login.enter).click()
    await see(identity.loginFailed)
    await page.getByLabel(say(login.code)).fill(code())
    await button(login.enter).click()
    await heading('bookshop').waitFor()
  })
}

async function begin(language: Language, seed: () => string): Promise<Walk> {
  const stage = await openStage(language)
  const page = await stage.enter(stage.firstLink)
  const say = (text: Text) => text[language]
  const words = (text: Text | string | RegExp) => (typeof text === 'string' || text instanceof RegExp ? text : say(text))
  const heading: Walk['heading'] = (text, on = page) => on.getByRole('heading', { name: words(text), level: 1 })
  const ask: Walk['ask'] = async (method, path, data) => {
    const answer = await page.request.fetch(`/api/v1${path}`, { method, data, headers: { origin: stage.base } })
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
    return answer.json()
  }
  return {
    stage,
    page,
    say,
    heading,
    ask,
    see: (text, on = page) => on.getByText(words(text)).first().waitFor(),
    button: (text, on = page) => on.getByRole('button', { name: say(text) }),
    async comeAs(name, role) {
      const { link } = (await ask('POST', '/users', { name })) as { link: string }
      if (role) await ask('POST', `/users/${name}/grants`, { role, product: 'bookshop' })
      const theirs = await stage.enter(link)
      await theirs.getByText(say(login.youAre(name))).waitFor()
      return theirs
    },
    async deploy() {
      await page.goto('/p/bookshop/deploys/new?env=staging')
      await page.getByRole('button', { name: say(pages.deployTo('staging')) }).click()
      await page
        .getByRole('dialog')
        .getByRole('button', { name: say(pages.deployNow) })
        .click()
      await page.waitForURL(/\/deploys\/dep_/)
    },
    ended: (verdict, on = page) =>
      on.getByRole('heading', { level: 1 }).getByText(say(deployView.verdict[verdict]), { exact: true }).waitFor(),
    code: () => new TOTP({ secret: Secret.fromBase32(seed()) }).generate(),
  }
}

/** Counts what is clicked on a page from now on, whoever clicks. */
async function countedClicks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = globalThis as unknown as { clicks: number }
    counted.clicks = 0
    document.addEventListener('click', () => counted.clicks++, { capture: true })
  })
  return () => page.evaluate(() => (globalThis as unknown as { clicks: number }).clicks)
}
