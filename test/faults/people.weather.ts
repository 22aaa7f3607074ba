// Deployments while people do something else at the same time: deploy too, cancel, take locks away, change AWS by hand, log out.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { IAM } from '@aws-sdk/client-iam'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { advance } from '../../src/capabilities/deploy/advance.ts'
import { type State, states } from '../../src/capabilities/deploy/deployment.ts'
import { findDeployment, rolloutsOf } from '../../src/capabilities/deploy/deployment-store.ts'
import type { DeployEngine } from '../../src/capabilities/deploy/engine.ts'
import { forceRelease } from '../../src/capabilities/deploy/lock.ts'
import { releaseByHand, takeByHand } from '../../src/capabilities/deploy/lock-by-hand.ts'
import { cancelDeployment } from '../../src/capabilities/deploy/start.ts'
import { newId } from '../../src/core/ids.ts'
import { eventsAbout } from '../../src/database/events.ts'
import { closeEngine, type DeployStage, deployEngine, deployed, deployStage, release, started } from '../deploy-stage.ts'
import { brokenPromises, storedFaults } from './aftermath.ts'
import { type Wire, wireTo } from './wire.ts'

const PATIENCE_MS = 120_000
const never = new AbortController().signal
const place = { product: 'bookshop', environment: 'staging' }
const haru = { holder: 'person/haru', actor: 'haru', face: 'cli', reason: 'looking into it' }
const asking = () => ({
  actor: {
    kind: 'user' as const,
    name: 'haru',
    grants: [{ role: 'sre' as const, product: '*', environment: '*' }],
    face: 'cli' as const,
  },
  requestId: newId('req'),
})

let stage: DeployStage
let wire: Wire
/** That of somebody whose requests pass the wire. */
let engine: DeployEngine
beforeEach(async () => {
  stage = await deployStage()
  wire = await wireTo(stage.sandbox.endpoint)
  process.env.AWS_ENDPOINT_URL = wire.endpoint
  engine = await deployEngine(stage.engine.database)
  act({})
  expect(await deployed(engine, await release(engine.database, 1))).toMatchObject({ verdict: 'succeeded' })
})
afterEach(async () => {
  await closeEngine(engine)
  await wire.close()
  await stage.close()
})

interface Acts {
  migrationMs?: number
  /** Release 2 of these services takes long to start. */
  slow?: string[]
  /** Release 2 of these services never starts. */
  bad?: string[]
}

function act({ migrationMs = 50, slow = [], bad = [] }: Acts): void {
  stage.act(({ group, containers }) => {
    if (group.startsWith('family:')) return { exits: { after: migrationMs, code: 0 } }
    const isNew = containers[0]?.image?.endsWith('2')
    const isOf = (services: string[]) => isNew && services.some((service) => group.endsWith(`-${service}`))
    if (isOf(bad)) return { startAfter: 1_000, failsToStart: 'CannotPullContainerError: not found' }
    return isOf(slow) ? { startAfter: 3_000 } : {}
  })
}

const stateIs = (id: string, state: State) =>
  expect
    .poll(async () => states.indexOf((await findDeployment(engine.database, id))?.state ?? 'queued'), {
      timeout: 60_000,
      interval: 2,
    })
    .toBeGreaterThanOrEqual(states.indexOf(state))

const outcome = async (id: string) =>
  (await rolloutsOf(engine.database, id)).map(({ service, verdict, undo }) => `${service} ${verdict}${undo ? `, ${undo}` : ''}`)

const liveDefinition = async (service: string) => {
  const names = { cluster: 'bookshop-staging', services: [`bookshop-staging-${service}`] }
  return (await stage.ecs.describeServices(names)).services?.[0]?.taskDefinition?.replace(/^.*\//, '')
}

/** Another definition of the family, rolled by a hand that knows nothing of kiban. */
async function rolledByHand(service: string): Promise<string> {
  const { taskDefinition: now } = await stage.ecs.describeTaskDefinition({ taskDefinition: await liveDefinition(service) })
  const { taskDefinition: next } = await stage.ecs.registerTaskDefinition({
    family: now?.family,
    containerDefinitions: now?.containerDefinitions,
    cpu: now?.cpu,
    memory: now?.memory,
    networkMode: now?.networkMode,
    requiresCompatibilities: now?.requiresCompatibilities,
    executionRoleArn: now?.executionRoleArn,
    taskRoleArn: now?.taskRoleArn,
  })
  const taskDefinition = next?.taskDefinitionArn ?? ''
  await stage.ecs.updateService({ cluster: 'bookshop-staging', service: `bookshop-staging-${service}`, taskDefinition })
  return taskDefinition.replace(/^.*\//, '')
}

const writes = /^ecs:(RegisterTaskDefinition|RunTask|CreateService|UpdateService|StopServiceDeployment|StopTask)$/

test(
  'of two that deploy the same services at once one waits, and both end with what they asked for',
  async () => {
    const other = await deployEngine(engine.database)
    const first = await started(engine.database, await release(engine.database, 2))
    const firstEnd = advance(engine, first, never)
    await stateIs(first, 'locked')
    const second = await started(engine.database, await release(engine.database, 3))
    await Promise.all([firstEnd, advance(other, second, never)])
    expect(await storedFaults(engine.database, first, 'succeeded')).toEqual([])
    expect(await brokenPromises(stage, engine.database, second, 'succeeded')).toEqual([])
    const told = async (id: string, type: string) =>
      (await eventsAbout(engine.database, `deployment/${id}`)).find((event) => event.type === type)?.seq ?? 0
    expect(await told(second, 'deployment.waited')).toBeGreaterThan(0)
    expect(await told(second, 'deployment.locked')).toBeGreaterThan(await told(first, 'deployment.ended'))
    await closeEngine(other)
  },
  PATIENCE_MS,
)

describe('what somebody rolls by hand', () => {
  test(
    'before the locks are there is a conflict, and is left alone',
    async () => {
      await takeByHand(engine, place, ['api'], haru)
      const id = await started(engine.database, await release(engine.database, 2))
      const end = advance(engine, id, never)
      await stateIs(id, 'planned')
      const theirs = await rolledByHand('api')
      await releaseByHand(engine, place, ['api'], haru, false)
      await end
      expect(await findDeployment(engine.database, id)).toMatchObject({
        verdict: 'failed',
        error: { kind: 'conflict', code: 'deploy.changed-elsewhere' },
      })
      expect(await liveDefinition('api')).toBe(theirs)
    },
    PATIENCE_MS,
  )

  test(
    'while a migration runs is a conflict, and is left alone',
    async () => {
      act({ migrationMs: 2_000 })
      const id = await started(engine.database, await release(engine.database, 2))
      const end = advance(engine, id, never)
      await stateIs(id, 'migrating')
      const theirs = await rolledByHand('api')
      await end
      expect(await outcome(id)).toEqual(['api failed', 'web rolled-back, done'])
      expect(await storedFaults(engine.database, id, 'failed')).toEqual([])
      expect(await liveDefinition('api')).toBe(theirs)
    },
    PATIENCE_MS,
  )

  test(
    'while our rollout is under way supersedes it',
    async () => {
      act({ slow: ['api'] })
      const id = await started(engine.database, await release(engine.database, 2), {
        options: { keepSiblings: true, force: false },
      })
      const end = advance(engine, id, never)
      await stateIs(id, 'verifying')
      await wait(500)
      const theirs = await rolledByHand('api')
      await end
      expect(await outcome(id)).toEqual(['api superseded', 'web succeeded'])
      expect(await storedFaults(engine.database, id, 'superseded')).toEqual([])
      expect(await liveDefinition('api')).toBe(theirs)
    },
    PATIENCE_MS,
  )

  test(
    'after our rollout is not taken back when another service fails',
    async () => {
      act({ bad: ['web'] })
      const id = await started(engine.database, await release(engine.database, 2))
      const end = advance(engine, id, never)
      await expect.poll(() => outcome(id), { timeout: 60_000, interval: 20 }).toContain('api succeeded')
      const theirs = await rolledByHand('api')
      await end
      expect(await outcome(id)).toEqual(['api superseded, impossible', 'web rolled-back'])
      expect(await liveDefinition('api')).toBe(theirs)
    },
    PATIENCE_MS,
  )
})

describe.each(['built', 'planned', 'locked', 'registered', 'migrating', 'rolling', 'verifying'] as const)(
  'cancelled in the state %s',
  (state) => {
    test(
      'a deployment is stopped, once, and the services run what they ran',
      async () => {
        act({ migrationMs: 500, slow: ['api'] })
        const id = await started(engine.database, await release(engine.database, 2))
        const end = advance(engine, id, never)
        await stateIs(id, state)
        const answers = await Promise.all([cancelDeployment(engine, asking(), id), cancelDeployment(engine, asking(), id)])
        expect(answers.map(({ cancel }) => cancel?.by)).toEqual(['haru', 'haru'])
        await end
        expect(await brokenPromises(stage, engine.database, id, 'stopped')).toEqual([])
        expect([await liveDefinition('api'), await liveDefinition('web')]).toEqual([
          'bookshop-staging-api:1',
          'bookshop-staging-web:1',
        ])
        await expect(cancelDeployment(engine, asking(), id)).rejects.toMatchObject({ code: 'deployment.ended' })
      },
      PATIENCE_MS,
    )
  },
)

describe('a lock that is forced away', () => {
  const forced = () =>
    engine.database.transaction(async (tx) => {
      await forceRelease(tx, place, ['api', 'web'], haru, Date.now())
    })

  test.each(['registered', 'migrating'] as const)(
    'in the state %s makes the deployment queue again',
    async (state) => {
      act({ migrationMs: 1_000 })
      const id = await started(engine.database, await release(engine.database, 2))
      const end = advance(engine, id, never)
      await stateIs(id, state)
      await forced()
      await takeByHand(engine, place, ['api'], haru)
      await wait(3_000)
      expect(await outcome(id)).toEqual(['api undefined', 'web undefined'])
      await releaseByHand(engine, place, ['api'], haru, false)
      await end
      expect(await brokenPromises(stage, engine.database, id, 'succeeded')).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'between two services leaves the second as it was',
    async () => {
      let force: Promise<unknown> | undefined
      wire.decide = (passing) => {
        if (passing !== 'ecs:UpdateService' || force) return undefined
        force = forced().then(() => takeByHand(engine, place, ['web'], haru))
        return {
          async coming() {
            await force
            return undefined
          },
        }
      }
      const id = await started(engine.database, await release(engine.database, 2))
      await advance(engine, id, never)
      expect(await outcome(id)).toEqual(['api succeeded, impossible', 'web stopped'])
      expect(await storedFaults(engine.database, id, 'stopped', { held: ['web'] })).toEqual([])
      expect(wire.passed.slice(wire.passed.lastIndexOf('ecs:UpdateService') + 1).filter((one) => writes.test(one))).toEqual([])
      expect([await liveDefinition('api'), await liveDefinition('web')]).toEqual([
        'bookshop-staging-api:2',
        'bookshop-staging-web:1',
      ])
    },
    PATIENCE_MS,
  )

  test(
    'while services roll leaves it watching, and writing no more',
    async () => {
      act({ slow: ['api'], bad: ['web'] })
      const id = await started(engine.database, await release(engine.database, 2))
      const end = advance(engine, id, never)
      await stateIs(id, 'verifying')
      await forced()
      await takeByHand(engine, place, ['api', 'web'], haru)
      const before = wire.passed.length
      await end
      expect(wire.passed.slice(before).filter((one) => writes.test(one))).toEqual([])
      expect(await outcome(id)).toEqual(['api succeeded, impossible', 'web rolled-back'])
      expect(await storedFaults(engine.database, id, 'rolled-back', { held: ['api', 'web'] })).toEqual([])
    },
    PATIENCE_MS,
  )
})

test.each(['migrating', 'verifying'] as const)(
  'credentials that end in the state %s are waited for',
  async (state) => {
    const folder = await mkdtemp(join(tmpdir(), 'kiban-home-'))
    const file = join(folder, 'credentials')
    const iam = new IAM({})
    await iam.createUser({ UserName: 'haru' })
    await iam.attachUserPolicy({ UserName: 'haru', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
    const login = async () => {
      const { AccessKey: key } = await iam.createAccessKey({ UserName: 'haru' })
      await writeFile(
        file,
        `[default]\naws_access_key_id = ${key?.AccessKeyId}\naws_secret_access_key = ${key?.SecretAccessKey}\n`,
      )
      return () => iam.deleteAccessKey({ UserName: 'haru', AccessKeyId: key?.AccessKeyId })
    }
    const logout = await login()
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env
    delete process.env.AWS_ACCESS_KEY_ID
    delete process.env.AWS_SECRET_ACCESS_KEY
    Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: file })
    try {
      const theirs = await deployEngine(engine.database)
      act({ migrationMs: 3_000, slow: ['api', 'web'] })
      const deployment = await started(engine.database, await release(engine.database, 2))
      const end = advance(theirs, deployment, never)
      await stateIs(deployment, state)
      await wait(500)
      await logout()
      const types = async () => (await eventsAbout(engine.database, `deployment/${deployment}`)).map(({ type }) => type)
      await expect.poll(types, { timeout: 30_000 }).toContain('deployment.troubled')
      await wait(3_000)
      await login()
      await end
      expect(await types()).toContain('deployment.recovered')
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret })
      expect(await brokenPromises(stage, engine.database, deployment, 'succeeded')).toEqual([])
      await closeEngine(theirs)
    } finally {
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret })
      delete process.env.AWS_SHARED_CREDENTIALS_FILE
      iam.destroy()
      await rm(folder, { recursive: true, force: true })
    }
  },
  PATIENCE_MS,
)
