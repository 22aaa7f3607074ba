// How locks look, in any face; pure.
import { deployView as text } from '../../core/messages/deploy-view.ts'
import type { Block, Line, View } from '../../core/view.ts'
import type { LockShape } from './shapes.ts'

export function showLocks({ locks }: { locks: LockShape[] }): View {
  if (locks.length === 0) return [{ kind: 'line', line: text.noLocks }]
  return locks.flatMap(
    (lock): View => [
      { kind: 'line', line: lockLine(lock), mark: 'warn' },
      ...lock.waiters.map((waiter): Block => ({ kind: 'line', indent: 2, line: text.waits(waiter.actor, waiter.reason) })),
    ],
  )
}

export const lockLine = (lock: LockShape): Line => [
  text.heldBy(lock.service, lock.actor, lock.reason),
  '  ',
  { time: lock.takenAt, tone: 'muted' },
]
