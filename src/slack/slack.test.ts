// Slack at the wire: signed requests to a server, and a Slack of our own that verifies every call.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServerStage, serverStage } from '../../test/server-stage.ts'
import {
  type Block,
  BOT_TOKEN,
  type ShownView,
  SIGNING_SECRET,
  type SlackServer,
  slackServer,
  TEAM,
} from '../../test/servers/slack/server.ts'
import { advance } from '../capabilities/deploy/advance.ts'
import { personActor } from '../capabilities/identity/machine-actor.ts'
import { slackWork } from '../capabilities/slack/slack-work.ts'
import { drawPlain } from '../cli/draw.ts'
import type { Actor } from '../core/actor.ts'
import { openSlack, type SlackFace } from './face.ts'
import { slackSettings } from './settings.ts'

let here: ServerStage
let slack: SlackServer
let face: SlackFace
/** By name. */
const people: Record<string, Actor> = {}

beforeAll(async () => {
  slack = await slackServer()
  here = await serverStage({ slack: (delivery) => face.receive(delivery) })
  slack.meets(here.server.url)
  const { engine, operations, run } = here
  await engine.durable.work('deployment', (id, signal) => advance(engine, id, signal), { atATime: 5 })
  const settings = slackSettings(slack.env)
  if (!settings) throw new Error('There are no settings')
  const work = slackWork(engine, {
    works: true,
    person: (name) => personActor(engine.database, name, 'slack'),
    address: async () => 'https://kiban.example.com',
  })
  face = await openSlack({ ...work, settings, operations, ...run }, { draw: drawPlain, language: 'en' })
  for (const [name, role] of [
    ['haru', 'developer'],
    ['sora', 'manager'],
    ['riku', 'viewer'],
  ]) {
    const { link } = await here.ask(here.admin, 'user.invite', { name })
    await here.ask(here.admin, 'grant.give', { name, role, product: 'bookshop' })
    people[`${name}`] = (await here.logIn(link.split('#')[1] ?? '')).actor
  }
  for (const [user, name] of [
    ['U0HARU', 'haru'],
    ['U0SORA', 'sora'],
    ['U0RIKU', 'riku'],
  ])
    await here.ask(here.admin, 'slack.map', { user, name, team: TEAM })
}, 60_000)
afterAll(async () => {
  await here?.close()
  await slack?.close()
})
beforeEach(() => {
  slack.whispers.length = 0
})

const wordsOf = (blocks: readonly Block[]): string =>
  blocks
    .flatMap(({ text, elements = [] }) => [
      text?.text,
      ...elements.map((one) => (typeof one.text === 'string' ? one.text : one.text?.text)),
    ])
    .filter(Boolean)
    .join('\n')

/** What one person was told next, and nobody else. */
async function whisper(user: string, words: string | RegExp) {
  await expect
    .poll(() => slack.whispers.map((one) => wordsOf(one.blocks) || one.text).join('\n'), { timeout: 20_000 })
    .toMatch(words)
  const found = slack.whispers.find((one) => one.user === user && new RegExp(words).test(wordsOf(one.blocks) || one.text))
  if (!found) throw new Error(`Somebody else was told ${words}`)
  return found
}

const button = (blocks: readonly Block[], action: string) => {
  const found = blocks.flatMap(({ elements = [] }) => elements).find((one) => one.action_id === action)
  if (!found) throw new Error(`There is no button ${action} in ${wordsOf(blocks)}`)
  return found
}
const messages = () => slack.channels.get('C0SHOP') ?? []
const deployments = () =>
  here.database.query<{ id: string; created_by: string; face: string; verdict: string | null }>(
    'select id, created_by, face, verdict from deploy_deployments order by created_at, id',
  )

test('nothing is believed without a right signature of just now', async () => {
  const body = slack.commandBody('U0HARU', 'status')
  expect((await slack.deliver(body, { secret: 'another0another0another0' })).status).toBe(401)
  expect((await slack.deliver(body, { at: Date.now() - 6 * 60_000 })).status).toBe(401)
  const unsigned = await fetch(`${here.server.url}/webhooks/slack`, { method: 'POST', body })
  expect(unsigned.status).toBe(401)
  expect((await slack.deliver(`payload=${encodeURIComponent('{')}`)).status).toBe(400)
  expect(
    await slack.deliver(JSON.stringify({ type: 'url_verification', challenge: 'c' }), { contentType: 'application/json' }),
  ).toEqual({
    status: 200,
    body: { challenge: 'c' },
  })
  expect(await here.database.query('select 1 from slack_requests')).toEqual([])
})

test('help and version are for everybody; all else only for those who have said who they are', async () => {
  const help = (await slack.command('U0STRANGER', 'help')).body as { blocks: Block[] }
  expect(wordsOf(help.blocks)).toMatch(/\/kiban deploy .*--env/)
  expect(wordsOf(((await slack.command('U0STRANGER', 'version')).body as { blocks: Block[] }).blocks)).toMatch(/^kiban \d/)
  await slack.command('U0STRANGER', 'status --product bookshop')
  await whisper('U0STRANGER', '/kiban link')
  await slack.command('U0STRANGER', 'deploy')
  await expect.poll(() => slack.whispers.filter(({ user }) => user === 'U0STRANGER').length).toBe(2)
})

test('whoever shows their code where they are logged in is known here; a code is good once', async () => {
  const said = ((await slack.command('U0NEW', 'link')).body as { text: string }).text
  const code = /slack link (\w+)/.exec(said)?.[1]
  const haru = people.haru as Actor
  expect(await here.ask(haru, 'slack.show', { code })).toMatchObject({ slackUser: 'U0NEW', slackName: 'u0new' })
  const machine: Actor = { ...haru, kind: 'machine' }
  await expect(here.ask(machine, 'slack.link', { code })).rejects.toMatchObject({ code: 'permission.denied' })
  expect(await here.ask(haru, 'slack.link', { code })).toMatchObject({ slackUser: 'U0NEW', name: 'haru', linkedBy: 'haru' })
  await expect(here.ask(people.sora as Actor, 'slack.link', { code })).rejects.toMatchObject({ code: 'slack.code-unknown' })
  await slack.command('U0NEW', 'identity whoami')
  await whisper('U0NEW', 'haru')
  await expect(here.ask(people.sora as Actor, 'slack.unlink', { user: 'U0NEW' })).rejects.toMatchObject({
    code: 'slack.account-unknown',
  })
  await here.ask(haru, 'slack.unlink', { user: 'U0NEW' })
  await slack.command('U0NEW', 'identity whoami')
  await whisper('U0NEW', '/kiban link')
})

test('what is typed wrongly is answered with what would be right', async () => {
  await slack.command('U0HARU', 'deplox now')
  await whisper('U0HARU', 'no command "deplox"')
  await slack.command('U0HARU', 'plan --envv staging')
  await whisper('U0HARU', /--envv is no flag.*\n.*\/kiban plan \[services\] --env …/)
  await slack.command('U0HARU', 'plan')
  await whisper('U0HARU', '--env is missing')
  await slack.command('U0RIKU', 'deploy --env staging')
  await whisper('U0RIKU', 'riku')
  expect(await deployments()).toEqual([])
})

test('a deployment is shown first, begins when it is agreed to, and has one message that follows it', async () => {
  // The one product that there is need not be named.
  await slack.command('U0HARU', 'deploy —env staging')
  const plan = await whisper('U0HARU', 'api')
  expect(await deployments()).toEqual([])
  const go = button(plan.blocks, 'kiban:agree')
  // Somebody else who gets hold of the button does not agree for them.
  await slack.click('U0SORA', go)
  for (const _ of [1, 2, 3]) await slack.click('U0HARU', go)
  await expect.poll(async () => (await deployments()).length, { timeout: 20_000 }).toBe(1)
  await expect.poll(async () => (await deployments())[0]?.verdict, { timeout: 60_000 }).toBe('succeeded')
  expect(await deployments()).toMatchObject([{ created_by: 'haru', face: 'slack' }])
  await expect.poll(() => messages()[0]?.text, { timeout: 20_000 }).toBe('deploy api: bookshop → staging – succeeded')
  expect(messages().filter(({ thread }) => thread === undefined).length).toBe(1)
  expect(messages()[0]?.changes).toBeGreaterThan(0)
  expect(wordsOf(messages()[0]?.blocks ?? [])).toContain('asked for by haru')
  expect(button(messages()[0]?.blocks ?? [], 'kiban:link').url).toMatch(
    /^https:\/\/kiban\.example\.com\/p\/bookshop\/deploys\/dep_/,
  )
}, 90_000)

test('reads answer at once: status, history', async () => {
  await slack.command('U0RIKU', 'status')
  await whisper('U0RIKU', 'staging')
  await slack.command('U0RIKU', 'history --env staging --limit 1')
  await whisper('U0RIKU', 'dep_')
})

test('genova 9.13: an event that Slack tells of three times counts once', async () => {
  for (const retry of [0, 1, 2]) expect((await slack.mention('U0RIKU', 'status', 'Ev0ONE', retry)).status).toBe(200)
  await whisper('U0RIKU', 'staging')
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(slack.requests.filter((path) => path === '/api/chat.postEphemeral').length).toBe(1)
})

test('redeploy deploys what was deployed last once more', async () => {
  await slack.command('U0HARU', 'redeploy --env staging')
  const plan = await whisper('U0HARU', 'api')
  await slack.click('U0HARU', button(plan.blocks, 'kiban:agree'))
  await expect
    .poll(async () => (await deployments()).map(({ verdict }) => verdict), { timeout: 60_000 })
    .toEqual(['succeeded', 'succeeded'])
}, 90_000)

test('the form goes from product to environment, branch and target, then shows the plan', async () => {
  expect((await slack.command('U0HARU', 'deploy')).status).toBe(200)
  const view = () => [...slack.views.values()].at(-1) as ShownView
  await expect.poll(() => view()?.callback_id).toBe('kiban:form')
  expect(view().submit).toBe(false)
  await slack.click('U0HARU', { action_id: 'kiban:product' }, view(), 'bookshop')
  await expect.poll(() => view().submit).toBe(true)
  const options = (block: string) =>
    view()
      .blocks.find((one) => one.block_id === block)
      ?.element?.options?.map(({ value }) => value)
  expect([options('env'), options('target')]).toEqual([
    ['staging', 'production'],
    ['all', 'workflow:release', 'service:api'],
  ])
  const chosen = (value: string) => ({ selected_option: { value } })
  const answer = await slack.submit('U0HARU', view(), {
    product: { 'kiban:product': chosen('bookshop') },
    env: { value: chosen('staging') },
    ref: { value: { value: '' } },
    target: { value: chosen('service:api') },
    reason: { value: { value: 'by the form' } },
  })
  expect(answer.body).toMatchObject({ response_action: 'update', view: { callback_id: 'kiban:waiting' } })
  await expect.poll(() => view().callback_id, { timeout: 20_000 }).toBe('kiban:agree')
  expect(wordsOf(view().blocks)).toContain('api')
  const before = (await deployments()).length
  expect((await slack.submit('U0HARU', view(), {})).body).toEqual({ response_action: 'clear' })
  await expect.poll(async () => (await deployments()).length, { timeout: 20_000 }).toBe(before + 1)
  const [row] = await here.database.query<{ reason: string }>(
    'select reason from deploy_deployments order by created_at desc limit 1',
  )
  expect(row?.reason).toBe('by the form')
}, 60_000)

test('Slack that asks to wait is waited for, and its refusal of a channel is told', async () => {
  slack.faults.push({ status: 429, headers: { 'retry-after': '1' } })
  slack.channels.delete('C0SHOP')
  await slack.command('U0HARU', 'redeploy --env staging')
  const plan = await whisper('U0HARU', 'api')
  await slack.click('U0HARU', button(plan.blocks, 'kiban:agree'))
  await whisper('U0HARU', 'invite it there')
  slack.channels.set('C0SHOP', [])
}, 60_000)

test('no secret of Slack is in what is kept or told', async () => {
  const kept = JSON.stringify(await here.database.query('select * from slack_requests, events limit 5000'))
  for (const secret of [SIGNING_SECRET, BOT_TOKEN]) expect(kept).not.toContain(secret)
})

test('what was shown half an hour ago, or has become something else, is not agreed to', async () => {
  const count = async () => (await deployments()).length
  const before = await count()
  await slack.command('U0HARU', 'redeploy --env staging')
  const old = await whisper('U0HARU', 'api')
  const go = button(old.blocks, 'kiban:agree')
  const [id = ''] = (go.value ?? '').split(' ')
  slack.whispers.length = 0
  await slack.click('U0HARU', { ...go, value: `${id} 0123456789abcdef` })
  await whisper('U0HARU', 'not what would be done any more')
  await here.database.query("update slack_requests set received_at = received_at - interval '31 minutes' where id = $1", [id])
  slack.whispers.length = 0
  await slack.click('U0HARU', go)
  await whisper('U0HARU', 'not what would be done any more')
  expect(await count()).toBe(before)
})

test('what could not be kept is not acknowledged', async () => {
  const event = () => slack.mention('U0RIKU', 'status', 'Ev0LOST')
  await here.database.query('alter table slack_requests rename to slack_requests_away')
  try {
    expect((await slack.command('U0RIKU', 'status')).status).toBe(503)
    expect((await event()).status).toBe(503)
  } finally {
    await here.database.query('alter table slack_requests_away rename to slack_requests')
  }
  expect((await event()).status).toBe(200)
  await whisper('U0RIKU', 'staging')
})

test('a message whose owner may not look any more is left as it is', async () => {
  const thread = {
    subject: 'deployment/dep_gone',
    team: TEAM,
    slackUser: 'U0RIKU',
    product: 'elsewhere',
    channel: 'C0SHOP',
    ts: '1',
  }
  await here.database.query(
    `insert into slack_threads (subject, team, slack_user, product, channel, ts, language) values ($1, $2, $3, $4, $5, $6, 'en')`,
    Object.values(thread),
  )
  await slack.command('U0RIKU', 'status')
  const ended = async () =>
    (
      await here.database.query<{ ended_at: Date | null }>(`select ended_at from slack_threads where subject = $1`, [
        thread.subject,
      ])
    )[0]?.ended_at
  await expect.poll(ended, { timeout: 20_000 }).toBeTruthy()
})

test('settings that cannot be meant are refused by their names, without them', () => {
  const { SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN } = slack.env
  expect(slackSettings({})).toBe(undefined)
  expect(() => slackSettings({ SLACK_BOT_TOKEN })).toThrow('SLACK_SIGNING_SECRET cannot be meant')
  expect(() => slackSettings({ SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN: 'xoxp-1' })).toThrow('SLACK_BOT_TOKEN cannot be meant')
  expect(() => slackSettings({ ...slack.env, SLACK_API_URL: 'http://slack.example.com' })).toThrow(
    'SLACK_API_URL cannot be meant',
  )
})
