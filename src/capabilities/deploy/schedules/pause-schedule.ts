// Pauses a schedule, or lets it go on: all else of it stays as it stands in EventBridge.
import { putSchedule, scheduleNamed } from '../../../aws/scheduler.ts'
import type { Actor } from '../../../core/actor.ts'
import { KibanError } from '../../../core/error.ts'
import { schedules as text } from '../../../core/messages/schedules.ts'
import { appendEvent } from '../../../database/events.ts'
import type { DeployEngine } from '../engine.ts'
import { refuseProtected } from '../refuse-protected.ts'
import { knownSchedules } from './schedule-store.ts'

export async function setPaused(
  engine: DeployEngine,
  actor: Actor,
  of: { product: string; environment: string; schedule: string; paused: boolean; reason: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { product, environment, schedule, paused, reason } = of
  await refuseProtected(engine.database, actor, of)
  const all = await knownSchedules(engine.database, of)
  const known = all.find((one) => one.schedule === schedule)
  if (!known) {
    throw new KibanError('not-found', 'schedule.unknown', text.unknown(schedule, environment), {
      hint: text.knownHint(all.map((one) => one.schedule).join(', ')),
    })
  }
  const session = engine.aws(known.region)
  const live = await scheduleNamed(session, known.group, schedule, signal)
  if (!live) throw new KibanError('not-found', 'schedule.gone', text.gone(schedule), { hint: text.goneHint })
  const { Arn: _, CreationDate: __, LastModificationDate: ___, ...settings } = live
  const request = { ...settings, State: paused ? 'DISABLED' : 'ENABLED' }
  await putSchedule(session, request as Parameters<typeof putSchedule>[1], signal)
  await engine.database.transaction(async (tx) => {
    const type = paused ? 'schedule.paused' : 'schedule.resumed'
    const at = engine.clock.now()
    const subject = `schedule/${schedule}`
    appendEvent(tx, { type, at, product, environment, actor: actor.name, face: actor.face, subject, data: { schedule, reason } })
  })
}
