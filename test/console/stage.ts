// The console as people use it: the bookshop, its cloud in a sandbox, the real server, and browsers of several people.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Language } from '../../src/core/text.ts'
import { openShop, type Shop } from '../journeys/shop.ts'
import type { Command } from '../journeys/terminal.ts'
import { browserProgram, openBrowser } from './browser.ts'

const built = existsSync(fileURLToPath(new URL('../../console/dist/index.html', import.meta.url)))

/** Why such tests cannot run here; undefined where they can. */
export const missing =
  browserProgram === undefined ? 'no Chromium is installed here' : built ? undefined : 'the console is not built: script/console'

/** A rollout takes seconds; a machine that does many things at once takes more. */
export const PATIENCE_MS = 90_000

export interface Stage {
  shop: Shop
  base: string
  browser: Browser
  /** A browser of somebody, who comes in by a one-time link. */
  enter(link: string): Promise<Page>
  /** One-time link of the first administrator. */
  firstLink: string
  /** Ends the server as the signal does, and starts it again at the same address once `meanwhile` is over. */
  restart(signal: NodeJS.Signals, meanwhile: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** The bookshop, whose production asks one other person. */
export async function openStage(language: Language): Promise<Stage> {
  const shop = await openShop(['staging', 'production'])
  askInProduction(shop.repository)
  let server: Command = shop.terminal().start('server', '--port', '0')
  const shown = /http:\/\/\S+\/welcome#\S+/
  await server.says(shown)
  const [firstLink = ''] = shown.exec(server.output()) ?? []
  const base = new URL(firstLink).origin
  const browser = await openBrowser()
  const contexts: BrowserContext[] = []
  return {
    shop,
    base,
    browser,
    firstLink,
    async enter(link) {
      const context = await browser.newContext({
        locale: language === 'ja' ? 'ja-JP' : 'en-US',
        viewport: { width: 1280, height: 900 },
        baseURL: base,
        reducedMotion: 'reduce',
      })
      contexts.push(context)
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      await page.goto(link.replace(/^https?:\/\/[^/]+/, base))
      return page
    },
    async restart(signal, meanwhile) {
      server.process.kill(signal)
      await server.ended
      await meanwhile()
      server = shop.terminal().start('server', '--port', new URL(base).port)
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()))
      await browser.close()
      server.process.kill('SIGTERM')
      await server.ended
      await shop.close()
    },
  }
}

function askInProduction(repository: string): void {
  const manifest = join(repository, 'kiban.yml')
  const asking = readFileSync(manifest, 'utf8').replace('production: { protected: true }', 'production: { approvals: 1 }')
  writeFileSync(manifest, asking)
  execFileSync('git', ['-C', repository, 'commit', '--quiet', '--all', '--message', 'Ask another person before production'])
}

/** The addresses of all pages, from the router itself, so that none is forgotten. */
export function routes(): string[] {
  const source = readFileSync(fileURLToPath(new URL('../../console/app/router.tsx', import.meta.url)), 'utf8')
  const declared = source.matchAll(/const (\w+) = createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*(?:path: '([^']*)'|id: )/g)
  const found = new Map([...declared].map(([, name = '', parent = '', path = '']) => [name, { parent, path }]))
  const parents = new Set([...found.values()].map(({ parent }) => parent))
  const full = (name: string): string => {
    const route = found.get(name)
    return route ? full(route.parent) + route.path : ''
  }
  return [...found.keys()].filter((name) => !parents.has(name)).map((name) => full(name).replace(/(.)\/$/, '$1'))
}
