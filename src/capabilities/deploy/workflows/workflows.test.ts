import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IAM } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type DeployStage, deployStage } from '../../../../test/deploy-stage.ts'
import { dyingDatabase } from '../../../../test/dying-database.ts'
import { makeRepository, type TestRepository } from '../../../../test/git-repository.ts'
import { makeRole } from '../../../../test/process-stage.ts'
import type { Actor } from '../../../core/actor.ts'
import { newId } from '../../../core/ids.ts'
import type { Role } from '../../../core/permission.ts'
import { eventsAbout } from '../../../database/events.ts'
import { vote } from '../../approvals/approval.ts'
import { startFreeze } from '../../approvals/freeze.ts'
import { advance } from '../advance.ts'
import type { Rollout } from '../deployment.ts'
import { rolloutsOf } from '../deployment-store.ts'
import { heldLocks } from '../lock.ts'
import { releaseByHand, takeByHand } from '../lock-by-hand.ts'
import { currentReleases } from '../running.ts'
import { continuePaused } from '../services/continue-paused.ts'
import { advanceRun } from '../tasks/advance-run.ts'
import { advanceWorkflow } from './advance-workflow.ts'
import { planWorkflow } from './plan-workflow.ts'
import { cancelWorkflow, resumeWorkflow, startWorkflow } from './start-workflow.ts'
import { watchWorkflow } from './watch-workflow.ts'
import { type WorkflowRun, workflowSubject } from './workflow-run.ts'
import { findWorkflowRun } from './workflow-store.ts'

const place = { product: 'bookshop', environment: 'staging' }
const never = new AbortController().signal
const person = (role: Role, face: Actor['face'] = 'cli', name = 'aoi'): Actor => ({
  kind: 'user',
  name,
  grants: [{ role, product: '*', environment: '*' }],
  face,
})
const aoi = person('sre')

/** Tasks of an image with this digest do not start; those of a family that a test names take long. */
const BAD = 'f'.repeat(64)
let slow = false
let failing = false

let stage: DeployStage
let folder: string
let repository: TestRepository
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kiban-workflows-'))
  repository = makeRepository(join(folder, 'bookshop'))
  stage = await deployStage({
    script: ({ group, containers }) => {
      if (group.startsWith('family:')) return { exits: { after: slow ? 60_000 : 50, code: failing ? 1 : 0 } }
      return containers.some(({ image }) => image.includes(BAD)) ? { failsToStart: 'CannotPullContainerError: not found' } : {}
    },
  })
  const { durable } = stage.engine
  stage.engine = { ...stage.engine, dataFolder: folder }
  await durable.work('deployment', (id, signal) => advance(stage.engine, id, signal), { atATime: 10 })
  await durable.work('task-run', (id, signal) => advanceRun(stage.engine, id, signal), { atATime: 10 })
})
afterAll(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  slow = false
  failing = false
})

let number = 0
interface Declared {
  steps: object[]
  environments?: object
  web?: string
  schedules?: object
  /** How services are rolled. */
  deploy?: object
}

/** A commit with a workflow `release`, whose images are new ones. */
function committed({ steps, environments = { staging: {}, production: {} }, web, schedules, deploy = {} }: Declared): string {
  number++
  const image = (service: string, digest = String(number).padStart(64, '0')) =>
    `registry.example/bookshop/${service}@sha256:${digest}`
  const common = { count: 1, deploy: { circuit_breaker: { threshold: 1 }, ...deploy } }
  const manifest = {
    product: 'bookshop',
    account: '123456789012',
    region: 'ap-northeast-1',
    environments,
    services: { api: { image: image('api'), ...common }, web: { image: image('web', web), ...common } },
    tasks: {
      migrate: { service: 'api', command: ['node', 'migrate.ts'] },
      seed: { service: 'api', command: ['node', 'seed.ts'] },
    },
    ...(schedules ? { schedules } : {}),
    workflows: { release: { steps } },
  }
  return repository.commit(`Release ${number}`, { 'kiban.yml': JSON.stringify(manifest) })
}

const wanted = (more: object = {}) => ({ ...place, workflow: 'release', repository: repository.folder, ref: 'main', ...more })

const begun = (declared: Declared, actor = aoi, more: object = {}): Promise<string> => {
  const commit = committed(declared)
  return startWorkflow(stage.engine, { actor, requestId: newId('req') }, wanted({ commit, ...more }))
}

const found = async (id: string): Promise<WorkflowRun> => (await findWorkflowRun(stage.engine.database, id)) as WorkflowRun

/** Runs a workflow to its end. */
async function ran(declared: Declared, actor = aoi, more: object = {}): Promise<WorkflowRun> {
  const id = await begun(declared, actor, more)
  await advanceWorkflow(stage.engine, id, never)
  return found(id)
}

const isPaused = ({ view }: Rollout): boolean => view?.hooks?.some(({ status }) => status === 'AWAITING_ACTION') === true

const typesOf = async ({ id }: Pick<WorkflowRun, 'id'>) =>
  (await eventsAbout(stage.engine.database, workflowSubject({ id }))).map(({ type }) => type.replace('workflow.', ''))

const commits = async (environment = 'staging') =>
  Object.fromEntries(
    (await currentReleases(stage.engine.database, { ...place, environment })).map(({ service, release }) => [
      service,
      release.commit,
    ]),
  )

const verdicts = ({ steps }: WorkflowRun) => steps.map(({ verdict, skipped }) => (skipped ? 'skipped' : (verdict ?? 'waiting')))

async function until<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const seen = await look()
    if (seen !== undefined) return seen
  }
  throw new Error('Not seen within 30 s')
}

const approvalOf = (id: string) =>
  until(async () => {
    const [row] = await stage.engine.database.query<{ id: string; summary: object }>(
      `select id, summary from approvals_requests where subject = $1 and state = 'open'`,
      [workflowSubject({ id })],
    )
    return row
  })

const decided = (id: string, actor: Actor, agrees = true) =>
  stage.engine.database.transaction((tx) => vote(tx, actor, { id, agrees, reason: undefined }, Date.now()))

test('the steps of a run follow each other, all of one release, and its parts run side by side', async () => {
  const run = await ran({
    steps: [
      { deploy: ['api'] },
      { run: ['migrate', 'seed'] },
      { name: 'The rest', parallel: [{ deploy: ['web'] }, { run: ['migrate'] }] },
    ],
  })
  expect(run).toMatchObject({ state: 'done', verdict: 'succeeded', attempt: 1 })
  expect(verdicts(run)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  expect(run.steps.map(({ parts }) => parts.map(({ children }) => children.map(({ kind, name }) => name ?? kind)))).toEqual([
    [['deployment']],
    [['migrate', 'seed']],
    [['deployment'], ['migrate']],
  ])
  expect(await commits()).toEqual({ api: run.commit, web: run.commit })
  const [first, second, third] = run.steps
  expect(first?.endedAt).toBeLessThanOrEqual(second?.startedAt ?? 0)
  expect(second?.endedAt).toBeLessThanOrEqual(third?.startedAt ?? 0)
  const releases = await stage.engine.database.query('select distinct release_id from deploy_deployments where commit = $1', [
    run.commit,
  ])
  expect(releases).toHaveLength(1)
  expect(await typesOf(run)).toEqual([
    'queued',
    'built',
    'planned',
    'started',
    ...['step-started', 'step-ended', 'step-started', 'step-ended', 'step-started', 'step-ended'],
    'ended',
  ])
})

test('genova 9.1: a step that does not succeed ends the run, and what comes after it is not begun', async () => {
  await ran({ steps: [{ deploy: ['web'] }] })
  const run = await ran({ web: BAD, steps: [{ deploy: ['api'] }, { deploy: ['web'] }, { run: ['migrate'] }] })
  expect(verdicts(run)).toEqual(['succeeded', 'rolled-back', 'waiting'])
  expect(run.verdict).toBe('rolled-back')
  expect(run.steps[1]?.parts[0]?.children[0]?.causes?.length).toBeGreaterThan(0)
})

test('what a run deployed goes back, the last first, when a later step fails', async () => {
  const good = await ran({ steps: [{ deploy: ['api', 'web'] }] })
  const run = await ran({
    web: BAD,
    steps: [{ deploy: ['api'] }, { deploy: ['web'], on_failure: 'rollback' }],
  })
  expect(run.verdict).toBe('rolled-back')
  expect(verdicts(run)).toEqual(['succeeded', 'rolled-back'])
  expect(await commits()).toEqual({ api: good.commit, web: good.commit })
  expect(run.steps[0]?.parts[0]?.returned).toMatchObject([{ services: ['api'], child: { verdict: 'succeeded' } }])
  expect((await typesOf(run)).slice(-3)).toEqual(['going-back', 'returning', 'ended'])
})

test('a step may fail and the run go on, which is told in the end', async () => {
  failing = true
  const run = await ran({ steps: [{ run: ['seed'], on_failure: 'continue' }, { deploy: ['api'] }] })
  expect(verdicts(run)).toEqual(['failed', 'succeeded'])
  expect(run.verdict).toBe('failed')
})

test('steps are left out where their condition is not met', async () => {
  const steps = [
    { run: ['migrate'], when: { environment: ['production'] } },
    { run: ['migrate'], when: { ref: ['release/**', 'v*'] } },
    { run: ['seed'], when: { ref: ['main'], environment: ['staging'] } },
  ]
  expect(verdicts(await ran({ steps }))).toEqual(['skipped', 'skipped', 'succeeded'])
  repository.git('tag', '--force', 'v1')
  expect(verdicts(await ran({ steps }, aoi, { ref: 'v1' }))).toEqual(['skipped', 'succeeded', 'skipped'])
})

test('a run that failed is resumed from the step that did not succeed', async () => {
  failing = true
  const failed = await ran({ steps: [{ deploy: ['api'] }, { run: ['migrate'] }, { deploy: ['web'] }] })
  expect(verdicts(failed)).toEqual(['succeeded', 'failed', 'waiting'])
  failing = false
  const again = { actor: person('sre', 'cli', 'rin'), requestId: newId('req') }
  const of = { ...place, id: failed.id, breakGlass: false }
  expect(await resumeWorkflow(stage.engine, again, of)).toBe(failed.id)
  expect(await resumeWorkflow(stage.engine, again, of)).toBe(failed.id)
  await advanceWorkflow(stage.engine, failed.id, never)
  const run = await found(failed.id)
  expect(run).toMatchObject({ verdict: 'succeeded', attempt: 2, createdBy: 'aoi' })
  expect(run.steps[0]).toEqual(failed.steps[0])
  expect(run.steps[1]?.parts[0]?.children[0]?.id).not.toBe(failed.steps[1]?.parts[0]?.children[0]?.id)
  await expect(resumeWorkflow(stage.engine, { ...again, requestId: newId('req') }, of)).rejects.toMatchObject({
    code: 'workflow.not-resumable',
  })
})

test('a run is stopped with what it has under way', async () => {
  slow = true
  const id = await begun({ steps: [{ run: ['migrate'] }, { deploy: ['api'] }] })
  const driven = advanceWorkflow(stage.engine, id, never)
  await until(async () => (await found(id)).steps[0]?.parts[0]?.children[0])
  await cancelWorkflow(stage.engine, { actor: person('manager', 'cli', 'rin') }, { ...place, id })
  await driven
  const run = await found(id)
  expect(run).toMatchObject({ verdict: 'stopped', cancel: { by: 'rin' } })
  expect(verdicts(run)).toEqual(['stopped', 'waiting'])
  await expect(cancelWorkflow(stage.engine, { actor: aoi }, { ...place, id })).resolves.toMatchObject({ id })
})

test('an approval step waits for the role that it names, and not for whoever asked', async () => {
  const asker = person('manager', 'http')
  const id = await begun({ steps: [{ approve: 'sre' }, { run: ['seed'] }] }, asker)
  const driven = advanceWorkflow(stage.engine, id, never)
  const approval = await approvalOf(id)
  expect(approval.summary).toMatchObject({ kind: 'workflow', workflow: 'release', step: 1, role: 'sre' })
  await expect(decided(approval.id, asker)).rejects.toMatchObject({ code: 'approval.own' })
  await expect(decided(approval.id, person('manager', 'http', 'rin'))).rejects.toMatchObject({ code: 'permission.denied' })
  await decided(approval.id, person('sre', 'http', 'haru'))
  await driven
  expect(await found(id)).toMatchObject({ verdict: 'succeeded' })

  const refused = await begun({ steps: [{ approve: 'developer' }, { run: ['seed'] }] }, asker)
  const ends = advanceWorkflow(stage.engine, refused, never)
  await decided((await approvalOf(refused)).id, person('developer', 'http', 'haru'), false)
  await ends
  expect(await found(refused)).toMatchObject({ verdict: 'stopped', error: { code: 'approval.refused' } })
  expect(await ran({ steps: [{ approve: 'sre' }] })).toMatchObject({ verdict: 'failed', error: { code: 'approval.required' } })
})

test('where an environment asks for approval, people agree once to the whole run', async () => {
  const guarded = { staging: { approvals: 1 }, production: {} }
  const id = await begun({ environments: guarded, steps: [{ run: ['migrate'] }, { deploy: ['api'] }] }, person('manager', 'http'))
  const driven = advanceWorkflow(stage.engine, id, never)
  const approval = await approvalOf(id)
  expect((await found(id)).steps.every(({ startedAt }) => startedAt === undefined)).toBe(true)
  await decided(approval.id, person('manager', 'http', 'rin'))
  await driven
  expect(await found(id)).toMatchObject({ verdict: 'succeeded' })
  const asked = await stage.engine.database.query(`select 1 from approvals_requests where summary->>'commit' = $1`, [
    (await found(id)).commit,
  ])
  expect(asked).toHaveLength(1)
})

test('a rollout that pauses holds the run up, and goes on with it when somebody says so', async () => {
  const asker = person('developer', 'http')
  const deploy = { strategy: 'blue-green', bake: '0s', pause: ['post-scale-up'] }
  const id = await begun({ deploy, steps: [{ deploy: ['web'] }, { run: ['seed'] }] }, asker)
  const driven = advanceWorkflow(stage.engine, id, never)
  const deployment = await until(async () => (await found(id)).steps[0]?.parts[0]?.children[0]?.id)
  const pauses = async () => (await rolloutsOf(stage.engine.database, deployment)).some(isPaused)
  await until(async () => (await pauses()) || undefined)
  expect(verdicts(await found(id))).toEqual(['waiting', 'waiting'])
  // A deployment of a workflow is of whoever asked for the workflow.
  await expect(continuePaused(stage.engine, person('viewer', 'http', 'riku'), deployment, [], never)).rejects.toMatchObject({
    code: 'permission.denied',
  })
  expect(await continuePaused(stage.engine, person('sre', 'slack', 'sora'), deployment, [], never)).toEqual([
    { service: 'web', stage: 'POST_SCALE_UP' },
  ])
  await driven
  expect(verdicts(await found(id))).toEqual(['succeeded', 'succeeded'])
})

test('a lock that a person holds is waited for, and nobody gets ahead of whoever waits', async () => {
  const { engine } = stage
  const sora = { holder: 'user/sora', actor: 'sora', reason: 'repairing by hand', face: 'slack' as const }
  await takeByHand(engine, place, ['api'], sora)
  const id = await begun({ steps: [{ deploy: ['api'] }, { run: ['seed'] }] })
  const driven = advanceWorkflow(engine, id, never)
  const waiting = () => engine.database.query('select 1 from deploy_lock_queue where product = $1', [place.product])
  await until(async () => ((await waiting()).length > 0 ? true : undefined))
  expect(verdicts(await found(id))).toEqual(['waiting', 'waiting'])
  const haru = { holder: 'user/haru', actor: 'haru', reason: 'me too', face: 'cli' as const }
  await expect(takeByHand(engine, place, ['api'], haru)).rejects.toMatchObject({ code: 'lock.held' })
  await releaseByHand(engine, place, ['api'], sora, false)
  await driven
  expect(verdicts(await found(id))).toEqual(['succeeded', 'succeeded'])
  expect(await heldLocks(engine.database, place)).toEqual([])
  expect(await waiting()).toEqual([])
})

test('a freeze stops a run before it begins, unless somebody breaks the glass', async () => {
  const { database } = stage.engine
  await database.transaction((tx) =>
    startFreeze(tx, aoi, { ...place, fromAt: Date.now() - 1, untilAt: undefined, reason: 'sale' }, Date.now()),
  )
  await expect(begun({ steps: [{ run: ['seed'] }] })).rejects.toMatchObject({ code: 'freeze.active' })
  const run = await ran({ steps: [{ run: ['seed'] }] }, aoi, { breakGlass: true, reason: 'orders are stuck' })
  expect(run.verdict).toBe('succeeded')
  expect(await eventsAbout(database, workflowSubject(run))).toContainEqual(expect.objectContaining({ type: 'freeze.broken' }))
  await database.query('update approvals_freezes set ended_at = now()')
})

test('a workflow goes to several environments, and nowhere that its actor may not', async () => {
  const steps = [{ deploy: ['api'] }, { deploy: ['api'], environment: 'production' }]
  const run = await ran({ steps })
  expect(run.verdict).toBe('succeeded')
  expect(await commits('production')).toEqual({ api: run.commit })
  const narrow: Actor = { ...aoi, grants: [{ role: 'sre', ...place }] }
  expect(await ran({ steps }, narrow)).toMatchObject({ verdict: 'failed', error: { code: 'permission.denied' }, steps: [] })
})

test('a wrong name is refused before the first step begins', async () => {
  const id = await begun({ steps: [{ run: ['seed'] }] }, aoi, { workflow: 'relase' })
  await advanceWorkflow(stage.engine, id, never)
  expect(await found(id)).toMatchObject({ verdict: 'failed', error: { code: 'workflow.unknown' } })
  const watching = watchWorkflow(stage.engine, { product: 'bookshop', id, after: 0, served: false, signal: never })
  await expect(watching.next().then(() => watching.next())).rejects.toMatchObject({ hint: { en: 'There are: release' } })
  const other = await begun({ steps: [{ product: 'storefront', deploy: ['web'] }] })
  await advanceWorkflow(stage.engine, other, never)
  expect(await found(other)).toMatchObject({ verdict: 'failed', error: { code: 'workflow.product-unknown' } })
})

test('the plan of every step is shown, and a branch that moved since is not run', async () => {
  committed({ steps: [{ deploy: ['api'] }, { run: ['migrate'] }, { parallel: [{ deploy: ['web'] }, { run: ['seed'] }] }] })
  const plan = await planWorkflow(stage.engine, aoi, { ...wanted(), commit: undefined, refs: {} }, never)
  expect(
    plan.steps.map(({ parts }) =>
      parts.map((part) => part.commands ?? part.plan?.services.map(({ service, action }) => `${service} ${action}`)),
    ),
  ).toEqual([[['api update']], [[['node', 'migrate.ts']]], [['web update'], [['node', 'seed.ts']]]])
  const run = await ran({ steps: [{ deploy: ['api'] }] }, aoi, { plan: plan.fingerprint })
  expect(run).toMatchObject({ verdict: 'failed', error: { code: 'deploy.plan-changed' } })
})

test('schedules are brought without rolling their service', async () => {
  const schedules = { nightly: { service: 'api', command: ['node', 'report.ts'], cron: '0 3 * * *' } }
  const iam = new IAM({})
  await makeRole(iam, 'bookshop-staging-scheduler', [], 'scheduler.amazonaws.com')
  iam.destroy()
  const before = await commits()
  const run = await ran({ schedules, steps: [{ schedule: ['nightly'] }] })
  expect(run).toMatchObject({ verdict: 'succeeded' })
  expect(await commits()).toEqual(before)
  const kept = await stage.engine.database.query(`select schedule from deploy_schedules where product = 'bookshop'`)
  expect(kept).toEqual([{ schedule: 'nightly' }])
})

test('whoever watches sees the steps, and what is under way for them', async () => {
  const id = await begun({ steps: [{ deploy: ['api'] }, { run: ['seed'] }] })
  const driven = advanceWorkflow(stage.engine, id, never)
  const seen = new Set<string>()
  let last: string | undefined
  for await (const { run, deployments, tasks } of watchWorkflow(stage.engine, {
    product: 'bookshop',
    id,
    after: 0,
    served: false,
    signal: never,
  })) {
    for (const { deployment } of deployments) seen.add(deployment.id.slice(0, 3))
    for (const task of tasks) seen.add(task.task)
    last = run?.verdict
  }
  await driven
  expect([...seen].sort()).toEqual(['dep', 'seed'])
  expect(last).toBe('succeeded')
})

test.each(['before', 'after'] as const)(
  'killed %s each thing that it stores, a run starts each of its parts once and ends',
  async (when) => {
    const steps = [{ deploy: ['api'] }, { parallel: [{ run: ['migrate', 'seed'] }, { run: ['seed'] }] }]
    const states = new Set<string>()
    for (let at = 0; ; at += 5) {
      const id = await begun({ steps })
      const killed = new AbortController()
      const engine = { ...stage.engine, database: dyingDatabase(stage.engine.database, { at, when, killed }) }
      await advanceWorkflow(engine, id, killed.signal).catch((error: unknown) => {
        if (!killed.signal.aborted) throw error
      })
      states.add((await found(id)).state)
      if (killed.signal.aborted) await advanceWorkflow(stage.engine, id, never)
      const run = await found(id)
      expect(run).toMatchObject({ state: 'done', verdict: 'succeeded' })
      const { database } = stage.engine
      expect(await database.query('select id from deploy_deployments where request like $1', [`${id}/%`])).toHaveLength(1)
      expect(await database.query('select id from deploy_task_runs where request like $1', [`${id}/%`])).toHaveLength(3)
      expect((await typesOf(run)).filter((type) => type === 'ended')).toHaveLength(1)
      if (!killed.signal.aborted) break
    }
    expect([...states]).toEqual(expect.arrayContaining(['preparing', 'running']))
  },
  180_000,
)
