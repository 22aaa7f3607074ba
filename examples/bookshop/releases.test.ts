// Each release does by itself what its patch announces; what a deployment makes of it is the demo's to show.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { causeClasses } from '../../src/core/messages/causes.ts'
import { forEnvironment } from '../../src/manifest/environment.ts'
import { readManifest } from '../../src/manifest/load.ts'
import { listening, type Program, start, until } from './processes-for-tests.ts'
import { commitRelease, createRepository, releases, revertRelease } from './repository.ts'

let folder: string
let repository: string
let programs: Program[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bookshop-release-'))
  repository = join(folder, 'repository')
  createRepository(repository)
  programs = []
})

afterEach(async () => {
  for (const program of programs) program.process.kill('SIGKILL')
  await Promise.all(programs.map((program) => program.exit))
  rmSync(folder, { recursive: true, force: true })
})

async function run(file: string, extra: Record<string, string> = {}): Promise<Program> {
  const env = { DATABASE_URL: pathToFileURL(join(folder, 'shop.sqlite')).href, ...extra }
  const program = await start(repository, file, env)
  programs.push(program)
  return program
}

async function migrated(): Promise<void> {
  expect(await (await run('store/migrate.ts')).exit).toBe(0)
}

const status = async (program: Program, path = '/healthz') => (await fetch(program.url + path)).status

const manifest = () => forEnvironment(readManifest(readFileSync(join(repository, 'kiban.yml'), 'utf8')).manifest, 'staging')

const all = releases()

test('every release tells what is to happen', () => {
  for (const release of all) {
    expect(release).toEqual({
      name: expect.stringMatching(/^\d\d-[a-z0-9-]+$/),
      title: expect.stringMatching(/^[A-Z].{10,}/),
      expect: expect.stringMatching(/^(succeeded|rolled-back|failed|timed-out|refused)$/),
      cause: expect.toSatisfy((cause) => [...causeClasses, 'none'].includes(cause)),
      happens: expect.stringMatching(/\.$/),
    })
  }
  expect(all.length).toBeGreaterThanOrEqual(12)
})

test.each(all.filter(({ name }) => name !== '02-prices'))(
  '$name goes on the first release and on the second, and can be taken back',
  ({ name }) => {
    const bad = commitRelease(repository, name)
    expect(() => manifest()).not.toThrow()
    expect(revertRelease(repository)).not.toBe(bad)
    commitRelease(repository, '02-prices')
    commitRelease(repository, name)
    expect(() => manifest()).not.toThrow()
  },
)

test('02-prices migrates a shop that is open: the old programs go on, the new ones show the sale', async () => {
  await migrated()
  const old = await listening(await run('api/server.ts'))
  commitRelease(repository, '02-prices')
  await migrated()
  expect(await status(old, '/api/books')).toBe(200)
  const api = await listening(await run('api/server.ts'))
  const web = await listening(await run('web/server.ts', { API_URL: api.url }))
  const shelf = await (await fetch(web.url)).text()
  expect(shelf).toContain('<s>¥1,540</s> <b>¥1,232</b>')
  expect(shelf).toContain('release 2')
  const form = new URLSearchParams({ token: 'token-0001', book: '2', quantity: '2' })
  await fetch(`${web.url}/orders`, { method: 'POST', body: form })
  expect(await (await fetch(`${api.url}/api/orders/1`)).json()).toMatchObject({ total: 2464 })
})

describe('a release that goes wrong', () => {
  test('03-crash ends with 1 and a stack', async () => {
    await migrated()
    commitRelease(repository, '03-crash')
    const api = await run('api/server.ts')
    expect(await api.exit).toBe(1)
    expect(api.output()).toMatch(
      /TypeError: Cannot read properties of undefined \(reading 'symbol'\)\n\s+at .*api\/server\.ts:\d+/,
    )
  })

  test('04-health-404 answers 404 to the health check and works otherwise', async () => {
    await migrated()
    commitRelease(repository, '04-health-404')
    const api = await listening(await run('api/server.ts'))
    expect([await status(api), await status(api, '/api/books')]).toEqual([404, 200])
  })

  test('05-wrong-port does not listen where it is told to', async () => {
    await migrated()
    commitRelease(repository, '05-wrong-port')
    const web = await run('web/server.ts', { API_URL: 'http://127.0.0.1:1' })
    await listening(web)
    expect(web.logged('listening')).toEqual([expect.objectContaining({ port: Number(new URL(web.url).port) + 1 })])
    await expect(fetch(web.url)).rejects.toThrow()
  })

  test('06-missing-secret asks for a parameter that nobody made', () => {
    commitRelease(repository, '06-missing-secret')
    expect(manifest().services.web?.secrets.PAYMENT_KEY).toBe('/bookshop/staging/applications/payment-key')
  })

  test('07-oom grows beyond the memory of its task', async () => {
    await migrated()
    const limitMb = manifest().services.api?.size.memory ?? 0
    commitRelease(repository, '07-oom')
    const api = await run('api/server.ts')
    const residentMb = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${api.process.pid}/status`, 'utf8'))?.[1]) / 1024
    await until(() => residentMb() > limitMb, api.output)
  })

  test('08-slow-start does not listen for a long time', async () => {
    await migrated()
    commitRelease(repository, '08-slow-start')
    const api = await run('api/server.ts')
    await wait(2_000)
    expect([api.output(), api.process.exitCode]).toEqual(['', null])
    await expect(fetch(api.url)).rejects.toThrow()
  })

  test('09-exits-zero ends well when it should go on', async () => {
    await migrated()
    commitRelease(repository, '09-exits-zero')
    expect(await (await run('worker/worker.ts')).exit).toBe(0)
  })

  test('10-migration-fails ends with 1 and leaves the database as it was', async () => {
    await migrated()
    commitRelease(repository, '10-migration-fails')
    const migration = await run('store/migrate.ts')
    expect(await migration.exit).toBe(1)
    expect(migration.logged('migration failed')).toEqual([expect.objectContaining({ error: 'no such column: isbn' })])
    revertRelease(repository)
    await migrated()
    expect(await status(await listening(await run('api/server.ts')))).toBe(200)
  })

  test('11-image-missing names an image instead of a build', () => {
    commitRelease(repository, '11-image-missing')
    expect(manifest().services.web).toMatchObject({ build: undefined, image: expect.stringMatching(/\/bookshop\/web:v9$/) })
  })

  test('12-flapping passes its first health check and no other', async () => {
    await migrated()
    commitRelease(repository, '12-flapping')
    const api = await listening(await run('api/server.ts'))
    const seen: number[] = []
    for (let check = 0; check < 4; check++) seen.push(await status(api))
    expect([...seen, await status(api, '/api/books')]).toEqual([200, 500, 500, 500, 200])
  })

  test('13-ignores-sigterm goes on after SIGTERM', async () => {
    await migrated()
    commitRelease(repository, '13-ignores-sigterm')
    const worker = await run('worker/worker.ts')
    await until(() => worker.logged('waiting for orders').length > 0, worker.output)
    worker.process.kill('SIGTERM')
    await until(() => worker.logged('not now').length > 0, worker.output)
    expect(worker.process.exitCode).toBeNull()
  })

  test('14-graviton asks for arm64', () => {
    commitRelease(repository, '14-graviton')
    expect(manifest().services.web?.architecture).toBe('arm64')
  })

  test('16 and 17 name a role and a log group that nobody made', () => {
    commitRelease(repository, '16-role-missing')
    expect(manifest().services.web?.names.taskRole).toBe('bookshop-web')
    revertRelease(repository)
    commitRelease(repository, '17-log-group-missing')
    expect(manifest().services.web?.names.logGroup).toBe('/bookshop/web')
  })

  test('18-health-500 answers 500 to the health check and works otherwise', async () => {
    await migrated()
    commitRelease(repository, '18-health-500')
    const api = await listening(await run('api/server.ts'))
    expect([await status(api), await status(api, '/api/books')]).toEqual([500, 200])
    expect(api.logged('request failed')).toEqual([expect.objectContaining({ error: 'no such table: bestsellers' })])
  })

  test.each([
    ['15-command-not-found', 'web/Dockerfile', 'web/sever.ts'],
    ['19-build-fails', 'web/Dockerfile', 'web/theme.ts'],
  ])('%s names a file that is not there', async (name, dockerfile, missing) => {
    commitRelease(repository, name)
    expect(readFileSync(join(repository, dockerfile), 'utf8')).toContain(missing)
    const program = await run(missing)
    expect(await program.exit).toBe(1)
    expect(program.output()).toContain(`Cannot find module`)
  })
})
