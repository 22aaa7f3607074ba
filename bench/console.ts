// What the page of a busy rollout asks of a browser, beside a page that is empty; and whether it keeps more and more.
import type { BrowserContext, Page } from 'playwright-core'
import { openBrowser } from '../test/console/browser.ts'
import { type Drawn, drawn, type Kept, kept } from './measuring/browser.ts'
import { BUSY, busyRollout } from './measuring/busy-rollout.ts'
import { alternate, benchFlags, machine, ratioOf, report, slope, summary, type Table } from './measuring/measure.ts'

const flags = benchFlags(`bench/console.ts
Opens the page of a rollout in which ${BUSY.tasks} tasks come and go and ${BUSY.linesPerSecond} lines of log arrive a second, on a real
server: work of the main thread for each frame, its longest tasks, frames a second beside an empty page, and the memory that
the page holds over half an hour. Needs Debian's Chromium and the built console (script/console). Takes about 40 minutes.`)

const VIEWPORT = { width: 1440, height: 1500 }
const LONG_TASK_MS = 50
const ROUNDS = flags.quick ? 1 : 7
const WATCHED_MS = flags.quick ? 3_000 : 10_000
/** The page has what it begins with, and its code is compiled. */
const SETTLED_MS = flags.quick ? 2_000 : 10_000
const MEMORY = flags.quick ? { looks: 4, everyMs: 3_000 } : { looks: 31, everyMs: 60_000 }

const on = machine()
const busy = await busyRollout()
const browser = await openBrowser()
try {
  const context = await browser.newContext({ viewport: VIEWPORT })
  await context.addCookies([busy.cookie])
  const [rollout, empty] = [await context.newPage(), await context.newPage()]
  await rollout.goto(busy.page)
  await rollout.getByRole('log').waitFor()
  await rollout.waitForTimeout(SETTLED_MS)
  report('console', [await frames({ empty, rollout }), await memory(context, rollout)], on, flags)
} finally {
  await browser.close()
  await busy.close()
}

/** Both pages stay open: what one of them costs the machine, it costs while the other one is watched, too. */
async function frames(pages: Record<'empty' | 'rollout', Page>): Promise<Table> {
  const subjects = {
    empty: () => drawn(browser, pages.empty, WATCHED_MS),
    rollout: () => drawn(browser, pages.rollout, WATCHED_MS),
  }
  const { empty = [], rollout = [] } = await alternate(subjects, ROUNDS)
  return {
    title: `The page of a rollout: ${BUSY.tasks} tasks that change, ${BUSY.linesPerSecond} log lines/s`,
    columns: [
      'page',
      'frames/s',
      'ratio',
      'work a frame, ms',
      '95 % of frames, ms',
      'the same, CPU ms',
      '95 %, CPU ms',
      'longest task, CPU ms',
      `tasks over ${LONG_TASK_MS} ms`,
      'of CPU',
      'main thread busy, CPU %',
      'n',
    ],
    rows: [row('empty', empty, empty), row('rollout', rollout, empty)],
  }
}

function row(name: string, runs: readonly Drawn[], empty: readonly Drawn[]) {
  const rates = (of: readonly Drawn[]) => of.map(({ framesPerSecond }) => framesPerSecond)
  const [frames, framesCpu] = [ordered(runs.flatMap((run) => run.frames)), ordered(runs.flatMap((run) => run.framesCpu))]
  const [tasks, tasksCpu] = [runs.flatMap((run) => run.tasks), runs.flatMap((run) => run.tasksCpu)]
  const tooLong = (of: readonly number[]) => of.filter((ms) => ms > LONG_TASK_MS).length
  return [
    name,
    summary(rates(runs)).median,
    ratioOf(rates(runs), rates(empty)),
    summary(frames).median,
    frames[Math.floor(frames.length * 0.95)],
    summary(framesCpu).median,
    framesCpu[Math.floor(framesCpu.length * 0.95)],
    summary(tasksCpu).max,
    tooLong(tasks),
    tooLong(tasksCpu),
    (100 * tasksCpu.reduce((sum, ms) => sum + ms, 0)) / (runs.length * WATCHED_MS),
    runs.length,
  ]
}

function ordered(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

async function memory(context: BrowserContext, page: Page): Promise<Table> {
  await page.bringToFront()
  const looks: Kept[] = []
  const before = busy.written()
  for (let look = 0; look < MEMORY.looks; look++) {
    if (look > 0) await page.waitForTimeout(MEMORY.everyMs)
    looks.push(await kept(context, page))
  }
  const lines = busy.written() - before
  const minutes = looks.map((_, look) => (look * MEMORY.everyMs) / 60_000)
  const cells = (name: string, values: readonly number[]) => {
    const { median, max } = summary(values)
    return [name, values[0], median, max, values.at(-1), slope(minutes, values)]
  }
  return {
    title: `What the page holds over ${minutes.at(-1)} minutes, in which ${lines} lines were written`,
    columns: ['after a garbage collection', 'at first', 'median', 'most', 'at last', 'slope, a minute'],
    rows: [
      cells(
        'heap, MiB',
        looks.map(({ heapMiB }) => heapMiB),
      ),
      cells(
        'nodes of the DOM',
        looks.map(({ nodes }) => nodes),
      ),
      cells(
        'event listeners',
        looks.map(({ listeners }) => listeners),
      ),
    ],
  }
}
