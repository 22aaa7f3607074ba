// The one command of script/screenshot's sandbox: deploys the bookshop, rolls its next release out, and takes the pictures while
// the old version and the new one stand side by side.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { benchServer, type LoggedIn } from '../bench/measuring/server.ts'
import { makeEnvironment } from '../examples/bookshop/cloud.ts'
import { startTraffic } from '../examples/bookshop/load/traffic.ts'
import { commitRelease, createRepository } from '../examples/bookshop/repository.ts'
import { openBrowser } from '../test/console/browser.ts'

const ENVIRONMENT = 'staging'
/** More than the shop has by itself: a rollout of two tasks has hardly a middle. */
const TASKS = 5
const SIZE = { width: 1400, height: 1130 }
const PATIENCE_MS = 300_000
/** So many healthy tasks of the new version, and so many still of the old one; and first lines of the new one's log. */
const MIDDLE = { fresh: 3, old: 3, lines: 2 }

const [folder = ''] = process.argv.slice(2)
const repository = join(folder, 'bookshop')
const { url: shop } = await makeEnvironment(ENVIRONMENT, join(folder, 'data'))
createRepository(repository)
const manifest = join(repository, 'kiban.yml')
writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('count: 2', `count: ${TASKS}`))
execFileSync('git', ['commit', '--quiet', '--all', '--message', 'Open more tills'], { cwd: repository })

const server = await benchServer(folder, awsVariables())
const browser = await openBrowser()
const languages = ['en', 'ja'] as const
try {
  const haru = await somebody('haru')
  await haru.ask('/products', { repository })
  const pages = await Promise.all(languages.map((language) => pageOf(haru, language)))
  await deploy(haru, pages)
  await Promise.all(
    pages.map((page) =>
      page
        .getByRole('heading', { level: 1 })
        .getByText(/succeeded|成功/)
        .waitFor(),
    ),
  )
  const traffic = startTraffic(shop, { shoppers: 4, perSecond: 20 })
  commitRelease(repository, '02-prices')
  await deploy(haru, pages)
  await Promise.all(pages.map((page) => page.waitForFunction(isInTheMiddle, MIDDLE)))
  for (const [at, language] of languages.entries()) await takePictures(pages[at] as Page, language)
  await traffic.stop()
} finally {
  await browser.close()
  await server.close()
}

/** Where the sandbox is. */
function awsVariables(): Record<string, string> {
  const found = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'))
  return Object.fromEntries(found) as Record<string, string>
}

async function somebody(name: string): Promise<LoggedIn> {
  const { link } = await server.admin.ask('/users', { name })
  await server.admin.ask(`/users/${name}/grants`, { role: 'sre', product: '*' })
  return server.login(link)
}

async function pageOf({ cookie }: LoggedIn, language: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: SIZE,
    deviceScaleFactor: 2,
    locale: language,
    timezoneId: 'Asia/Tokyo',
    // A picture is taken at once, not while colours are on their way.
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(PATIENCE_MS)
  await context.addCookies([cookie])
  return context.newPage()
}

async function deploy({ ask }: LoggedIn, pages: readonly Page[]): Promise<void> {
  const { deployment } = await ask(`/products/bookshop/environments/${ENVIRONMENT}/deployments`, { repository, ref: 'main' })
  await Promise.all(pages.map((page) => page.goto(`${server.url}/p/bookshop/deploys/${deployment.id}`)))
}

/** Runs in the page, whose lists of tasks are those of the new version and of the old one, service by service. */
function isInTheMiddle({ fresh, old, lines }: typeof MIDDLE): boolean {
  const healthy = (names: readonly string[]): number =>
    [...document.querySelectorAll('ul[aria-label]')]
      .filter((list) => names.includes(list.getAttribute('aria-label') ?? ''))
      .flatMap((list) => [...list.children])
      .filter((tile) => /healthy|正常/.test(tile.textContent ?? '')).length
  const written = document.querySelectorAll('[role=log] time').length
  return written >= lines && healthy(['new', '新']) >= fresh && healthy(['old', '旧']) >= old
}

async function takePictures(page: Page, language: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => {
      document.documentElement.dataset.theme = name
    }, theme)
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 88 })
    writeFileSync(new URL(`../docs/rollout.${language}.${theme}.webp`, import.meta.url), Buffer.from(data, 'base64'))
  }
}
