// The database as a process has it that is killed at one of its transactions.
import type { Database } from '../src/database/database.ts'

interface Death {
  /** At which transaction, from 0, of those that count. */
  at: number
  /** Without what it stores, or with it. */
  when: 'before' | 'after'
  /** Aborted at its death. */
  killed: AbortController
  /** Which count; all when left out. */
  counts?: () => Promise<boolean>
}

export function dyingDatabase(database: Database, { at, when, killed, counts = async () => true }: Death): Database {
  let left = at
  const transaction: Database['transaction'] = async (work) => {
    killed.signal.throwIfAborted()
    const isLast = (await counts()) && left-- === 0
    if (isLast && when === 'before') killed.abort(new Error('killed'))
    killed.signal.throwIfAborted()
    const answer = await database.transaction(work)
    if (isLast) killed.abort(new Error('killed'))
    killed.signal.throwIfAborted()
    return answer
  }
  return new Proxy(database, {
    get(target, name) {
      if (name === 'transaction') return transaction
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
