// Deployments as GitHub sees them, at a server of our own that verifies each request against GitHub's documentation.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GithubServer, githubServer } from '../../../../test/servers/github/server.ts'
import type { Database } from '../../../database/database.ts'
import { type EventFeed, eventFeed } from '../../../database/event-feed.ts'
import { openDatabase } from '../../../database/open-database.ts'
import { GithubApp } from '../../../github/app.ts'
import { githubSettings } from '../../../github/settings.ts'
import { insertDeployment } from '../deployment-store.ts'
import { insertWorkflowRun } from '../workflows/workflow-store.ts'
import { tellAll } from './tell-github.ts'

const COMMIT = 'c0ffee00'.repeat(5)
let github: GithubServer
let database: Database
let events: EventFeed
let now: number
let errors: string[]
let refused: Map<string, number>

beforeEach(async () => {
  database = await openDatabase({})
  events = await eventFeed(database)
  now = Date.now()
  github = await githubServer({ now: () => now })
  errors = []
  refused = new Map()
})
afterEach(async () => {
  await events.close()
  await database.close()
  await github.close()
})

const appOf = (more: Record<string, string> = {}) => {
  const settings = githubSettings({
    KIBAN_GITHUB_APP_ID: '4711',
    KIBAN_GITHUB_PRIVATE_KEY: github.privateKey.replaceAll('\n', '\\n'),
    GITHUB_API_URL: github.url,
    ...more,
  })
  if (!settings) throw new Error('There is no App')
  return new GithubApp(settings, { now: () => now })
}

async function tell(app: GithubApp) {
  const clock = { now: () => now } as never
  const engine = { database, events, clock, failed: (error: Error) => errors.push(error.message) }
  await tellAll({ engine, app, address: async () => 'https://kiban.example.com' }, refused, new AbortController().signal)
}

async function deployment(id: string, repository = 'git@github.com:acme/bookshop.git') {
  const options = { keepSiblings: false, force: false }
  const what = {
    kind: 'deploy',
    ref: 'main',
    commit: COMMIT,
    releaseId: undefined,
    services: [],
    options,
    reason: undefined,
  } as const
  const who = { createdAt: now, createdBy: 'github', face: 'webhook' }
  await insertDeployment(
    database,
    { id, product: 'bookshop', environment: 'staging', repository, ...what, services: [], ...who },
    `req_${id}`,
  )
}

const becomes = (id: string, state: string, verdict?: string) =>
  database.query(
    'update deploy_deployments set state = $2, verdict = $3, ended_at = case when $3::text is null then null else now() end where id = $1',
    [id, state, verdict ?? null],
  )

const shop = () => {
  const repository = github.state.repositories.get('acme/bookshop')
  if (!repository) throw new Error('There is no repository')
  return repository
}
const states = () => shop().deployments.map(({ payload, statuses }) => [payload, ...statuses.map(({ state }) => state)])

test('GitHub sees a deployment, and how it goes, on itself and on its commit', async () => {
  const app = appOf()
  await deployment('dep_1')
  await tell(app)
  await becomes('dep_1', 'rolling')
  await tell(app)
  await tell(app)
  await becomes('dep_1', 'done', 'succeeded')
  await tell(app)
  await tell(app)
  expect(states()).toEqual([[{ kiban: 'dep_1' }, 'queued', 'in_progress', 'success']])
  expect(shop().deployments[0]).toMatchObject({ sha: COMMIT, environment: 'staging' })
  const url = 'https://kiban.example.com/p/bookshop/deploys/dep_1'
  expect(shop().deployments[0]?.statuses.at(-1)).toEqual({ state: 'success', log_url: url, description: 'bookshop: succeeded' })
  expect(shop().statuses.map(({ state, context, sha, target_url }) => [state, context, sha, target_url])).toEqual(
    ['pending', 'pending', 'success'].map((state) => [state, 'kiban/bookshop/staging', COMMIT, url]),
  )
  expect(github.state.requests.filter((one) => one.includes('access_tokens')).length).toBe(1)
  expect(errors).toEqual([])
})

test('the commit of a run of a workflow tells how the run goes, and goes once more', async () => {
  const app = appOf()
  await insertWorkflowRun(
    database,
    {
      id: 'wfr_1',
      product: 'bookshop',
      environment: 'staging',
      workflow: 'release',
      repository: 'https://github.com/acme/bookshop.git',
      ref: 'main',
      commit: COMMIT,
      options: { actor: { kind: 'machine', name: 'github', grants: [], face: 'webhook' }, refs: {}, breakGlass: false },
      reason: undefined,
      createdAt: now,
      createdBy: 'github',
      face: 'webhook',
    },
    'req_1',
  )
  const set = (state: string, verdict: string | null) =>
    database.query('update deploy_workflow_runs set state = $1, verdict = $2, ended_at = now()', [state, verdict])
  await tell(app)
  await set('running', null)
  await tell(app)
  await tell(app)
  await set('done', 'failed')
  await tell(app)
  await set('running', null)
  await tell(app)
  await set('done', 'succeeded')
  await tell(app)
  await tell(app)
  const context = 'kiban/bookshop/staging/release'
  const told = ['pending', 'pending', 'failure', 'pending', 'success']
  expect(shop().statuses.map(({ state, context, sha }) => [state, context, sha])).toEqual(
    told.map((state) => [state, context, COMMIT]),
  )
  expect(shop().statuses.at(-1)?.target_url).toBe('https://kiban.example.com/p/bookshop/timeline')
  expect(shop().deployments).toEqual([])
  expect(errors).toEqual([])
})

test.each([
  ['rolled-back', 'failure'],
  ['failed', 'failure'],
  ['timed-out', 'failure'],
  ['stopped', 'error'],
  ['superseded', 'inactive'],
])('genova 9.2: the verdict %s is told there as %s', async (verdict, state) => {
  await deployment('dep_1')
  await becomes('dep_1', 'done', verdict)
  await tell(appOf())
  expect(states()).toEqual([[{ kiban: 'dep_1' }, state]])
})

test('what was missed while GitHub was away is made up for, and nothing is there twice', async () => {
  const app = appOf()
  await deployment('dep_1')
  await deployment('dep_2')
  github.faults.push('down')
  await tell(app)
  expect(states()).toEqual([])
  github.faults.push({ status: 502, headers: {} })
  await tell(app)
  await tell(app)
  await becomes('dep_1', 'done', 'succeeded')
  await becomes('dep_2', 'done', 'failed')
  await tell(app)
  expect(states()).toEqual([
    [{ kiban: 'dep_1' }, 'queued', 'success'],
    [{ kiban: 'dep_2' }, 'queued', 'failure'],
  ])
  expect(errors.length).toBe(2)
})

test('a deployment whose answer was lost is found again', async () => {
  const app = appOf()
  await deployment('dep_0')
  await becomes('dep_0', 'done', 'succeeded')
  await tell(app)
  await deployment('dep_1')
  // The list is answered; the deployment is made, and nobody hears of it.
  github.faults.push('none', 'lost')
  await tell(app)
  expect(errors).toEqual(['GitHub did not answer: POST /repos/acme/bookshop/deployments'])
  await tell(app)
  expect(shop().deployments.map(({ payload }) => payload)).toEqual([{ kiban: 'dep_0' }, { kiban: 'dep_1' }])
})

test.each([
  ['429 with a time', { status: 429, headers: { 'retry-after': '120' } }, 120],
  ['403 with a time', { status: 403, headers: { 'retry-after': '90' } }, 90],
  ['429 without one', { status: 429, headers: {} }, 60],
])('it waits as long as GitHub asks to: %s', async (_, fault, seconds) => {
  const app = appOf()
  await deployment('dep_1')
  github.faults.push(fault)
  await tell(app)
  expect(github.state.requests.length).toBe(1)
  now += seconds * 1000 - 1
  await tell(app)
  expect(github.state.requests.length).toBe(1)
  now += 1
  await tell(app)
  expect(states()).toEqual([[{ kiban: 'dep_1' }, 'queued']])
})

test('a repository without the App is left alone for a while, and others go on', async () => {
  const app = appOf()
  await deployment('dep_1', 'https://github.com/acme/elsewhere')
  await deployment('dep_2')
  await tell(app)
  await tell(app)
  expect(states()).toEqual([[{ kiban: 'dep_2' }, 'queued']])
  expect(errors).toEqual(['GitHub refused GET /repos/acme/elsewhere/installation (404)'])
})

test('repositories that are not at this GitHub are not told of to it', async () => {
  await deployment('dep_1', 'https://gitlab.example.com/acme/bookshop.git')
  await deployment('dep_2', '/srv/git/bookshop')
  await tell(appOf())
  expect(github.state.requests).toEqual([])
})

test('a token that was taken back is got anew, once', async () => {
  const app = appOf()
  await deployment('dep_1')
  await tell(app)
  github.state.tokens.clear()
  await becomes('dep_1', 'done', 'succeeded')
  await tell(app)
  expect(states()).toEqual([[{ kiban: 'dep_1' }, 'queued', 'success']])
})

test('a key that is none is refused without telling of it', () => {
  const settings = { KIBAN_GITHUB_APP_ID: '4711', KIBAN_GITHUB_PRIVATE_KEY: 'not-a-key' }
  expect(() => githubSettings(settings)).toThrow('KIBAN_GITHUB_PRIVATE_KEY cannot be meant')
  expect(() => appOf({ GITHUB_API_URL: 'http://github.example.com' })).toThrow('GITHUB_API_URL cannot be meant')
  expect(githubSettings({})).toBe(undefined)
})
