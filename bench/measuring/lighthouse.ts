// A page as Lighthouse judges it: https://developer.chrome.com/docs/lighthouse/overview
import { createServer } from 'node:net'
import lighthouse, { desktopConfig, type Flags, type Result } from 'lighthouse'

/** A page that goes on by itself never comes to rest: it is judged by what it was until then. */
const MOST_LOAD_MS = 15_000
/** Where the machine is busy, Lighthouse may take a page for dead. */
const TRIES = 4

export type Category = 'performance' | 'accessibility' | 'best-practices'
export type Device = 'desktop' | 'phone'

export interface Judged {
  /** Of 100. */
  scores: Record<Category, number>
  /** What is wrong, a line each; of the performance, only what counts for its score. */
  faults: string[]
}

/** Opens the page in a tab of its own of the browser that listens at `port`, as whoever has the cookie. */
export async function judged(
  address: string,
  options: { port: number; cookie: { name: string; value: string }; device: Device; categories: readonly Category[] },
): Promise<Judged> {
  const { port, cookie, device, categories } = options
  const result = await run(
    address,
    {
      port,
      logLevel: 'silent',
      extraHeaders: { Cookie: `${cookie.name}=${cookie.value}` },
      onlyCategories: [...categories],
      maxWaitForLoad: MOST_LOAD_MS,
      ...(categories.includes('performance') ? {} : { cpuQuietThresholdMs: 0 }),
    },
    device,
  )
  const { categories: found, audits } = result
  const scores = {} as Judged['scores']
  const faults: string[] = []
  for (const category of categories) {
    const { score, auditRefs = [] } = found[category] ?? {}
    scores[category] = Math.round((score ?? Number.NaN) * 100)
    for (const { id, weight } of auditRefs) {
      const { score: part, displayValue = '', details } = audits[id] ?? {}
      if (weight === 0 || part === null || part === undefined || part >= 1) continue
      const items = category === 'performance' || !details || !('items' in details) ? '' : JSON.stringify(details.items)
      faults.push([id, displayValue, items].filter((text) => text !== '').join(' '))
    }
  }
  return { scores, faults }
}

async function run(address: string, flags: Flags, device: Device): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const lhr = (await lighthouse(address, flags, device === 'desktop' ? desktopConfig : undefined))?.lhr
    if (lhr && !lhr.runtimeError) return lhr
    if (tries === TRIES || lhr?.runtimeError?.code !== 'PAGE_HUNG') throw new Error(`${address}: ${lhr?.runtimeError?.message}`)
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
