// What Lighthouse says of the pages that people have open: the overview, and a rollout while it goes on.
import { openBrowser } from '../test/console/browser.ts'
import { busyRollout, CALM } from './measuring/busy-rollout.ts'
import { type Category, type Device, freePort, judged } from './measuring/lighthouse.ts'
import { alternate, benchFlags, machine, report, summary } from './measuring/measure.ts'

const flags = benchFlags(`bench/lighthouse.ts
Has Lighthouse judge the overview and the page of a rollout, whoever looks being logged in, on a real server: performance,
accessibility and best practices, of 100. Needs Debian's Chromium and the built console (script/console).`)

const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const satisfies readonly Category[]

const on = machine()
const rollout = await busyRollout(CALM)
const port = await freePort()
const browser = await openBrowser({ port })
try {
  const pages = { overview: `${rollout.url}/`, rollout: rollout.page }
  const devices: Device[] = flags.quick ? ['desktop'] : ['desktop', 'phone']
  const subjects = Object.entries(pages).flatMap(([page, address]) =>
    devices.map((device) => [
      `${page}, ${device}`,
      () => judged(address, { port, cookie: rollout.cookie, device, categories: CATEGORIES }),
    ]),
  )
  const samples = await alternate(
    Object.fromEntries(subjects) as Record<string, () => ReturnType<typeof judged>>,
    flags.quick ? 1 : 5,
  )
  const rows = Object.entries(samples).map(([name, runs]) => {
    const scores = CATEGORIES.map((category) => summary(runs.map(({ scores }) => scores[category])))
    return [name, ...scores.flatMap(({ median, max }) => [median, max]), runs.length]
  })
  const faults = Object.entries(samples).flatMap(([name, runs]) => {
    const [worst] = runs.toSorted((a, b) => a.scores.performance - b.scores.performance)
    return (worst?.faults ?? []).map((fault) => `- ${name}: ${fault}`)
  })
  const columns = ['page', ...CATEGORIES.flatMap((category) => [category, 'best']), 'n']
  report('lighthouse', [{ title: 'The pages as Lighthouse judges them', columns, rows, notes: faults }], on, flags)
} finally {
  await browser.close()
  await rollout.close()
}
