// How services look, in any face; pure.
import { services as text } from '../../../core/messages/services.ts'
import type { Block, Line, Tone, View } from '../../../core/view.ts'
import type { ServiceDetail, ServiceHealth, ServiceList, ServiceRow } from './service-shapes.ts'
import { notSeenView, tasksView, versionName } from './show-tasks.ts'

const tones: Record<ServiceHealth, Tone> = {
  good: 'good',
  rolling: 'busy',
  short: 'bad',
  stopped: 'muted',
  missing: 'muted',
  unseen: 'warn',
}

export function showServices({ environment, services, notSeen }: ServiceList): View {
  if (services.length === 0) return [{ kind: 'line', line: text.none(environment) }]
  return [rowsTable(services), ...notSeenView(notSeen)]
}

function rowsTable(services: readonly ServiceRow[]): Block {
  const names = ['service', 'health', 'tasks', 'version', 'cpu', 'memory', 'targets'] as const
  const numbers = new Set<string>(['cpu', 'memory'])
  return {
    kind: 'table',
    columns: names.map((name) => ({ title: text.column[name], ...(numbers.has(name) ? { align: 'right' as const } : {}) })),
    rows: services.map((row): Line[] => [
      { text: row.service, tone: 'strong' },
      { text: text.health[row.health], tone: tones[row.health] },
      row.health === 'missing' || row.health === 'unseen' ? '' : text.tasksOf(row.running, row.desired),
      row.versions.map(versionName).join(' ← '),
      percent(row.cpu),
      percent(row.memory),
      row.targets ? text.healthyOf(row.targets.healthy, row.targets.total) : '',
    ]),
  }
}

const percent = (points: ServiceRow['cpu']): string => {
  const last = points?.at(-1)
  return last === undefined ? '' : `${Math.round(last.value)} %`
}

export function showService({ service, tasks, more, targets, events, scaling, definitions, notSeen }: ServiceDetail): View {
  return [
    rowsTable([service]),
    ...(scaling ? [{ kind: 'line', line: text.scaling(scaling.min, scaling.max) } as const] : []),
    { kind: 'blank' },
    ...tasksView(tasks, more),
    ...section(text.targets, targetsTable(targets)),
    ...section(text.definition, definitionView(definitions)),
    ...section(
      text.events,
      events.map(({ at, message }) => ({ kind: 'line', indent: 2, line: [{ time: at, tone: 'muted' }, '  ', message] })),
    ),
    ...notSeenView(notSeen),
  ]
}

const section = (title: (typeof text)['events'], blocks: Block[]): Block[] =>
  blocks.length === 0 ? [] : [{ kind: 'blank' }, { kind: 'heading', line: title }, ...blocks]

function targetsTable(targets: ServiceDetail['targets']): Block[] {
  if (targets.length === 0) return []
  const rows = targets.map(({ id, port, state, reason = '', group }): Line[] => [
    port === undefined ? id : `${id}:${port}`,
    { text: state, tone: state === 'healthy' ? 'good' : state === 'unhealthy' ? 'bad' : 'muted' },
    group,
    reason,
  ])
  return [{ kind: 'table', indent: 2, columns: [{}, {}, {}, {}], rows }]
}

function definitionView({ differences }: ServiceDetail['definitions']): Block[] {
  if (differences.length === 0) return []
  const rows = differences.map(({ path, before, deployed, live, by }) => ({
    sign: '~' as const,
    line: [
      `${path}  `,
      by === 'outside' ? (deployed ?? text.nothing) : (before ?? text.nothing),
      ' → ',
      live ?? text.nothing,
      ...(by === 'release' ? [] : ['  ', { text: text.outside, tone: 'warn' as const }]),
    ],
  }))
  return [{ kind: 'diff', indent: 2, rows }]
}

export function showContinued({ continued }: { continued: { service: string; stage: string }[] }): View {
  return continued.map(({ service, stage }) => ({ kind: 'line', line: text.continued(service, stage), mark: 'good' }))
}
