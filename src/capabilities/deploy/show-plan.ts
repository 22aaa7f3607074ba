// How a plan looks, in any face; pure.
import { deployView as text } from '../../core/messages/deploy-view.ts'
import { schedules as words } from '../../core/messages/schedules.ts'
import type { Block, Line, Span, View } from '../../core/view.ts'
import type { PlanShape } from './shapes.ts'
import { showFindings } from './show-finding.ts'
import { shortCommit } from './verdict-tone.ts'

type ServiceShape = PlanShape['services'][number]
type DifferenceShape = ServiceShape['differences'][number]

/** What a person looks for in a definition that is all new; the rest is counted. */
const TELLING = /^(image|cpu|memory|environment\..+|secrets\..+|command)$/

const TELLING_SCHEDULE = /^(expression|timezone|command|count)$/

export function showPlan(plan: PlanShape): View {
  const rolled = plan.services.filter(({ action }) => action !== 'for-task')
  const schedules = plan.schedules.filter(isTold)
  const names = [
    ...rolled.map(({ service }) => service),
    ...plan.migrations.map(({ task }) => task),
    ...schedules.map(({ schedule }) => schedule),
  ]
  const width = Math.max(...names.map(columns), 0)
  return [
    { kind: 'heading', line: text.planOf(plan.product, plan.environment, shortCommit(plan.commit)) },
    ...(plan.notice ? [{ kind: 'line', line: plan.notice, mark: 'warn' } as const] : []),
    ...plan.migrations.map(({ task, service }): Block => ({ kind: 'line', line: [named(task, width), text.runsFirst(service)] })),
    ...rolled.flatMap((service) => serviceBlocks(service, plan.commit, width)),
    ...schedules.flatMap((schedule) => scheduleBlocks(schedule, width)),
    ...plan.rules.map(({ rule, service }): Block => ({ kind: 'line', line: words.ruleUpdated(rule, service) })),
    ...showFindings(plan.findings),
  ]
}

function serviceBlocks(service: ServiceShape, commit: string, width: number): Block[] {
  const { action, differences } = service
  const told = action === 'create' ? differences.filter((one) => TELLING.test(pathOf(one, service))) : differences
  const more = differences.length - told.length
  const rows = told.map((one) => ({ sign: signOf(one), line: differenceLine(one, service, commit) }))
  const diff: Block = { kind: 'diff', indent: 2, rows }
  return [
    {
      kind: 'line',
      line: [
        named(service.service, width),
        action === 'unchanged' ? { text: text.action.unchanged, tone: 'muted' } : text.action[action],
      ],
    },
    ...(service.outside ? [outsideLine(service.outside)] : []),
    ...(rows.length > 0 ? [diff] : []),
    ...(more > 0 ? [{ kind: 'line', indent: 4, line: { text: text.moreSettings(more), tone: 'muted' } } as const] : []),
  ]
}

/** One that only goes along with its service says nothing new. */
const isTold = ({ action, differences, paused }: PlanShape['schedules'][number]): boolean =>
  action === 'create' || action === 'delete' || differences.length > 0 || paused

function scheduleBlocks({ schedule, action, paused, differences }: PlanShape['schedules'][number], width: number): Block[] {
  const rows = differences.map((one) => {
    const { path, live, declared } = one
    const values: Span[] = [live ?? '', live !== undefined && declared !== undefined ? ' → ' : '', declared ?? '']
    return { sign: signOf(one), line: [{ text: path, tone: 'muted' }, '  ', ...values] satisfies Line }
  })
  const told = action === 'create' ? rows.filter((_, at) => TELLING_SCHEDULE.test(differences[at]?.path ?? '')) : rows
  return [
    {
      kind: 'line',
      line: [
        named(schedule, width),
        words.action[action],
        ...(paused ? ['  ', { text: words.staysPaused, tone: 'warn' } as const] : []),
      ],
    },
    ...(told.length > 0 ? [{ kind: 'diff', indent: 2, rows: told } as const] : []),
  ]
}

function outsideLine({ by, at }: NonNullable<ServiceShape['outside']>): Block {
  const when: Span[] = at === undefined ? [] : ['  ', { time: at, tone: 'muted' }]
  return { kind: 'line', indent: 2, line: [text.changedBy(by.split(':').at(-1) ?? by), ...when], mark: 'warn' }
}

const signOf = ({ live, declared }: DifferenceShape): '+' | '-' | '~' =>
  live === undefined ? '+' : declared === undefined ? '-' : '~'

function differenceLine(difference: DifferenceShape, service: ServiceShape, commit: string): Line {
  const path = pathOf(difference, service)
  const { live, declared, deployed, by } = difference
  const last = shown(path, deployed ?? '–', commit)
  const outside: Span[] =
    by === 'release' ? [] : ['  ', text.changedOutside, ...(by === 'both' ? ['  ', text.lastDeployed, ' ', last] : [])]
  const before: Span[] = live === undefined ? [] : [shown(path, live, commit), declared === undefined ? '' : ' → ']
  const after: Span[] = declared === undefined ? [] : [shown(path, declared, commit)]
  return [{ text: path, tone: 'muted' }, '  ', ...before, ...after, ...outside]
}

/** The service's own container goes without saying. */
const pathOf = ({ path }: DifferenceShape, { service, container = service }: ServiceShape): string =>
  path.startsWith(`${container}.`) ? path.slice(container.length + 1) : path

/** An image is told by the beginning of its digest; one that is not there yet by its commit. */
function shown(path: string, value: string, commit: string): Span {
  if (!/(^|\.)image$/.test(path)) return value
  if (value.endsWith(commit)) return text.toBeBuilt(shortCommit(commit))
  return value.replace(/^.*@(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1')
}

const columns = (name: string): number => name.length
const named = (name: string, width: number): Span => ({ text: `${name.padEnd(width)}  `, tone: 'strong' })
