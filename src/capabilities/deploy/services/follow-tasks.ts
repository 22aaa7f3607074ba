import { sleep } from '../../../core/clock.ts'
import type { DeployEngine } from '../engine.ts'
import type { Place } from './service-places.ts'
import { FRESH_MS, standing } from './service-rows.ts'
import type { TaskItem } from './service-shapes.ts'
import { tasksNow } from './service-tasks.ts'

/** While nothing moves; a rollout that begins is seen so much later at most. */
const CALM_MS = 5_000

/** The tasks of services, again whenever something about them has changed, for as long as somebody listens. */
export async function* followTasks(
  engine: DeployEngine,
  place: Place & { services: readonly string[]; follow: boolean },
  signal: AbortSignal,
): AsyncGenerator<TaskItem> {
  const { product, environment, services: named, follow } = place
  let shown = ''
  for (;;) {
    const of = await standing(engine, { product, environment }, named)
    const services = await tasksNow(engine, { product, environment }, of)
    signal.throwIfAborted()
    const item: TaskItem = { product, environment, services, notSeen: of.notSeen }
    const text = JSON.stringify(item)
    const moved = shown !== '' && text !== shown
    if (text !== shown) yield item
    if (!follow) return
    shown = text
    await sleep(engine.clock, moved || services.some(isMoving) ? FRESH_MS : CALM_MS, signal)
  }
}

const isMoving = ({ tasks }: TaskItem['services'][number]): boolean =>
  tasks.some(({ state, target }) => state === 'starting' || state === 'draining' || target?.state === 'initial')
