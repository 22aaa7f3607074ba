// Tasks that really run, started as `kiban task run` starts them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ProcessStage, processStage, type TestService } from '../../../../test/process-stage.ts'
import type { Actor } from '../../../core/actor.ts'
import { newId } from '../../../core/ids.ts'
import type { Role } from '../../../core/permission.ts'
import { runner } from '../../../core/runner.ts'
import { eventsAbout } from '../../../database/events.ts'
import { vote } from '../../approvals/approval.ts'
import { startFreeze } from '../../approvals/freeze.ts'
import { advanceRun } from './advance-run.ts'
import type { TaskRunItem } from './run-shapes.ts'
import { claimRun, findRun, listRuns } from './run-store.ts'
import { exitOfRun } from './show-run.ts'
import { startRun, stopRun } from './start-run.ts'
import { taskOperations } from './task-operations.ts'
import { runSubject, type TaskRun } from './task-run.ts'
import { watchRun } from './watch-run.ts'

const place = { product: 'shop', environment: 'staging' }
const never = new AbortController().signal

/** Says what it was given and ends with the code that it is told. */
const program = `
console.log(JSON.stringify(process.argv.slice(2)))
console.log('COLOUR', process.env.COLOUR)
process.exitCode = Number(process.argv[2] ?? 0)`
const stays = `setInterval(() => {}, 1000)`

const api: TestService = {
  image: { files: { 'main.js': stays, 'echo.js': program, 'long.js': `console.log('begun'); ${stays}` } },
  manifest: { env: { COLOUR: 'red' } },
}
const tasks = {
  echo: { service: 'api', command: ['node', 'echo.js'] },
  long: { service: 'api', command: ['node', 'long.js'] },
  hurried: { service: 'api', command: ['node', 'long.js'], timeout: '3s' },
}

let stage: ProcessStage
let run: ReturnType<typeof runner>

beforeAll(async () => {
  stage = await processStage()
  run = runner(taskOperations({ engine: async () => stage.engine }))
  await stage.deploy({ api }, { manifest: { tasks } })
})
afterAll(() => stage.close())

const person = (role: Role, face: Actor['face'] = 'cli', name = 'aoi'): Actor => ({
  kind: 'user',
  name,
  grants: [{ role, product: '*', environment: '*' }],
  face,
})
const aoi = person('sre')

const wanted = (name: string, more: object = {}) => ({
  ...place,
  name,
  schedule: false,
  release: undefined,
  command: undefined,
  count: undefined,
  size: undefined,
  env: {},
  timeoutSeconds: undefined,
  reason: undefined,
  breakGlass: false,
  ...more,
})

const begun = (name: string, more: object = {}, actor = aoi, requestId = newId('req')): Promise<string> =>
  startRun(stage.engine, { actor, requestId, signal: never }, wanted(name, more))

/** Runs a task to its end; gives it with its log. */
async function ran(name: string, more: object = {}): Promise<{ run: TaskRun; log: string[] }> {
  const id = await begun(name, more)
  await advanceRun(stage.engine, id, never)
  return { run: (await findRun(stage.engine.database, id)) as TaskRun, log: await logOf(id) }
}

async function logOf(id: string, seen: number[] = []): Promise<string[]> {
  const lines: string[] = []
  for await (const item of watchRun(stage.engine, { product: 'shop', id, seen, follow: true, signal: never }))
    lines.push(...item.lines.map(({ message }) => message))
  return lines
}

const typesOf = async ({ id }: { id: string }) =>
  (await eventsAbout(stage.engine.database, runSubject({ id }))).map(({ type }) => type)

test('a task runs with the image, command and variables of the release that its service runs', async () => {
  const { run, log } = await ran('echo')
  expect(run).toMatchObject({ state: 'done', verdict: 'succeeded', exitCode: 0, causes: undefined, createdBy: 'aoi' })
  expect(log).toEqual(['[]', 'COLOUR red'])
  expect(await typesOf(run)).toEqual(['task.queued', 'task.started', 'task.ended'])
})

test('genova 9.7: the log of a task is shown, and its exit code is told with what it says', async () => {
  const { run, log } = await ran('echo', { command: ['node', 'echo.js', '7'] })
  expect(log).toEqual(['["7"]', 'COLOUR red'])
  expect(run).toMatchObject({ verdict: 'failed', exitCode: 7 })
  expect(run.causes).toMatchObject([
    { class: 'task-failed', subject: 'echo', next: { en: 'Correct what its log says, and run echo again' } },
  ])
  expect(exitOfRun({ ...run, exitCode: 7 } as never)).toBe(7)
})

test('genova 9.12: arguments keep their spaces and quotes, since no shell and no splitting comes between', async () => {
  const { log } = await ran('echo', { command: ['node', 'echo.js', '0', 'two words', '"quoted"', '$HOME; rm -rf x'] })
  expect(log[0]).toBe(JSON.stringify(['0', 'two words', '"quoted"', '$HOME; rm -rf x']))
})

test('variables, count and size are changed for one run alone', async () => {
  const { run, log } = await ran('echo', { env: { COLOUR: 'blue' }, count: 2, size: { cpu: 512, memory: 1024 } })
  expect(run).toMatchObject({ verdict: 'succeeded', exitCode: 0, tasks: [{ exitCode: 0 }, { exitCode: 0 }] })
  expect(log.filter((line) => line === 'COLOUR blue')).toHaveLength(2)
  const { tasks = [] } = await stage.ecs.describeTasks({
    cluster: 'shop-staging',
    tasks: run.tasks.map(({ taskArn }) => taskArn),
  })
  expect(tasks.map(({ cpu, memory }) => `${cpu}/${memory}`)).toEqual(['512/1024', '512/1024'])
})

test('genova 9.7: a task that takes too long is stopped, and not left running', async () => {
  const { run } = await ran('hurried')
  expect(run).toMatchObject({ verdict: 'timed-out', causes: [{ class: 'task-timed-out' }] })
  const { tasks = [] } = await stage.ecs.describeTasks({
    cluster: 'shop-staging',
    tasks: run.tasks.map(({ taskArn }) => taskArn),
  })
  expect(tasks).toMatchObject([{ desiredStatus: 'STOPPED', stoppedReason: 'kiban: it took longer than it may' }])
})

test('whoever asks stops a run, and is named', async () => {
  const id = await begun('long')
  const driven = advanceRun(stage.engine, id, never)
  for await (const { lines } of watchRun(stage.engine, { product: 'shop', id, seen: [], follow: true, signal: never })) {
    if (lines.some(({ message }) => message === 'begun')) break
  }
  await stopRun(stage.engine, { actor: aoi }, { ...place, id })
  await driven
  const found = (await findRun(stage.engine.database, id)) as TaskRun
  expect(found).toMatchObject({ verdict: 'stopped', cancel: { by: 'aoi' }, tasks: [{ stoppedReason: expect.anything() }] })
  expect(await typesOf(found)).toEqual(['task.queued', 'task.started', 'task.stop-asked', 'task.ended'])
  // Once more is no mistake; another run that ended by itself cannot be stopped.
  expect(await stopRun(stage.engine, { actor: aoi }, { ...place, id })).toMatchObject({ verdict: 'stopped' })
  const { run: done } = await ran('echo')
  await expect(stopRun(stage.engine, { actor: aoi }, { ...place, id: done.id })).rejects.toMatchObject({ code: 'task-run.ended' })
})

test('genova 9.7: a task that never started is explained, with no exit code to stumble over', async () => {
  const { deployment } = await stage.deploy(
    { gone: { image: { files: { 'main.js': stays } } } },
    { manifest: { tasks: { there: { service: 'gone', command: ['no-such-program'] } } } },
  )
  expect(deployment.verdict).toBe('succeeded')
  const { run } = await ran('there')
  expect(run).toMatchObject({ verdict: 'failed', exitCode: undefined, causes: [{ class: 'command-not-found', service: 'gone' }] })
  expect(exitOfRun({ ...run, exitCode: undefined } as never)).toBe(125)
})

test('genova 9.7: a sidecar that is killed at the end fails no task', async () => {
  const beside = {
    agent: { image: { files: { 'main.js': `process.on('SIGTERM', () => process.exit(9)); ${stays}` } }, essential: false },
  }
  await stage.deploy(
    { paired: { image: { files: { 'main.js': stays, 'echo.js': program } }, beside } },
    { manifest: { tasks: { pair: { service: 'paired', command: ['node', 'echo.js'] } } } },
  )
  expect((await ran('pair')).run).toMatchObject({ verdict: 'succeeded', exitCode: 0 })
})

test('a run whose process died is found again, and its task is started once', async () => {
  const requestId = newId('req')
  const id = await begun('long', {}, aoi, requestId)
  expect(await begun('long', {}, aoi, requestId)).toBe(id)
  const first = new AbortController()
  const dies = advanceRun(stage.engine, id, first.signal).catch(() => {})
  for await (const { run } of watchRun(stage.engine, { product: 'shop', id, seen: [], follow: true, signal: never }))
    if (run.tasks.length > 0) break
  first.abort(new Error('killed'))
  await dies
  // As if it had died before it could say what ECS answered.
  await stage.engine.database.query(`update deploy_task_runs set state = 'approved', tasks = '[]' where id = $1`, [id])
  const driven = advanceRun(stage.engine, id, never)
  await stopRun(stage.engine, { actor: aoi }, { ...place, id })
  await driven
  const found = (await findRun(stage.engine.database, id)) as TaskRun
  expect(found).toMatchObject({ verdict: 'stopped', epoch: 2 })
  expect(found.tasks).toHaveLength(1)
  const started = [...stage.sandbox.cloud.table<{ startedBy?: string }>('ecs.tasks').values()]
  expect(started.filter(({ startedBy }) => startedBy?.includes(id))).toHaveLength(1)
  expect(await claimRun(stage.engine.database, id)).toBeUndefined()
})

test('an earlier release runs with its own image where somebody asks for it', async () => {
  const [newest] = await listRuns(stage.engine.database, { product: 'shop', task: 'echo', limit: 1 })
  const of = newest as TaskRun
  const { run } = await ran('echo', { release: of.releaseId })
  expect(run).toMatchObject({ verdict: 'succeeded', releaseId: of.releaseId, definition: of.definition })
})

test('a release that never came here is registered for the run, with its tag', async () => {
  const [known] = await listRuns(stage.engine.database, { product: 'shop', task: 'echo', limit: 1 })
  const commit = 'c0ffee'.padEnd(40, '0')
  await stage.engine.database.query(
    `insert into deploy_releases (id, product, commit, inputs, repository, ref, manifest, definitions, images, created_at, created_by)
     select 'rel_never', product, $2, inputs, repository, ref, manifest, definitions, images, created_at, created_by
     from deploy_releases where id = $1`,
    [known?.releaseId, commit],
  )
  const { run } = await ran('echo', { release: 'c0ffee00' })
  expect(run).toMatchObject({ verdict: 'succeeded', releaseId: 'rel_never', exitCode: 0 })
  const { tags } = await stage.ecs.describeTaskDefinition({ taskDefinition: run.definition, include: ['TAGS'] })
  expect(tags).toContainEqual({ key: 'kiban:run', value: run.id })
  expect(run.definition).not.toBe(known?.definition)
})

test('what cannot be run is said before anything is kept', async () => {
  await expect(begun('ecco')).rejects.toMatchObject({ code: 'task.unknown', hint: { en: expect.stringContaining('echo') } })
  await expect(begun('echo', { environment: 'nowhere' })).rejects.toMatchObject({ code: 'release.nothing-runs' })
  await expect(begun('echo', { release: 'rel_none' })).rejects.toMatchObject({ code: 'release.unknown' })
})

test('a follower that comes back is told the lines that it has not seen', async () => {
  const { run } = await ran('echo')
  expect(await logOf(run.id, [1])).toEqual(['COLOUR red'])
})

test('protected places, approvals and freezes hold for tasks as for deployments', async () => {
  const { database } = stage.engine
  const guarded = { protected: true, approvals: 1 }
  await stage.deploy(
    { kept: { image: { files: { 'main.js': stays, 'echo.js': program } } } },
    { manifest: { tasks: { guarded: { service: 'kept', command: ['node', 'echo.js'] } } } },
  )
  await database.query(
    `update deploy_releases set manifest = jsonb_set(manifest, '{environments,staging}', $1) where manifest->'services' ? 'kept'`,
    [JSON.stringify(guarded)],
  )
  await expect(begun('guarded')).rejects.toMatchObject({ code: 'approval.required' })
  const haru = person('developer', 'http', 'haru')
  const id = await begun('guarded', {}, haru)
  const driven = advanceRun(stage.engine, id, never)
  const asked = async (): Promise<string> => {
    const [row] = await database.query<{ id: string }>('select id from approvals_requests where subject = $1', [
      runSubject({ id }),
    ])
    return row?.id ?? new Promise((resolve) => setTimeout(() => resolve(asked()), 20))
  }
  const approval = await asked()
  expect((await findRun(database, id))?.tasks).toEqual([])
  await database.transaction((tx) =>
    vote(tx, person('manager', 'http', 'rin'), { id: approval, agrees: true, reason: undefined }, Date.now()),
  )
  await driven
  expect(await findRun(database, id)).toMatchObject({ verdict: 'succeeded', createdBy: 'haru' })

  await database.transaction((tx) =>
    startFreeze(tx, aoi, { ...place, fromAt: Date.now() - 1, untilAt: undefined, reason: 'sale' }, Date.now()),
  )
  await expect(begun('echo')).rejects.toMatchObject({ code: 'freeze.active' })
  const broken = await begun('echo', { breakGlass: true, reason: 'orders are stuck' })
  expect(await typesOf({ id: broken })).toEqual(['task.queued', 'freeze.broken'])
  await database.query('update approvals_freezes set ended_at = now()')
})

test('a viewer runs nothing, and another product’s run is unknown', async () => {
  const context = { actor: person('viewer'), signal: never, requestId: 'req_v', environment: undefined }
  const tried = run.stream('task.run', { product: 'shop', env: 'staging', task: 'echo' }, context) as AsyncGenerator<TaskRunItem>
  await expect(tried.next()).rejects.toMatchObject({ code: 'permission.denied' })
  const [any] = await listRuns(stage.engine.database, { product: 'shop', task: 'pair', limit: 1 })
  await expect(logOf(any?.id ?? '').then(() => 'seen')).resolves.toBe('seen')
  const other = watchRun(stage.engine, { product: 'other', id: any?.id ?? '', seen: [], follow: true, signal: never })
  await expect(other.next()).rejects.toMatchObject({ code: 'task-run.unknown' })
})
