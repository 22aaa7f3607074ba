// Pushes, from GitHub's webhook to deployments: real deliveries to a server, real git behind GitHub's address.
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRepository, type TestRepository } from '../../../../test/git-repository.ts'
import { type ServerStage, serverStage } from '../../../../test/server-stage.ts'
import { machineActor } from '../../identity/machine-actor.ts'
import { decidePush } from './decide-push.ts'
import { productsOf } from './products-of.ts'
import { openPushes } from './push-store.ts'
import { workOnPushes } from './work-on-pushes.ts'

const SECRET = 'a-secret-of-tests-alone'
const ZEROS = '0'.repeat(40)
const KEY = 'github.com/acme/bookshop'
const manifest = (rules: string, environments = '{ staging: {}, production: { protected: true } }') => `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: ${environments}
services:
  api: { build: ./api, port: 80, health: / }
workflows: { all: { steps: [{ deploy: [api] }] } }
auto_deploy:
${rules}
`
const rules = `  main: { environment: staging }
  "release/*": { environment: production }
  "docs/**": { environment: staging, paths: ["docs/**/*.md"] }
  whole: { environment: staging, workflow: all }
`

let here: ServerStage
let shop: TestRepository
const folder = mkdtempSync(join(tmpdir(), 'kiban-pushes-'))
const before = process.env.GIT_CONFIG_GLOBAL

beforeAll(async () => {
  shop = makeRepository(join(folder, 'shop'))
  const config = join(folder, 'gitconfig')
  writeFileSync(config, `[url "${shop.folder}"]\n\tinsteadOf = https://github.com/acme/bookshop.git\n`)
  process.env.GIT_CONFIG_GLOBAL = config
  here = await serverStage({ githubSecret: SECRET })
  await here
    .ask(here.admin, 'product.remove', { name: 'bookshop' })
    .catch(() => here.ask(here.admin, 'product.remove', { product: 'bookshop' }))
  shop.commit('Open the shop', { 'kiban.yml': manifest(rules), 'api/server.ts': '1', 'README.md': '1' })
  await here.ask(here.admin, 'product.add', { repository: 'https://github.com/acme/bookshop.git' })
  await here.ask(here.admin, 'user.invite', { name: 'github' })
  await here.ask(here.admin, 'grant.give', { name: 'github', role: 'developer', product: 'bookshop', env: 'staging' })
}, 60_000)
afterAll(async () => {
  await here?.close()
  if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL
  else process.env.GIT_CONFIG_GLOBAL = before
  rmSync(folder, { recursive: true, force: true })
})

const payload = (ref: string, from: string, to: string, more: object = {}) => ({
  ref,
  before: from,
  after: to,
  deleted: to === ZEROS,
  forced: false,
  repository: { html_url: 'https://github.com/Acme/bookshop', full_name: 'Acme/bookshop' },
  pusher: { name: 'aoi' },
  head_commit: { timestamp: new Date().toISOString(), id: randomUUID() },
  ...more,
})

const sign = (body: string | Buffer, secret = SECRET) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

async function deliver(what: object | string | Buffer, headers: Record<string, string | undefined> = {}) {
  const body = typeof what === 'string' || Buffer.isBuffer(what) ? what : JSON.stringify(what)
  const all = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': sign(body),
    ...headers,
  }
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const answer = await fetch(`${here.server.url}/webhooks/github`, { method: 'POST', headers: sent, body })
  return { status: answer.status, result: ((await answer.json().catch(() => ({}))) as { result?: string }).result }
}

/** Does what the workers of a server do. */
const work = async () =>
  workOnPushes(
    {
      engine: here.pushEngine,
      actor: await machineActor(here.database, 'github', 'webhook'),
      signal: new AbortController().signal,
    },
    KEY,
  )

/** What became of the pushes, oldest first, since the last look. */
let seen = 0
async function told() {
  const rows = await here.database.query<{ seq: number; type: string; environment: string | null; data: Record<string, string> }>(
    `select * from events where seq > $1 and type like 'push.%' order by seq`,
    [seen],
  )
  seen = rows.at(-1)?.seq ?? seen
  return rows.map(({ type, environment, data }) => `${type} ${data.branch} ${data.why ?? environment}`)
}

async function pushed(...sent: object[]) {
  for (const one of sent) expect(await deliver(one)).toEqual({ status: 202, result: 'stored' })
  await work()
  return told()
}

const deployments = async () =>
  here.database.query<{ id: string; commit: string; ref: string; created_by: string; face: string; reason: string }>(
    'select id, commit, ref, created_by, face, reason from deploy_deployments order by created_at, id',
  )

test('a push deploys exactly its commit, although the branch has moved on', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const wanted = shop.commit('Change the api', { 'api/server.ts': '2' })
  shop.commit('Change it again', { 'api/server.ts': '3' })
  expect(await pushed(payload('refs/heads/main', from, wanted))).toEqual(['push.deployed main staging'])
  expect((await deployments()).map(({ id: _, ...one }) => one)).toEqual([
    { commit: wanted, ref: 'main', created_by: 'github', face: 'webhook', reason: 'push to main by aoi' },
  ])
})

test('a push that is told of three times, or under another delivery, starts one deployment', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const one = payload('refs/heads/main', from, shop.commit('Change the api', { 'api/server.ts': '4' }))
  const delivery = { 'x-github-delivery': randomUUID() }
  expect(await deliver(one, delivery)).toEqual({ status: 202, result: 'stored' })
  expect(await deliver(one, delivery)).toEqual({ status: 202, result: 'known' })
  await work()
  expect(await deliver(one)).toEqual({ status: 202, result: 'known' })
  await work()
  expect(await told()).toEqual(['push.deployed main staging'])
})

test('a process that dies between the start and its record leaves one deployment', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const wanted = shop.commit('Change the api', { 'api/server.ts': '4b' })
  await deliver(payload('refs/heads/main', from, wanted))
  const actor = await machineActor(here.database, 'github', 'webhook')
  const [push] = await openPushes(here.database, KEY)
  const [product] = await productsOf(here.database, KEY)
  if (!push || !product) throw new Error('The push was not stored')
  // What the dead process did; the next one knows nothing of it.
  await decidePush({ engine: here.pushEngine, actor, signal: new AbortController().signal }, push, product)
  await work()
  expect(await told()).toEqual(['push.deployed main staging'])
  expect((await deployments()).filter(({ commit }) => commit === wanted).length).toBe(1)
})

test('a push that is told of after a newer one does not go back', async () => {
  const first = shop.git('rev-parse', 'HEAD')
  const second = shop.commit('Change the api', { 'api/server.ts': '5' })
  const third = shop.commit('Change the api', { 'api/server.ts': '6' })
  expect(await pushed(payload('refs/heads/main', second, third), payload('refs/heads/main', first, second))).toEqual([
    'push.deployed main staging',
    'push.ignored main older',
  ])
})

test('a branch that is taken back by force is deployed as it is then', async () => {
  const newest = shop.git('rev-parse', 'HEAD')
  const older = shop.git('rev-parse', 'HEAD~1')
  expect(await pushed(payload('refs/heads/main', newest, older, { forced: true }))).toEqual(['push.deployed main staging'])
  expect((await deployments()).at(-1)?.commit).toBe(older)
})

test('two pushes of the same millisecond are both decided, in the order in which they came', async () => {
  const first = shop.git('rev-parse', 'HEAD')
  const second = shop.commit('Change the api', { 'api/server.ts': '7' })
  const third = shop.commit('Change the api', { 'api/server.ts': '8' })
  const both = [payload('refs/heads/main', first, second), payload('refs/heads/main', second, third)]
  expect(await Promise.all(both.map((one) => deliver(one)))).toEqual([
    { status: 202, result: 'stored' },
    { status: 202, result: 'stored' },
  ])
  await work()
  expect((await told()).length).toBe(2)
  expect((await deployments()).at(-1)?.commit).toBe(third)
})

test('genova 9.21: a push that changes nothing an image is built of starts nothing', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const docs = shop.commit('Tell more', { 'README.md': '2', 'api.md': '' })
  const api = shop.commit('Change the api', { 'api/server.ts': '9' })
  const settings = shop.commit('Say it otherwise', { 'kiban.yml': `${manifest(rules)}# again\n` })
  expect(
    await pushed(
      payload('refs/heads/main', from, docs),
      payload('refs/heads/main', docs, api),
      payload('refs/heads/main', api, settings),
    ),
  ).toEqual(['push.ignored main no-path', 'push.deployed main staging', 'push.deployed main staging'])
})

test('`paths` of a rule stand in the place of the folders that images are built of', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const api = shop.commit('Change the api', { 'api/server.ts': '10' })
  const docs = shop.commit('Tell more', { 'docs/a/b.md': '' })
  expect(await pushed(payload('refs/heads/docs/x/y', from, api), payload('refs/heads/docs/x/y', api, docs))).toEqual([
    'push.ignored docs/x/y no-path',
    'push.deployed docs/x/y staging',
  ])
})

test('a branch fits a pattern as a whole, and a new one is new altogether', async () => {
  const head = shop.git('rev-parse', 'HEAD')
  const names = ['x-main', 'main-2', 'release/1/2', 'ui/release/1', 'メイン', '../main', 'main/../../etc']
  expect(await pushed(...names.map((name) => payload(`refs/heads/${name}`, ZEROS, head)))).toEqual(
    names.map((name) => `push.ignored ${name} no-rule`),
  )
  expect(await pushed(payload('refs/heads/docs/new', ZEROS, head))).toEqual(['push.deployed docs/new staging'])
})

test('a push may deploy where the user github may, and nowhere else', async () => {
  const head = shop.git('rev-parse', 'HEAD')
  expect(await pushed(payload('refs/heads/release/1', ZEROS, head))).toEqual(['push.ignored release/1 not-permitted'])
  const nobody = { kind: 'machine', name: 'somebody', face: 'webhook', grants: [] } as const
  expect(await machineActor(here.database, 'somebody', 'webhook')).toEqual(nobody)
})

test('tags, deleted branches and commits that are gone start nothing, and it says why', async () => {
  const head = shop.git('rev-parse', 'HEAD')
  expect(
    await pushed(
      payload('refs/tags/v1', ZEROS, head),
      payload('refs/heads/main', head, ZEROS),
      payload('refs/heads/main', head, 'deadbeef'.repeat(5)),
    ),
  ).toEqual(['push.ignored refs/tags/v1 not-a-branch', 'push.ignored main branch-deleted', 'push.ignored main commit-gone'])
})

test('a rule with a workflow runs it at exactly the commit, once', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const wanted = shop.commit('Change the api', { 'api/server.ts': '11' })
  shop.commit('Change it again', { 'api/server.ts': '12' })
  await deliver(payload('refs/heads/whole', from, wanted))
  const actor = await machineActor(here.database, 'github', 'webhook')
  const [push] = await openPushes(here.database, KEY)
  const [product] = await productsOf(here.database, KEY)
  if (!push || !product) throw new Error('The push was not stored')
  // What a process did that died before it was recorded.
  await decidePush({ engine: here.pushEngine, actor, signal: new AbortController().signal }, push, product)
  await work()
  expect(await told()).toEqual(['push.deployed whole staging'])
  const runs = await here.database.query(
    'select workflow, environment, commit, ref, created_by, face, reason from deploy_workflow_runs',
  )
  const who = { created_by: 'github', face: 'webhook', reason: 'push to whole by aoi' }
  expect(runs).toEqual([{ workflow: 'all', environment: 'staging', commit: wanted, ref: 'whole', ...who }])
  const outcomes = await here.database.query(
    'select r.commit from deploy_push_outcomes o join deploy_workflow_runs r on r.id = o.workflow_run_id where o.push_id = $1',
    [push.id],
  )
  expect(outcomes).toEqual([{ commit: wanted }])
  expect(await pushed(payload('refs/heads/whole', ZEROS, from))).toEqual(['push.ignored whole older'])
})

test('a workflow is not begun in a frozen environment, and the pushes after it are decided', async () => {
  const from = shop.git('rev-parse', 'HEAD')
  const [frozen, open] = ['13', '14'].map((what) => shop.commit('Change the api', { 'api/server.ts': what })) as [string, string]
  const freeze = await here.ask(here.admin, 'freeze.start', {
    product: 'bookshop',
    env: 'staging',
    reason: 'stocktaking',
  })
  expect(await pushed(payload('refs/heads/whole', from, frozen))).toEqual(['push.ignored whole frozen'])
  await here.ask(here.admin, 'freeze.end', { id: (freeze as { id: string }).id })
  expect(await pushed(payload('refs/heads/whole', frozen, open))).toEqual(['push.deployed whole staging'])
})

test('a push whose repository is out of reach holds up others for a day, and no longer', async () => {
  const head = shop.git('rev-parse', 'HEAD')
  const config = process.env.GIT_CONFIG_GLOBAL as string
  const reachable = readFileSync(config, 'utf8')
  writeFileSync(config, reachable.replace(shop.folder, join(folder, 'gone')))
  const gone = head.replace(/./g, 'a')
  await deliver(payload('refs/heads/main', head, gone))
  await expect(work()).rejects.toThrow()
  expect(await told()).toEqual([])
  await here.database.query("update deploy_pushes set received_at = received_at - interval '1 day' where after = $1", [gone])
  await work()
  expect(await told()).toEqual(['push.ignored main undecidable'])
  writeFileSync(config, reachable)
})

test('genova 9.14: nothing without a right signature is believed, and what comes again is known', async () => {
  const one = payload('refs/heads/main', ZEROS, shop.git('rev-parse', 'HEAD'))
  const body = JSON.stringify(one)
  const refused = { status: 401, result: 'unsigned' }
  expect(await deliver(one, { 'x-hub-signature-256': undefined })).toEqual(refused)
  expect(await deliver(one, { 'x-hub-signature-256': sign(body, '') })).toEqual(refused)
  expect(await deliver(one, { 'x-hub-signature-256': sign(body, 'another') })).toEqual(refused)
  expect(await deliver(one, { 'x-hub-signature-256': sign(`${body} `) })).toEqual(refused)
  const sha1 = `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`
  expect(await deliver(one, { 'x-hub-signature-256': sha1 })).toEqual(refused)
  expect(await deliver(one, { 'x-hub-signature-256': undefined, 'x-hub-signature': sha1 })).toEqual(refused)
  expect(await openPushes(here.database, KEY)).toEqual([])
})

test('what is no push of a known product is answered, and kept nowhere', async () => {
  const head = shop.git('rev-parse', 'HEAD')
  const fork = payload('refs/heads/main', ZEROS, head, { repository: { html_url: 'https://github.com/mallory/bookshop' } })
  expect(await deliver({ zen: 'Keep it logically awesome.' }, { 'x-github-event': 'ping' })).toEqual({
    status: 200,
    result: 'pong',
  })
  expect(await deliver({}, { 'x-github-event': 'issues' })).toEqual({ status: 200, result: 'not-a-push' })
  expect(await deliver(fork)).toEqual({ status: 200, result: 'no-product' })
  expect(await deliver({})).toEqual({ status: 400, result: 'unreadable' })
  expect(await deliver('['.repeat(1_000_000))).toEqual({ status: 400, result: 'unreadable' })
  expect(await deliver(`{"ref":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)).toEqual({ status: 400, result: 'unreadable' })
  expect(await deliver(Buffer.from([0xff, 0xfe, 0x00]))).toEqual({ status: 400, result: 'unreadable' })
  expect(await deliver(payload('refs/heads/main', '--upload-pack=x', head))).toEqual({ status: 400, result: 'unreadable' })
  expect(await deliver({}, { 'x-github-delivery': '../../x' })).toEqual({ status: 400, result: 'no-delivery' })
  expect(await deliver('x'.repeat(10_000_000)).catch(() => ({ status: 413, result: 'too-large' }))).toEqual({
    status: 413,
    result: 'too-large',
  })
})
