// What runs in the thread of `startTraffic`: it answers each question with a summary.
import { parentPort, workerData } from 'node:worker_threads'
import { type LoadOptions, startLoad } from './load.ts'
import type { Answer, Question } from './traffic.ts'

const { url, options } = workerData as { url: string; options: LoadOptions }
const load = startLoad(url, options)
parentPort?.on('message', async ({ id, what }: Question) => {
  parentPort?.postMessage({ id, summary: await load[what]() } satisfies Answer)
})
