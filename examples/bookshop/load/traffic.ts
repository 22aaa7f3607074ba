// The load in a thread of its own, so that whatever else the process does is not taken for slowness of the shop.
import { Worker } from 'node:worker_threads'
import type { LoadOptions } from './load.ts'
import type { Summary } from './tally.ts'

export interface Traffic {
  /** What became of the requests since the last lap. */
  lap(): Promise<Summary>
  /** The same since the beginning. */
  total(): Promise<Summary>
  /** Lets every request under way end; gives the last total. */
  stop(): Promise<Summary>
}

export interface Question {
  id: number
  what: keyof Traffic
}

export interface Answer {
  id: number
  summary: Summary
}

/** Begins to send load to the shop at `url`. The thread keeps no process alive that waits for no answer. */
export function startTraffic(url: string, options: LoadOptions = {}): Traffic {
  const worker = new Worker(new URL('./traffic-thread.ts', import.meta.url), { workerData: { url, options } })
  const waiting = new Map<number, PromiseWithResolvers<Summary>>()
  const settle = (id: number) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    return asked
  }
  let last = 0
  worker.unref()
  worker.on('message', ({ id, summary }: Answer) => settle(id)?.resolve(summary))
  worker.on('error', (error) => {
    for (const id of waiting.keys()) settle(id)?.reject(error)
  })
  const ask = (what: Question['what']): Promise<Summary> => {
    const asked = Promise.withResolvers<Summary>()
    waiting.set(++last, asked)
    worker.ref()
    worker.postMessage({ id: last, what } satisfies Question)
    return asked.promise
  }
  return {
    lap: () => ask('lap'),
    total: () => ask('total'),
    async stop() {
      const total = await ask('stop')
      await worker.terminate()
      return total
    },
  }
}
