// When a deploying process is killed: in a state, at a request to AWS, or at an instant that chance chooses.

import { type State, states } from '../../src/capabilities/deploy/deployment.ts'
import type { Chance } from '../chance.ts'

/** How a deployment goes when nobody disturbs it, which is how it must end. */
export const courses = {
  /** Two services that stand are updated, after a migration. */
  update: 'succeeded',
  /** Two services are created, after a migration. */
  create: 'succeeded',
  /** One service fails while the other is still rolling: that one is stopped. */
  stop: 'rolled-back',
  /** One service fails when the other has rolled: that one is rolled back by another update. */
  restore: 'rolled-back',
  /** Somebody cancels it while services roll. */
  cancel: 'stopped',
} as const
export type Course = keyof typeof courses

export type Moment =
  | { state: State }
  /**
   * At the nth request of a name: it never arrives, it arrives a while after the process is dead, or it arrives and its
   * answer does not come back.
   */
  | { call: string; nth: number; request: 'lost' | 'late' | 'answered' }
  /** So long after the process has said its first word of it. */
  | { afterMs: number }

/** One deployment, and how it is disturbed. */
export interface Killing {
  course: Course
  /** The second, if any, is that of the process that went on. */
  moments: readonly Moment[]
  /** Who goes on: a command that ran beside the one that is killed, or one that is started later. */
  heir: 'beside' | 'later'
}

const at = (course: Course, ...moments: Moment[]) => moments.map((moment) => ({ course, moments: [moment] }))
const everyWay = (call: string, nth = 1): Moment[] =>
  (['lost', 'late', 'answered'] as const).map((request) => ({ call, nth, request }))

/** Every state, and every request that changes something in AWS. */
const named = [
  ...at('update', ...states.filter((state) => state !== 'approved' && state !== 'done').map((state) => ({ state }))),
  ...at(
    'update',
    { call: 'registry:POST blobs', nth: 1, request: 'late' },
    { call: 'registry:PUT blobs', nth: 2, request: 'late' },
  ),
  ...at('update', ...everyWay('registry:PUT manifests')),
  ...at('update', ...everyWay('ecs:RegisterTaskDefinition'), ...everyWay('ecs:RegisterTaskDefinition', 2)),
  ...at('update', ...everyWay('ecs:RunTask'), { call: 'ecs:DescribeTasks', nth: 1, request: 'answered' }),
  ...at('update', ...everyWay('ecs:UpdateService'), ...everyWay('ecs:UpdateService', 2)),
  ...at('update', { call: 'ecs:DescribeServiceDeployments', nth: 1, request: 'answered' }),
  ...at('create', ...everyWay('ecs:CreateService'), ...everyWay('ecs:CreateService', 2)),
  ...at('stop', ...everyWay('ecs:StopServiceDeployment'), { state: 'verifying' }),
  ...at('restore', ...everyWay('ecs:UpdateService', 3), { call: 'ecs:DescribeServiceDeployments', nth: 4, request: 'answered' }),
  ...at('cancel', ...everyWay('ecs:StopServiceDeployment'), { state: 'verifying' }),
]

/** About as long as a deployment takes, from when it is stored. */
const LONGEST_MS = 6_000
const SECOND_KILL = 0.25
const BESIDE = 0.5

/** So many killings: the named ones in an order of chance, then instants of chance; equal for equal seeds. */
export function killings(count: number, chance: Chance): Killing[] {
  const chosen = shuffled(named, chance).slice(0, count)
  while (chosen.length < count) {
    const course = pick(['update', 'update', 'stop', 'restore', 'cancel'] as const, chance)
    chosen.push({ course, moments: [someInstant(chance)] })
  }
  return chosen.map(({ course, moments }) => ({
    course,
    moments: chance() < SECOND_KILL ? [...moments, someInstant(chance)] : moments,
    heir: chance() < BESIDE ? 'beside' : 'later',
  }))
}

export const someInstant = (chance: Chance, longestMs = LONGEST_MS): Moment => ({ afterMs: Math.floor(chance() * longestMs) })

function shuffled<Item>(items: readonly Item[], chance: Chance): Item[] {
  const all = [...items]
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1))
    ;[all[last], all[other]] = [all[other] as Item, all[last] as Item]
  }
  return all
}

const pick = <Item>(items: readonly Item[], chance: Chance): Item => items[Math.floor(chance() * items.length)] as Item

export const killingText = ({ course, moments, heir }: Killing): string =>
  `${course}: ${moments.map(momentText).join('; then ')}; gone on with by one ${heir}`

const momentText = (moment: Moment): string =>
  'state' in moment
    ? moment.state
    : 'call' in moment
      ? `${moment.call}${moment.nth > 1 ? ` (${moment.nth})` : ''}, ${moment.request}`
      : `after ${moment.afterMs} ms`
