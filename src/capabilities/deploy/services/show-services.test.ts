import { expect, test } from 'vitest'
import type { Line, View } from '../../../core/view.ts'
import type { ServiceDetail, ServiceRow, TaskShape } from './service-shapes.ts'
import { showService, showServices } from './show-services.ts'
import { showTasks } from './show-tasks.ts'

const place = { product: 'shop', environment: 'staging' }
const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const OUTSIDE = 'arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-staging-web:8'

const row = (more: Partial<ServiceRow> = {}): ServiceRow => ({
  service: 'web',
  cluster: 'shop-staging',
  name: 'shop-staging-web',
  health: 'good',
  desired: 2,
  running: 2,
  pending: 0,
  versions: [{ definition: 'd', commit: COMMIT, desired: 2, running: 2, pending: 0 }],
  ...more,
})

const task = (more: Partial<TaskShape> = {}): TaskShape => ({
  id: '738b56be4d8542388777273ea4105b75',
  definition: 'd',
  commit: COMMIT,
  state: 'healthy',
  lastStatus: 'RUNNING',
  containers: [],
  ...more,
})

/** The English words of a line, data as it is, times left out. */
const words = (line: Line): string =>
  [line]
    .flat()
    .map((span) => {
      if (typeof span === 'string') return span
      if ('en' in span) return span.en
      if ('text' in span) return typeof span.text === 'string' ? span.text : span.text.en
      return ''
    })
    .join('')

const shown = (view: View): string[] =>
  view.flatMap((block) => {
    if (block.kind === 'table') return block.rows.map((cells) => cells.map(words).join(' | '))
    if (block.kind === 'diff') return block.rows.map(({ sign, line }) => `${sign} ${words(line)}`)
    return 'line' in block ? [words(block.line)] : []
  })

test('a row tells only what is known', () => {
  const cpu = [
    { at: 0, value: 12 },
    { at: 60_000, value: 41.6 },
  ]
  const services = [
    row({ cpu, targets: { healthy: 1, total: 2 }, health: 'short' }),
    row({ service: 'worker', versions: [{ definition: OUTSIDE, desired: 2, running: 2, pending: 0 }] }),
    row({ service: 'new', health: 'missing', running: 0, desired: 0, versions: [] }),
  ]
  const denied = { action: 'cloudwatch:GetMetricData', denied: true, text: { en: 'no', ja: 'no' } }
  expect(shown(showServices({ ...place, services, notSeen: [denied] }))).toEqual([
    'web | degraded | 2 of 2 | 01234567 | 42 % |  | 1 of 2 healthy',
    'worker | healthy | 2 of 2 | shop-staging-web:8 |  |  | ',
    'new | not deployed |  |  |  |  | ',
    'not permitted: cloudwatch:GetMetricData',
  ])
})

test('a task that ended says with what, and one that goes well says nothing', () => {
  const ended = task({
    state: 'stopped',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'web', exitCode: 137 }],
  })
  const target = { state: 'unhealthy', reason: 'Request timed out' }
  const tasks = [task(), task({ state: 'unhealthy', target }), ended]
  expect(shown(showTasks({ ...place, services: [{ service: 'web', tasks, more: 3 }], notSeen: [] }).live ?? [])).toEqual([
    'web',
    '738b56be | healthy | 01234567 |  |  |  | ',
    '738b56be | unhealthy | 01234567 |  |  |  | Request timed out',
    '738b56be | stopped | 01234567 |  |  |  | web ended with 137  Essential container in task exited',
    'and 3 more tasks',
  ])
})

test('a definition tells what a release changed from what others did', () => {
  const detail: ServiceDetail = {
    ...place,
    service: row(),
    tasks: [],
    more: 0,
    targets: [],
    events: [],
    scaling: { min: 2, max: 6 },
    definitions: {
      differences: [
        { path: 'cpu', before: '256', deployed: '512', live: '512', by: 'release' },
        { path: 'web.environment.LOG_LEVEL', live: 'debug', by: 'outside' },
      ],
    },
    notSeen: [],
  }
  expect(shown(showService(detail)).slice(1)).toEqual([
    'autoscaled from 2 to 6',
    'no task runs',
    'Definition',
    '~ cpu  256 → 512',
    '~ web.environment.LOG_LEVEL  nothing → debug  changed outside kiban',
  ])
})
