// What a page asks of a browser: the tasks of its main thread, its frames, and the memory that it keeps.
import type { Browser, BrowserContext, Page } from 'playwright-core'

export interface Drawn {
  framesPerSecond: number
  /** Milliseconds of the main thread for each frame: all that it did since the frame before. */
  frames: number[]
  /** Every task of the main thread. */
  tasks: number[]
  /** The same in processor time: what a busy machine took away is not in them. */
  framesCpu: number[]
  tasksCpu: number[]
}

const CATEGORIES = ['-*', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing', '__metadata']
const MARK = 'bench-frame'

/** Watches a page that is open while it draws. */
export async function drawn(browser: Browser, page: Page, ms: number): Promise<Drawn> {
  // A page that nobody sees draws no frames.
  await page.bringToFront()
  await page.evaluate(markFrames, MARK)
  await browser.startTracing(page, { categories: CATEGORIES })
  await page.waitForTimeout(ms)
  await page.evaluate(markFrames, undefined)
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  return read(traceEvents)
}

/** Runs in the page: marks each of its frames until it is called without a mark. */
function markFrames(mark: string | undefined): void {
  const page = globalThis as { mark?: string }
  page.mark = mark
  const next = () => {
    if (page.mark === undefined) return
    performance.mark(page.mark)
    performance.clearMarks(page.mark)
    requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
}

/** https://chromedevtools.github.io/devtools-protocol/tot/Tracing/: times are in microseconds, `tdur` is the thread's own. */
interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  tdur?: number
}

function read(events: readonly TraceEvent[]): Drawn {
  const marks = events.filter(({ name }) => name === MARK).sort(byStart)
  const [first, last] = [marks[0], marks.at(-1)]
  if (!first || !last || first === last) throw new Error('The page drew no frames')
  const tasks = events.filter(({ name, tid, pid }) => name === 'RunTask' && tid === first.tid && pid === first.pid).sort(byStart)
  const frames: number[] = []
  const framesCpu: number[] = []
  let [work, cpu, at] = [0, 0, 0]
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    work += dur / 1000
    cpu += tdur / 1000
    let ends = false
    for (let mark = marks[at]; mark && mark.ts < ts + dur; mark = marks[++at]) ends = true
    if (!ends) continue
    frames.push(work)
    framesCpu.push(cpu)
    work = 0
    cpu = 0
  }
  return {
    framesPerSecond: (marks.length - 1) / ((last.ts - first.ts) / 1_000_000),
    // Before the first mark was more than a frame.
    frames: frames.slice(1),
    framesCpu: framesCpu.slice(1),
    tasks: tasks.map(({ dur = 0 }) => dur / 1000),
    tasksCpu: tasks.map(({ tdur = 0 }) => tdur / 1000),
  }
}

const byStart = (a: TraceEvent, b: TraceEvent): number => a.ts - b.ts

export interface Kept {
  heapMiB: number
  nodes: number
  listeners: number
}

/** What a page holds after a collection of what it does not. */
export async function kept(context: BrowserContext, page: Page): Promise<Kept> {
  const session = await context.newCDPSession(page)
  try {
    await session.send('HeapProfiler.collectGarbage')
    await session.send('Performance.enable')
    const { metrics } = await session.send('Performance.getMetrics')
    const of = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
    return { heapMiB: of('JSHeapUsedSize') / 1024 ** 2, nodes: of('Nodes'), listeners: of('JSEventListeners') }
  } finally {
    await session.detach()
  }
}
