// The event stream of a service: `service.events`. All sentences start `(service NAME)`.
// Source: Developer Guide, "Amazon ECS service event messages".
import { randomUUID } from 'node:crypto'
import type { Engine, LiveService } from './engine.ts'
import { EVENT_MUTE_MS, SERVICE_EVENTS_KEPT } from './timings.ts'

/** Adds an event; `rest` follows `(service NAME)`, with its own leading space or comma. */
export function tell(engine: Engine, service: LiveService, rest: string): void {
  const events = service.record.events
  events.unshift({ id: randomUUID(), createdAt: new Date(engine.clock.now()), message: `(service ${service.record.name}${rest}` })
  if (events.length > SERVICE_EVENTS_KEPT) events.length = SERVICE_EVENTS_KEPT
}

/** Adds an event of a cause that may go on: the same sentence is muted for six hours, or until `resolved` is called. */
export function tellOnce(engine: Engine, service: LiveService, cause: Cause, rest: string): boolean {
  const last = service.told.get(cause)
  const now = engine.clock.elapsed()
  if (last && last.message === rest && now - last.at < EVENT_MUTE_MS) return false
  service.told.set(cause, { message: rest, at: now })
  tell(engine, service, rest)
  return true
}

export type Cause = 'placement' | 'impaired' | 'stuck' | 'protected' | 'assume-role' | 'throttled'

export function resolved(service: LiveService, cause: Cause): void {
  service.told.delete(cause)
}
