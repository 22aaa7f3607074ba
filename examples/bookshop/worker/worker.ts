// Ships orders, one after the other. On SIGTERM the order in hand is finished first.
import { setTimeout as wait } from 'node:timers/promises'
import { errorFields, log } from '../shared/log.ts'
import { openDatabase } from '../store/database.ts'
import { shipOrder, takeOrder } from '../store/orders.ts'

const IDLE_MS = 500
const PACKING_MS = 100

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort(signal))

try {
  const database = openDatabase()
  log('info', 'waiting for orders')
  while (!stopping.signal.aborted) {
    const id = takeOrder(database)
    if (id === undefined) {
      await wait(IDLE_MS, undefined, { signal: stopping.signal }).catch(() => {})
      continue
    }
    await wait(PACKING_MS)
    shipOrder(database, id)
    log('info', 'shipped', { order: id })
  }
  database.close()
  log('info', 'stopped', { signal: stopping.signal.reason })
} catch (error) {
  log('error', 'worker failed', errorFields(error))
  process.exitCode = 1
}
