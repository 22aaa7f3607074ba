import { expect, test } from 'vitest'
import type { Block, Line, View } from '../../core/view.ts'
import type { DeploymentItem, RolloutShape } from './shapes.ts'
import { showPlan } from './show-plan.ts'
import { showLeaving, showProgress } from './show-progress.ts'

const item = (more: Partial<DeploymentItem> = {}): DeploymentItem => ({
  deployment: {
    id: 'dep_1',
    product: 'shop',
    environment: 'staging',
    kind: 'deploy',
    state: 'verifying',
    services: ['api', 'web'],
    commit: '0123456789abcdef0123456789abcdef01234567',
    createdAt: 1_000,
    createdBy: 'aoi',
  },
  rollouts: [],
  migrations: [],
  events: [],
  usual: {},
  seq: 1,
  ...more,
})

const revision = (requested: number, running: number, pending = 0) => ({ revision: 'r', requested, running, pending })

const rollout = (service: string, view: Partial<NonNullable<RolloutShape['view']>>): RolloutShape => ({
  service,
  action: 'update',
  cluster: 'shop-staging',
  name: `shop-staging-${service}`,
  sentAt: 10_000,
  view: { arn: 'a', status: 'IN_PROGRESS', sources: [], ...view },
})

/** The English words of a line, data as it is, times left out. */
const words = (line: Line): string =>
  [line]
    .flat()
    .map((span) => {
      if (typeof span === 'string') return span
      if ('en' in span) return span.en
      if ('left' in span) return span.left('5s').en
      return 'text' in span ? (typeof span.text === 'string' ? span.text : span.text.en) : ''
    })
    .join('')
    .trim()

const rows = (view: View | undefined): string[] =>
  (view ?? []).flatMap((block: Block) => {
    if (block.kind === 'line') return [words(block.line)]
    if (block.kind === 'progress')
      return block.rows.map(({ name, done, cells }) => [words(name), done, ...cells.map(words)].join(' | '))
    if (block.kind === 'diff') return block.rows.map(({ sign, line }) => `${sign} ${words(line)}`)
    return block.kind === 'heading' ? [words(block.line)] : []
  })

test('a rollout tells its tasks, new and old, and what it waits for', () => {
  const waits = (view: Partial<NonNullable<RolloutShape['view']>>) =>
    rows(showProgress(item({ rollouts: [rollout('web', view)] })).live)[1]
  expect(waits({ target: revision(2, 0, 2), sources: [revision(2, 2)] })).toBe('web | 0 | 0/2 new | 2 old | 2 starting')
  expect(waits({ target: revision(2, 1), sources: [revision(2, 2)] })).toBe('web | 0.5 | 1/2 new | 2 old | waiting for tasks')
  expect(waits({ target: revision(2, 2), sources: [revision(2, 2)] })).toBe('web | 1 | 2/2 new | 2 old | checking health')
  expect(waits({ target: revision(2, 2), sources: [revision(0, 1)] })).toBe('web | 1 | 2/2 new | 1 old | draining the old')
  expect(waits({ target: revision(2, 2), sources: [revision(0, 0)] })).toBe('web | 1 | 2/2 new | 0 old | settling')
  expect(waits({ status: 'ROLLBACK_IN_PROGRESS', target: revision(0, 0), sources: [revision(2, 2)] })).toBe(
    'web | 0 | 0/0 new | 2 old | ROLLBACK_IN_PROGRESS',
  )
})

test('how long is left is told where it is known of all, and not on the way back', () => {
  const both = [rollout('api', { target: revision(1, 0) }), rollout('web', { target: revision(1, 0) })]
  const first = (more: Partial<DeploymentItem>) => rows(showProgress(item(more)).live)[0]
  expect(first({ rollouts: both })).toBe('rolling out')
  expect(first({ rollouts: both, usual: { api: 20 } })).toBe('rolling out')
  expect(first({ rollouts: both, usual: { api: 20, web: 30 } })).toBe('rolling out  , about 5s left')
  const back = rollout('web', { status: 'ROLLBACK_IN_PROGRESS' })
  expect(first({ rollouts: [back], usual: { web: 30 } })).toBe('rolling back')
})

test('before services roll, the step is told', () => {
  const { deployment } = item()
  const queued = { ...deployment, state: 'queued' as const }
  expect(rows(showProgress(item({ deployment: queued })).live)).toEqual(['reading the commit'])
  const doing = { what: 'build' as const, name: 'api', since: 5_000 }
  expect(rows(showProgress(item({ deployment: queued, doing })).live)).toEqual(['building api'])
})

test('what was refused before anything was done is told by its error alone', () => {
  const error = { kind: 'not-found', code: 'environment.unknown', text: { en: 'No', ja: 'No' } }
  const refused = { ...item().deployment, state: 'done' as const, verdict: 'failed' as const, error }
  expect(showProgress(item({ deployment: refused }))).toEqual({ lines: [], live: [] })
})

test('whoever leaves is told what goes on, and how to come back', () => {
  const [first] = rows(showLeaving(item()))
  expect(first).toBe('Nobody watches dep_1 here any more; ECS goes on with it')
  const queued = { ...item().deployment, state: 'built' as const }
  expect(rows(showLeaving(item({ deployment: queued })))[0]).toContain('no service has been changed yet')
})

test("a plan shortens images, leaves the container that bears the service's name unsaid, and tells what was changed outside", () => {
  const digest = (start: string) => `123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/shop/web@sha256:${start}${'0'.repeat(52)}`
  const commit = item().deployment.commit ?? ''
  const view = showPlan({
    product: 'shop',
    environment: 'staging',
    account: '123456789012',
    region: 'ap-northeast-1',
    commit,
    fingerprint: 'f',
    migrations: [{ task: 'migrate', service: 'web' }],
    schedules: [],
    rules: [],
    findings: [],
    services: [
      {
        service: 'web',
        action: 'update',
        cluster: 'shop-staging',
        name: 'shop-staging-web',
        differences: [
          { path: 'web.image', live: digest('aaaaaaaaaaaa'), declared: `to be built from ${commit}`, by: 'release' },
          { path: 'web.environment.LEVEL', live: 'debug', declared: 'info', by: 'outside' },
          { path: 'proxy.cpu', live: '64', by: 'release' },
        ],
      },
      { service: 'worker', action: 'unchanged', cluster: 'shop-staging', name: 'shop-staging-worker', differences: [] },
    ],
  })
  expect(rows(view)).toEqual([
    'shop → staging, commit 01234567',
    'migrate  runs first, with web',
    'web      is rolled',
    '~ image  sha256:aaaaaaaaaaaa → to be built from 01234567',
    '~ environment.LEVEL  debug → info  (changed outside kiban)',
    '- proxy.cpu  64',
    'worker   does not change',
  ])
})
