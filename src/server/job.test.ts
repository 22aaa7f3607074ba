// Jobs of GitHub Actions come in over HTTP by tokens that a real issuer signed.
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ActionsIssuer, actionsIssuer } from '../../test/servers/actions-issuer.ts'
import type { Identity } from '../capabilities/identity/identity.ts'
import { firstInvitation } from '../capabilities/identity/invitation.ts'
import { identityOperations } from '../capabilities/identity/operations.ts'
import { identify, whyEnded } from '../capabilities/identity/session.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { Operation } from '../core/operation.ts'
import { runner } from '../core/runner.ts'
import { openDatabase } from '../database/open-database.ts'
import { type Server, startServer } from './server.ts'

const MINUTE_MS = 60_000
const AUDIENCE = 'https://kiban.example.com'
const rule = { repository: 'acme/bookshop', ref: 'refs/heads/main', role: 'developer', product: 'bookshop', env: 'staging' }

let clock: ManualClock
let identity: Identity
let server: Server
let issuer: ActionsIssuer
let admin: string
const logged: string[] = []

beforeAll(async () => {
  // Both the server's clock and the library's.
  vi.useFakeTimers({ toFake: ['Date'] })
  clock = new ManualClock(Date.now())
  identity = { database: await openDatabase({}), clock, seal: () => Promise.reject(new Error('no passwords here')) }
  const operations: Operation[] = identityOperations({ identity: async () => identity }, () => operations)
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    consoleFolder: undefined,
    openapi: {},
    operations,
    ...runner(operations),
    identify: ({ secret }) => identify(identity, secret),
    whyEnded: ({ secret }) => whyEnded(identity, secret),
    ready: async () => {},
    log: (_, message, fields) => logged.push(JSON.stringify({ message, ...fields })),
  })
  issuer = await actionsIssuer()
  const link = await firstInvitation(identity)
  admin = String((await ask('POST', '/login/invitation', { link })).secret)
})
afterAll(async () => {
  vi.useRealTimers()
  await server.close()
  await identity.database.close()
  await issuer.close()
})

async function ask(method: string, path: string, body?: object, secret?: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(secret ? { authorization: `Bearer ${secret}` } : {}) },
    body: body && JSON.stringify(body),
  })
  return (await answer.json()) as Record<string, unknown>
}
const addRule = async (changes: object = {}): Promise<string> =>
  String((await ask('POST', '/federations', { ...rule, issuer: issuer.issuer, audience: AUDIENCE, ...changes }, admin)).id)
const removeRule = (id: string) => ask('DELETE', `/federations/${id}`, {}, admin)
const enter = (token: string) => ask('POST', '/login/job', { token })
const job = (changes: Record<string, unknown> = {}) => issuer.token({ aud: AUDIENCE, ...changes })
const whoami = (secret: unknown) => ask('GET', '/whoami', undefined, String(secret))
async function pass(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms)
  await clock.advance(ms)
}
/** A rule that stands while `during` runs. */
async function withRule<Answer>(changes: object, during: (id: string) => Promise<Answer>): Promise<Answer> {
  const id = await addRule(changes)
  try {
    return await during(id)
  } finally {
    await removeRule(id)
  }
}

test('without a rule nobody comes in, and the issuer is not even asked', async () => {
  const before = issuer.asked()
  expect(await enter(await job())).toMatchObject({ status: 401, code: 'federation.bad-token' })
  expect(issuer.asked()).toBe(before)
})

test('a job comes in as its repository and run, with what its rules grant and nothing else, for a quarter of an hour', () =>
  withRule({}, async (first) => {
    await pass(1)
    await withRule({ role: 'viewer', env: '*' }, async () => {
      const entered = await enter(await job())
      expect(entered).toMatchObject({ name: 'github:acme/bookshop/runs/9001', expiresAt: clock.now() + 15 * MINUTE_MS })
      const me = {
        kind: 'machine',
        name: 'github:acme/bookshop/runs/9001',
        grants: [
          { role: 'developer', product: 'bookshop', environment: 'staging' },
          { role: 'viewer', product: 'bookshop', environment: '*' },
        ],
      }
      expect(await whoami(entered.secret)).toMatchObject(me)
      expect(await ask('POST', '/federations', { ...rule, ref: '**' }, String(entered.secret))).toMatchObject({
        code: 'permission.denied',
      })
      await removeRule(first)
      expect(await whoami(entered.secret)).toMatchObject({ grants: me.grants.slice(1) })
      await pass(15 * MINUTE_MS + 1)
      expect(await whoami(entered.secret)).toMatchObject({ status: 401, code: 'session.expired' })
    })
  }))

test('with its last rule a job is out at once', async () => {
  const { secret } = await withRule({}, async () => enter(await job()))
  expect(await whoami(secret)).toMatchObject({ status: 401 })
  const [told] = await identity.database.query<{ actor: string }>(
    `select actor from events where type = 'job.restricted' and subject = 'job/github:acme/bookshop/runs/9001' order by seq desc limit 1`,
  )
  expect(told).toEqual({ actor: 'admin' })
})

describe('what is refused, and which claim it is told for', () => {
  const cases: [string, object, Record<string, unknown>, string][] = [
    ['another repository', {}, { repository: 'acme/toys' }, 'repository'],
    ['a repository whose name only begins so', {}, { repository: 'acme/bookshop-fork' }, 'repository'],
    ['an owner whose name only ends so', {}, { repository: 'evil-acme/bookshop' }, 'repository'],
    ['another branch', {}, { ref: 'refs/heads/x/main' }, 'ref'],
    ['a tag of that name', {}, { ref: 'refs/tags/main' }, 'ref'],
    ['a part of a branch that * does not stand for', { ref: 'refs/heads/release/*' }, { ref: 'refs/heads/release/1/2' }, 'ref'],
    ['another environment of GitHub', { jobEnvironment: 'production' }, { environment: 'staging' }, 'environment'],
    ['no environment of GitHub', { jobEnvironment: '*' }, {}, 'environment'],
    ['another workflow', { jobWorkflow: 'acme/bookshop/.github/workflows/release.yml@**' }, {}, 'job_workflow_ref'],
    ['a new owner of an old name', { ownerId: '65' }, { repository_owner_id: '66' }, 'repository_owner_id'],
  ]
  test.each(cases)('%s', (_, changes, claims, wrong) =>
    withRule(changes, async () => {
      expect(await enter(await job(claims))).toMatchObject({
        status: 403,
        code: 'federation.no-rule',
        detail: `No rule lets this job in; what does not match: ${wrong}`,
      })
    }),
  )

  test('the audience of another rule', () =>
    withRule({}, () =>
      withRule({ repository: 'acme/toys', audience: 'https://toys.example.com' }, async () => {
        const answer = await enter(await job({ aud: 'https://toys.example.com' }))
        expect(answer).toMatchObject({ code: 'federation.no-rule', detail: expect.stringMatching(/: audience$/) })
      }),
    ))

  const later = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
  const bad: [string, () => Promise<string>, string][] = [
    ['another audience', () => job({ aud: 'https://other.example.com' }), 'aud'],
    ['no audience', () => job({ aud: undefined }), 'aud'],
    ['another issuer', () => job({ iss: 'https://evil.example.com' }), 'issuer'],
    ['one that has expired', () => job({ exp: later(-60) }), 'exp'],
    ['one that is not good yet', () => job({ nbf: later(120) }), 'nbf'],
    ['one that was made too long ago', () => job({ iat: later(-16 * 60), exp: later(3600) }), 'iat'],
    ['one that never ends', () => job({ exp: undefined }), 'exp'],
    ['one without an id', () => job({ jti: undefined }), 'jti'],
    ['one that is unsigned', async () => `${part({ alg: 'none' })}.${(await job()).split('.')[1]}.`, 'alg'],
    [
      'one that is signed by a shared secret',
      async () => `${part({ alg: 'HS256' })}.${(await job()).split('.')[1]}.c2lnbg`,
      'alg',
    ],
    ['one whose claims were changed', async () => changed(await job()), 'signature'],
    [
      'one that another key signed under the name of the right one',
      () => issuer.token({ aud: AUDIENCE }, { id: issuer.keyId(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }),
      'signature',
    ],
    ['what is no token', async () => `x.${part({ repository: 'acme/bookshop' })}.y`, 'issuer'],
  ]
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const changed = (token: string) => {
    const [head, body = '', signature] = token.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    return `${head}.${part({ ...claims, ref: 'refs/heads/other' })}.${signature}`
  }
  test.each(bad)('%s', (_, make, wrong) =>
    withRule({}, async () => {
      const token = await make()
      const answer = await enter(token)
      expect(answer).toMatchObject({
        status: 401,
        code: 'federation.bad-token',
        detail: `This token of GitHub's does not count: ${wrong}`,
      })
      for (const told of [JSON.stringify(answer), ...logged]) expect(told).not.toContain(token.split('.')[1])
    }),
  )

  test('a token that was used before', () =>
    withRule({}, async () => {
      const token = await job()
      expect(await enter(token)).toMatchObject({ name: 'github:acme/bookshop/runs/9001' })
      expect(await enter(token)).toMatchObject({ code: 'federation.bad-token', detail: expect.stringMatching(/: jti$/) })
    }))
})

test('a key that the issuer has changed is asked for, once in half a minute; the old one counts no more', () =>
  withRule({}, async () => {
    const old = await job()
    expect(await enter(old)).toMatchObject({ name: expect.any(String) })
    const [before, unused] = [issuer.asked(), await job()]
    issuer.rotate()
    await pass(31_000)
    expect(await enter(await job())).toMatchObject({ name: expect.any(String) })
    expect(await enter(unused)).toMatchObject({ detail: expect.stringMatching(/: signature$/) })
    expect(
      await enter(await issuer.token({ aud: AUDIENCE }, { ...generateKeyPairSync('rsa', { modulusLength: 2048 }), id: 'x' })),
    ).toMatchObject({ detail: expect.stringMatching(/: signature$/) })
    expect(issuer.asked()).toBe(before + 1)
  }))

test('an issuer that does not answer lets nobody in, and is asked again', async () => {
  const gone = await actionsIssuer()
  const token = await gone.token({ aud: AUDIENCE })
  await gone.close()
  await withRule({ issuer: gone.issuer }, async () =>
    expect(await enter(token)).toMatchObject({ status: 503, code: 'federation.unavailable' }),
  )
})

test('a rule that lets in more than anybody can mean is not made', async () => {
  for (const changes of [
    { ref: undefined },
    { repository: '*/bookshop' },
    { repository: 'bookshop' },
    { issuer: 'http://issuer.example.com' },
    { issuer: 'file:///etc' },
  ])
    expect(await ask('POST', '/federations', { ...rule, ...changes }, admin)).toMatchObject({ code: 'federation.bad-rule' })
})

test('who came in, and which job of ours did not, is on the timeline', async () => {
  const events = await identity.database.query<{ type: string; actor: string; data: Record<string, unknown> }>(
    `select type, actor, data from events where type in ('job.entered', 'federation.refused') order by seq`,
  )
  expect(events.find(({ type }) => type === 'job.entered')).toMatchObject({
    actor: 'github:acme/bookshop/runs/9001',
    data: { ref: 'refs/heads/main', triggeredBy: 'haru', workflow: 'deploy' },
  })
  const refused = events.filter(({ type }) => type === 'federation.refused')
  expect(refused.map(({ data }) => data.wrong)).toContainEqual(['ref'])
  expect(refused.filter(({ actor }) => !actor.startsWith('github:acme/bookshop/'))).toEqual([])
})
