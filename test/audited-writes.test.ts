// Every operation that changes something leaves an event that says who did it, through what, and why they said so.
import { readFile } from 'node:fs/promises'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askApproval } from '../src/capabilities/approvals/approval.ts'
import { slackCode } from '../src/capabilities/slack/accounts.ts'
import type { Actor } from '../src/core/actor.ts'
import { deployed, release, started } from './deploy-stage.ts'
import { nobody, type ServerStage, serverStage, shopManifest } from './server-stage.ts'

/** Asks, or begins what another operation finishes; what is begun changes nothing that outlives its minutes. */
const changesNothing = [
  'deployment.plan',
  'device.begin',
  'login.challenge',
  'oidc.begin',
  'passkey.begin',
  'workflow.list',
  'workflow.plan',
]

/** Takes a device, a provider or a rollout that waits: the test that has one shows the event. */
const shownElsewhere: Record<string, { file: string; event: string }> = {
  'deployment.continue': { file: 'src/capabilities/deploy/services/services.test.ts', event: 'rollout.continued' },
  'login.job': { file: 'src/server/job.test.ts', event: 'job.entered' },
  'login.passkey': { file: 'test/console/passkeys.test.ts', event: 'session.opened' },
  'oidc.finish': { file: 'src/server/oidc.test.ts', event: 'session.opened' },
  'passkey.add': { file: 'test/console/passkeys.test.ts', event: 'passkey.added' },
}

const REASON = 'because of the sale'
const PASSWORD = 'Correct-horse-7'
const jobRule = { repository: 'acme/bookshop', role: 'viewer', ref: '**', product: 'bookshop', env: 'staging' }
const place = { product: 'bookshop', env: 'staging' }

let here: ServerStage
let admin: Actor
let ask: ServerStage['ask']

beforeAll(async () => {
  here = await serverStage()
  ;({ admin, ask } = here)
  await deployed(here.engine, await release(here.database, 1, shopManifest))
  await deployed(here.engine, await release(here.database, 2, shopManifest))
}, 60_000)
afterAll(() => here?.close())

let requests = 0

/** A new session of a new user. */
async function loggedIn(name: string): Promise<Actor> {
  const { link } = await ask(admin, 'user.invite', { name })
  return (await here.logIn(new URL(link).hash.slice(1))).actor
}

/** A request for approval by somebody else. */
async function approval(): Promise<string> {
  const asked = {
    subject: `deployment/dep_${++requests}`,
    fingerprint: 'x',
    product: 'bookshop',
    environment: 'production',
    summary: {},
    needed: 1,
    askedBy: 'haru',
  }
  return (await here.database.transaction((tx) => askApproval(tx, asked, 'http', Date.now()))).id
}

interface Act {
  input: object
  /** Who does it; the administrator otherwise. */
  actor?: Actor
  /** Whose event it is, where whoever asks is nobody yet. */
  by?: string
}

const user = async (name: string) => void (await ask(admin, 'user.invite', { name }))
const freeze = async () => (await ask(admin, 'freeze.start', { product: 'toyshop', reason: 'stocktaking' })).id
const code = (seed: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: Date.now() + steps * 30_000 })
const passwordOf = async (actor: Actor): Promise<string> => (await ask(actor, 'password.set', { password: PASSWORD })).seed
const device = async () => {
  const { device, code } = await ask(nobody, 'device.begin', { name: 'laptop' })
  return { device, code }
}

const workflow = async (verdict?: string): Promise<string> => {
  const { run } = await ask(admin, 'workflow.run', { ...place, workflow: 'release', detach: true })
  if (verdict)
    await here.database.query(`update deploy_workflow_runs set state = 'done', verdict = $2 where id = $1`, [run.id, verdict])
  return run.id
}

/** How each operation that writes comes to change something. */
const acts: Record<string, () => Promise<Act>> = {
  'deployment.start': async () => ({ input: { ...place, repository: here.repository.folder, detach: true, reason: REASON } }),
  'workflow.run': async () => ({ input: { ...place, workflow: 'release', detach: true, reason: REASON } }),
  'workflow.cancel': async () => ({ input: { ...place, id: await workflow(), detach: true, reason: REASON } }),
  'workflow.resume': async () => ({ input: { ...place, id: await workflow('failed'), detach: true, reason: REASON } }),
  'deployment.rollback': async () => ({ input: { ...place, detach: true, reason: REASON } }),
  'deployment.promote': async () => ({
    input: { product: 'bookshop', from: 'staging', env: 'production', detach: true, reason: REASON },
  }),
  'deployment.cancel': async () => {
    const id = await started(here.database, await release(here.database, 3, shopManifest))
    return { input: { ...place, id, detach: true, reason: REASON } }
  },
  'task.run': async () => ({ input: { ...place, task: 'report', detach: true, reason: REASON } }),
  'task.stop': async () => {
    await ask(admin, 'task.run', { ...place, task: 'report', detach: true })
    const [run] = await here.database.query<{ id: string }>('select id from deploy_task_runs order by id desc limit 1')
    return { input: { ...place, id: run?.id } }
  },
  'schedule.run': async () => ({ input: { ...place, schedule: 'nightly', detach: true, reason: REASON } }),
  'schedule.pause': async () => ({ input: { ...place, schedule: 'nightly', reason: REASON } }),
  'schedule.resume': async () => ({ input: { ...place, schedule: 'nightly', reason: REASON } }),
  'lock.take': async () => ({ input: { ...place, services: ['api'], reason: REASON } }),
  'lock.release': async () => {
    await ask(admin, 'lock.take', { ...place, services: ['api'] })
    return { input: { ...place, services: ['api'], reason: REASON } }
  },
  'approval.agree': async () => ({ input: { id: await approval(), reason: REASON } }),
  'approval.refuse': async () => ({ input: { id: await approval(), reason: REASON } }),
  'freeze.start': async () => ({ input: { product: 'toyshop', reason: REASON } }),
  'freeze.end': async () => ({ input: { id: await freeze() } }),
  'product.add': async () => ({ input: { repository: here.repository.folder } }),
  'product.remove': async () => ({ input: { name: 'bookshop' } }),
  'login.invitation': async () => ({
    actor: nobody,
    by: 'umi',
    input: { link: new URL((await ask(admin, 'user.invite', { name: 'umi' })).link).hash.slice(1) },
  }),
  'password.set': async () => ({ actor: await loggedIn('aki'), input: { password: PASSWORD } }),
  'password.confirm': async () => {
    const actor = await loggedIn('fuyu')
    return { actor, input: { code: code(await passwordOf(actor)) } }
  },
  'login.password': async () => {
    const actor = await loggedIn('natsu')
    const seed = await passwordOf(actor)
    await ask(actor, 'password.confirm', { code: code(seed) })
    return { actor: nobody, by: 'natsu', input: { name: 'natsu', password: PASSWORD, code: code(seed, 1) } }
  },
  'session.close': async () => ({ actor: await loggedIn('kai'), input: {} }),
  'session.revoke': async () => {
    const actor = await loggedIn('riku')
    return { actor, input: { session: actor.session } }
  },
  'device.approve': async () => ({ input: { code: (await device()).code } }),
  'device.claim': async () => {
    const asking = await device()
    await ask(admin, 'device.approve', { code: asking.code })
    return { actor: nobody, by: 'admin', input: { device: asking.device } }
  },
  'passkey.remove': async () => {
    await here.database.query(
      `insert into identity_passkeys (id, user_id, public_key, counter, transports, name, created_at)
       select 'key-1', id, 'x', 0, '[]', 'laptop', now() from identity_users where name = 'admin'`,
    )
    return { input: { passkey: 'key-1' } }
  },
  'federation.add': async () => ({ input: { ...jobRule, reason: REASON } }),
  'federation.remove': async () => ({
    input: { federation: (await ask(admin, 'federation.add', jobRule)).id, reason: REASON },
  }),
  'token.create': async () => ({ input: { name: 'ci', role: 'viewer' } }),
  'token.revoke': async () => ({
    input: { token: (await ask(admin, 'token.create', { name: 'ci-old', role: 'viewer' })).token.id },
  }),
  'user.invite': async () => ({ input: { name: 'sora' } }),
  'user.disable': async () => {
    await user('left')
    return { input: { name: 'left', reason: REASON } }
  },
  'user.enable': async () => {
    await user('back')
    await ask(admin, 'user.disable', { name: 'back' })
    return { input: { name: 'back' } }
  },
  'slack.map': async () => {
    await user('chatty')
    return { input: { user: 'U0CHAT', name: 'chatty', team: 'T0SHOP' } }
  },
  'slack.link': async () => {
    const shown = { team: 'T0SHOP', slackUser: 'U0LINK', slackName: 'link', language: 'en' as const }
    return { input: { code: await here.database.transaction((tx) => slackCode(tx, shown, Date.now())) } }
  },
  'slack.unlink': async () => {
    await user('quiet')
    await ask(admin, 'slack.map', { user: 'U0QUIET', name: 'quiet', team: 'T0SHOP' })
    return { input: { user: 'U0QUIET' } }
  },
  'grant.give': async () => {
    await user('new')
    return { input: { name: 'new', role: 'viewer', reason: REASON } }
  },
  'grant.take': async () => {
    await user('moved')
    const { id } = await ask(admin, 'grant.give', { name: 'moved', role: 'viewer' })
    return { input: { grant: id, reason: REASON } }
  },
}

const writes = () => here.operations.filter(({ http, local }) => http.method !== 'GET' && !local)

test('there is no write that this page does not know', () => {
  const known = [...Object.keys(acts), ...changesNothing, ...Object.keys(shownElsewhere)]
  expect(
    writes()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(known.sort())
})

test('each leaves an event with its actor, its face and the reason that was given', { timeout: 120_000 }, async () => {
  const silent: string[] = []
  for (const [name, prepare] of Object.entries(acts)) {
    const { input, actor = admin, by = actor.name } = await prepare()
    const [before] = await here.database.query<{ seq: number }>('select max(seq) as seq from events')
    await ask(actor, name, input)
    const events = await here.database.query<{ actor: string; face: string; data: { reason?: string } }>(
      'select actor, face, data from events where seq > $1',
      [before?.seq],
    )
    const reason = 'reason' in input ? input.reason : undefined
    const told = events.some((one) => one.actor === by && one.face === 'http' && (!reason || one.data.reason === reason))
    if (!told) silent.push(`${name}: ${JSON.stringify(events)}`)
    const takes = here.operations.find((one) => one.name === name)?.input.shape.reason !== undefined
    if (takes !== (reason !== undefined)) silent.push(`${name}: its reason is not tried`)
  }
  expect(silent).toEqual([])
})

test('what another test shows is shown there', async () => {
  for (const [name, { file, event }] of Object.entries(shownElsewhere))
    expect([name, (await readFile(new URL(`../${file}`, import.meta.url), 'utf8')).includes(event)]).toEqual([name, true])
})
