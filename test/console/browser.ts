// Debian's Chromium for tests of the console, and the accessibility rules that every page is held against.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Undefined where there is none: such tests are skipped, and say so. */
export const browserProgram = existsSync(PROGRAM) ? PROGRAM : undefined

/** A browser that talks to nobody by itself; through `port` others may work with it too. */
export const openBrowser = ({ port }: { port?: number } = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: PROGRAM,
    args: [
      ...(port === undefined ? [] : [`--remote-debugging-port=${port}`]),
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

interface Violation {
  id: string
  nodes: { html: string }[]
}

/** What a page breaks of WCAG 2.2 AA, in light and in dark; a line each. */
export async function violations(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => {
      document.documentElement.dataset.theme = name
    }, theme)
    // The page's own policy lets no script in but its own: this one comes through the debugger.
    const session = await page.context().newCDPSession(page)
    await session.send('Page.setBypassCSP', { enabled: true })
    await session.send('Runtime.evaluate', { expression: await source() })
    const { result } = await session.send('Runtime.evaluate', {
      expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, any }) => ({ html: html.slice(0, 160) + ' (' + any.map(({ message }) => message).join(' ') + ')' })) }))))`,
      awaitPromise: true,
    })
    await session.detach()
    for (const { id, nodes } of JSON.parse(String(result.value)) as Violation[])
      found.push(`${theme} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  }
  return found
}

let read: Promise<string> | undefined
const source = (): Promise<string> => {
  read ??= import('node:fs/promises').then(({ readFile }) => readFile(axe, 'utf8'))
  return read
}
