import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeployStage, deployStage, release, started } from '../../../test/deploy-stage.ts'
import type { Actor } from '../../core/actor.ts'
import type { Context } from '../../core/operation.ts'
import type { Role } from '../../core/permission.ts'
import { runner } from '../../core/runner.ts'
import { advance } from '../deploy/advance.ts'
import { findDeployment, type NewDeployment } from '../deploy/deployment-store.ts'
import { askApproval } from './approval.ts'
import { approvalOperations } from './operations.ts'

interface Approval {
  id: string
  subject: string
  state: string
  votes: { actor: string; agrees: boolean }[]
  whyNot?: { en: string }
}

const manifest = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {}, production: { protected: true, approvals: 2 } }
services:
  api: { image: example/api, count: 2 }
`

let stage: DeployStage
let run: ReturnType<typeof runner>
let releases = 0

beforeAll(async () => {
  stage = await deployStage()
  run = runner(approvalOperations({ approvals: async () => stage.engine }))
})
afterAll(() => stage.close())

const person = (name: string, role: Role, environment = '*'): Actor => ({
  kind: 'user',
  name,
  grants: [{ role, product: 'bookshop', environment }],
  face: 'http',
})
const sora = person('sora', 'sre')
const rin = person('rin', 'manager', 'production')

const ask = <Answer>(actor: Actor, name: string, input: object = {}): Promise<Answer> => {
  const context: Context = { actor, signal: new AbortController().signal, requestId: 'req_1', environment: undefined }
  return run.call(name, input, context) as Promise<Answer>
}

/** A deployment to production that somebody may only ask for, and its end. */
async function begun(more: Partial<NewDeployment> = {}) {
  const id = await started(stage.engine.database, await release(stage.engine.database, ++releases, manifest), {
    environment: 'production',
    createdBy: 'haru',
    options: { keepSiblings: false, force: false, mayProtected: false, served: true },
    ...more,
  })
  const gone = new AbortController()
  const driven = advance(stage.engine, id, gone.signal)
  driven.catch(() => {})
  return { id, gone, driven, ended: () => driven.then(() => findDeployment(stage.engine.database, id)) }
}

const requestFor = async (id: string): Promise<Approval> => {
  for (;;) {
    const { approvals } = await ask<{ approvals: Approval[] }>(sora, 'approval.list', { all: true })
    const found = approvals.find(({ subject }) => subject === `deployment/${id}`)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a deployment waits until enough people have agreed, and then goes on by itself', async () => {
  const deployment = await begun()
  const request = await requestFor(deployment.id)
  expect(await ask(sora, 'approval.agree', { id: request.id })).toMatchObject({ state: 'open' })
  expect(await ask(sora, 'approval.agree', { id: request.id })).toMatchObject({ state: 'open', votes: [{ actor: 'sora' }] })
  expect(await ask(rin, 'approval.agree', { id: request.id, reason: 'looks good' })).toMatchObject({ state: 'agreed' })
  expect(await deployment.ended()).toMatchObject({ verdict: 'succeeded' })
  const events = await stage.engine.database.query(
    `select type from events where subject = $1 and (type like 'approval.%' or type = 'deployment.approved') order by seq`,
    [`deployment/${deployment.id}`],
  )
  expect(events.map(({ type }) => type)).toEqual([
    'approval.asked',
    'approval.agreed',
    'approval.agreed',
    'approval.agreed',
    'deployment.approved',
  ])
})

test('one refusal ends it, with its reason, and nobody decides afterwards', async () => {
  const deployment = await begun()
  const { id } = await requestFor(deployment.id)
  await ask(sora, 'approval.agree', { id })
  await ask(rin, 'approval.refuse', { id, reason: 'the sale is on' })
  expect(await deployment.ended()).toMatchObject({
    verdict: 'stopped',
    error: { code: 'approval.refused', text: { en: 'rin refused it: the sale is on' } },
  })
  await expect(ask(sora, 'approval.agree', { id })).rejects.toMatchObject({ code: 'approval.decided' })
})

test('whoever asked, whoever may not, and a machine decide nothing', async () => {
  const deployment = await begun()
  const { id } = await requestFor(deployment.id)
  await expect(ask(person('haru', 'sre'), 'approval.agree', { id })).rejects.toMatchObject({ code: 'approval.own' })
  await expect(ask(person('umi', 'developer'), 'approval.agree', { id })).rejects.toMatchObject({ code: 'permission.denied' })
  await expect(ask(person('umi', 'manager', 'staging'), 'approval.agree', { id })).rejects.toMatchObject({
    code: 'approval.unknown',
  })
  await expect(ask({ ...sora, kind: 'machine' }, 'approval.agree', { id })).rejects.toMatchObject({
    code: 'approval.not-a-person',
    place: { product: 'bookshop', environment: 'production' },
  })
  await expect(ask(person('umi', 'viewer', 'staging'), 'approval.show', { id })).rejects.toMatchObject({
    code: 'approval.unknown',
  })
  expect((await ask<Approval>(person('umi', 'viewer'), 'approval.show', { id })).whyNot?.en).toContain('may not decide')
  expect((await ask<Approval>(sora, 'approval.show', { id })).whyNot).toBeUndefined()
  await stage.engine.database.query(`update deploy_deployments set cancel = '{"at": 1, "by": "haru"}' where id = $1`, [
    deployment.id,
  ])
  await stage.engine.database.query(`select pg_notify('kiban_events', $1)`, [`wake/${deployment.id}`])
  expect(await deployment.ended()).toMatchObject({ verdict: 'stopped' })
})

test('a process that dies while it waits leaves the request, and the next one goes on with it', async () => {
  const first = await begun()
  const { id } = await requestFor(first.id)
  await ask(sora, 'approval.agree', { id })
  first.gone.abort(new Error('killed'))
  await expect(first.driven).rejects.toThrow('killed')
  await ask(rin, 'approval.agree', { id })
  await advance(stage.engine, first.id, new AbortController().signal)
  expect(await findDeployment(stage.engine.database, first.id)).toMatchObject({ verdict: 'succeeded' })
})

test('requests come page by page, and a page is full of what one may see', async () => {
  const own = { product: 'toyshop', environment: 'production', summary: {}, needed: 1, askedBy: 'haru' }
  const asked: string[] = []
  for (let number = 0; number < 5; number++)
    await stage.engine.database.transaction(async (tx) => {
      const one = { ...own, product: number % 2 === 0 ? 'toyshop' : 'bakery', subject: `deployment/x${number}`, fingerprint: 'x' }
      asked.push((await askApproval(tx, one, 'http', number)).id)
    })
  const umi: Actor = { ...sora, name: 'umi', grants: [{ role: 'viewer', product: 'toyshop', environment: '*' }] }
  type Page = { approvals: Approval[]; next?: string }
  const first = await ask<Page>(umi, 'approval.list', { limit: 2 })
  const rest = await ask<Page>(umi, 'approval.list', { limit: 2, cursor: first.next })
  expect([...first.approvals, ...rest.approvals].map(({ id }) => asked.indexOf(id))).toEqual([4, 2, 0])
  expect(rest.next).toBeUndefined()
  await expect(ask(umi, 'approval.list', { cursor: asked[1] })).rejects.toMatchObject({ code: 'input.invalid' })
})

test('nobody deciding in time ends it', async () => {
  const deployment = await begun()
  const { id } = await requestFor(deployment.id)
  await stage.engine.database.query(`update approvals_requests set expires_at = now() - interval '1 second' where id = $1`, [id])
  await expect(ask(sora, 'approval.agree', { id })).rejects.toMatchObject({ code: 'approval.decided' })
  await stage.engine.database.query(`select pg_notify('kiban_events', $1)`, [`deployment/${deployment.id}`])
  expect(await deployment.ended()).toMatchObject({ verdict: 'stopped', error: { code: 'approval.expired' } })
})

test('without a server, where nobody could agree, it is refused at once', async () => {
  const deployment = await begun({ options: { keepSiblings: false, force: false, mayProtected: true } })
  expect(await deployment.ended()).toMatchObject({ verdict: 'failed', error: { code: 'approval.required' } })
})

test('a frozen place takes no deployment but the way back, and what somebody breaks the glass for', async () => {
  const freeze = await ask<{ id: string }>(sora, 'freeze.start', { product: 'bookshop', env: 'staging', reason: 'year end' })
  const to = (more: Partial<NewDeployment>) => begun({ environment: 'staging', ...more })
  expect(await (await to({})).ended()).toMatchObject({
    verdict: 'failed',
    error: { code: 'freeze.active', text: { en: 'bookshop/staging is frozen by sora: year end' } },
  })
  const [refused] = await stage.engine.database.query(
    `select actor, face, data from events where type = 'operation.refused' and data->>'code' = 'freeze.active'`,
  )
  expect(refused).toMatchObject({ actor: 'haru', face: 'cli', data: { operation: 'deployment.start', code: 'freeze.active' } })
  expect(await (await to({ kind: 'rollback' })).ended()).toMatchObject({ verdict: 'succeeded' })
  const broken = await to({
    reason: 'card payments fail',
    options: { keepSiblings: false, force: true, served: true, breakGlass: true },
  })
  expect(await broken.ended()).toMatchObject({ verdict: 'succeeded' })
  const told = await stage.engine.database.query(`select actor, data from events where type = 'freeze.broken'`)
  expect(told).toEqual([{ actor: 'haru', data: { freeze: freeze.id, frozenFor: 'year end', reason: 'card payments fail' } }])
  await expect(ask(person('umi', 'developer'), 'freeze.end', { id: freeze.id })).rejects.toMatchObject({
    code: 'permission.denied',
  })
  const stranger: Actor = { ...sora, name: 'nagi', grants: [{ role: 'sre', product: 'toyshop', environment: '*' }] }
  for (const id of [freeze.id, 'frz_of_nobody'])
    await expect(ask(stranger, 'freeze.end', { id })).rejects.toMatchObject({ kind: 'not-found', code: 'freeze.unknown' })
  await ask(sora, 'freeze.end', { id: freeze.id })
  expect(await (await to({})).ended()).toMatchObject({ verdict: 'succeeded' })
})

test('a freeze that is to come is listed and holds nothing yet; one that is over cannot be made', async () => {
  const from = new Date(Date.now() + 3_600_000).toISOString()
  const until = new Date(Date.now() + 7_200_000).toISOString()
  await ask(sora, 'freeze.start', { product: 'bookshop', from, until, reason: 'sale' })
  expect((await ask<{ freezes: object[] }>(rin, 'freeze.list')).freezes).toMatchObject([
    { product: 'bookshop', environment: '*', reason: 'sale' },
  ])
  expect(await (await begun({ environment: 'staging' })).ended()).toMatchObject({ verdict: 'succeeded' })
  await expect(
    ask(sora, 'freeze.start', { product: 'bookshop', until: '2020-01-01T00:00:00Z', reason: 'late' }),
  ).rejects.toMatchObject({ code: 'freeze.over' })
  await expect(ask(rin, 'freeze.start', { reason: 'all' })).rejects.toMatchObject({ code: 'permission.denied' })
})
