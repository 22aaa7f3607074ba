// All operations of the product on one database and one sandbox, served over HTTP as a server does, with one product.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IAM } from '@aws-sdk/client-iam'
import { receiveDelivery } from '../src/capabilities/deploy/pushes/receive-delivery.ts'
import { firstInvitation } from '../src/capabilities/identity/invitation.ts'
import { sealBy } from '../src/capabilities/identity/secret.ts'
import { identify } from '../src/capabilities/identity/session.ts'
import { userNamed } from '../src/capabilities/identity/user-store.ts'
import { Refusals } from '../src/capabilities/timeline/refusals.ts'
import { operations as allOperations } from '../src/capabilities.ts'
import type { Actor } from '../src/core/actor.ts'
import type { Operation } from '../src/core/operation.ts'
import { runner } from '../src/core/runner.ts'
import type { Log } from '../src/server/log.ts'
import { startServer } from '../src/server/server.ts'
import type { ReceiveSlack } from '../src/server/slack-route.ts'
import { deployStage } from './deploy-stage.ts'
import { makeRepository } from './git-repository.ts'
import { makeRole } from './process-stage.ts'

export const shopManifest = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { staging: {}, production: {} }
services:
  api: { image: example/api, count: 1 }
tasks:
  report: { service: api, command: [node, report.js] }
schedules:
  nightly: { service: api, command: [node, report.js], cron: "30 2 * * *" }
workflows:
  release: { steps: [{ run: [report] }] }
`
export const nobody: Actor = { kind: 'nobody', name: 'nobody', grants: [], face: 'http' }

export type ServerStage = Awaited<ReturnType<typeof serverStage>>

/** The bookshop is in the catalogue, and the first administrator has logged in. */
export async function serverStage({
  log = () => {},
  githubSecret,
  slack,
}: {
  log?: Log
  githubSecret?: string
  slack?: ReceiveSlack
} = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-server-'))
  const repository = makeRepository(join(folder, 'shop'))
  repository.commit('Open the shop', { 'kiban.yml': shopManifest })
  const stage = await deployStage()
  const iam = new IAM(stage.sandbox.client)
  const statements = [{ Effect: 'Allow', Action: ['ecs:RunTask', 'iam:PassRole'], Resource: '*' }]
  await makeRole(iam, 'bookshop-staging-scheduler', statements, 'scheduler.amazonaws.com')
  iam.destroy()
  const { engine } = stage
  const { database, clock } = engine
  const seal = sealBy(randomBytes(32))
  const identity = { database, clock, seal: async () => seal }
  const refusals = new Refusals({ database, clock, failed: engine.failed })
  const operations: Operation[] = allOperations({
    engine: async () => engine,
    identity: async () => identity,
    timeline: async () => engine,
    catalogue: async () => ({ ...engine, dataFolder: join(folder, 'data') }),
    approvals: async () => engine,
    slack: async () => ({ ...engine, known: async (name) => void (await userNamed(database, name)) }),
  })
  const run = runner(operations, refusals.heard)
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    consoleFolder: undefined,
    openapi: {},
    operations,
    ...run,
    refused: refusals.heard,
    identify: ({ secret }) => identify(identity, secret),
    github: githubSecret ? (delivery) => receiveDelivery(engine, delivery, githubSecret) : undefined,
    slack,
    ready: async () => {},
    log,
  })
  let requests = 0
  // biome-ignore lint/suspicious/noExplicitAny: each operation has an answer of its own
  const ask = async (actor: Actor, name: string, input: object): Promise<any> => {
    const context = {
      actor,
      signal: new AbortController().signal,
      requestId: `req_${++requests}`,
      environment: undefined,
      publicUrl: new URL(server.url),
    }
    if (operations.find((one) => one.name === name)?.kind === 'call') return run.call(name, input, context)
    const items = run.stream(name, input, context)
    const { value } = await items.next()
    await items.return(undefined)
    return value
  }
  /** Comes in by a link's secret. */
  const logIn = async (link: string): Promise<{ actor: Actor; secret: string }> => {
    const { secret } = await ask(nobody, 'login.invitation', { link })
    return { actor: (await identify(identity, secret)) as Actor, secret }
  }
  const { actor: admin, secret } = await logIn((await firstInvitation(identity)) ?? '')
  await ask(admin, 'product.add', { repository: repository.folder })
  return {
    stage,
    engine,
    /** The same with the copies of repositories that its operations have. */
    pushEngine: { ...engine, dataFolder: join(folder, 'data') },
    database,
    operations,
    run,
    repository,
    server,
    ask,
    logIn,
    admin,
    /** The administrator's. */
    secret,
    async close() {
      await server.close()
      await refusals.close()
      await stage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
