import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KibanError } from '../core/error.ts'
import { joinOrOwn, type Served } from './owner.ts'
import { ownerSocket } from './owner-socket.ts'

let folder: string
const children: { process: ChildProcess; lines: string[] }[] = []
const never = new AbortController().signal

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-owner-'))
})
afterEach(async () => {
  for (const { process } of children.splice(0)) process.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

function startMember(mode = 'call') {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../test/owner-member.ts'), folder, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const member = { process: child, lines: [] as string[] }
  createInterface({ input: child.stdout }).on('line', (line) => member.lines.push(line))
  children.push(member)
  return member
}

const served = (more: Partial<Served> = {}): Served => ({
  call: async (operation, input) => ({ operation, input }),
  async *stream(_operation, _input, { after }) {
    yield* [1, 2, 3].slice(Number(after ?? 0))
  },
  close: async () => {},
  ...more,
})

async function items(from: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of from) all.push(item)
  return all
}

test('the first owns the folder, the second is its client, and both get the same answers', async () => {
  const owner = await joinOrOwn({ folder, environment: {}, serve: async () => served() })
  const client = await joinOrOwn({
    folder,
    environment: {},
    serve: () => Promise.reject(new Error('nobody but the owner serves')),
  })
  expect([owner.role(), client.role()]).toEqual(['owner', 'client'])
  expect(await client.call('release.list', { product: 'bookshop' }, never)).toEqual({
    operation: 'release.list',
    input: { product: 'bookshop' },
  })
  expect(await items(client.stream('deployment.watch', {}, never))).toEqual(
    await items(owner.stream('deployment.watch', {}, never)),
  )
  expect((await stat(await ownerSocket(folder))).mode & 0o777).toBe(0o600)
  await client.close()
  await owner.close()
})

test('an error keeps its kind, code and words on its way to a client', async () => {
  const error = new KibanError(
    'conflict',
    'deploy.changed-elsewhere',
    { en: 'no', ja: 'いいえ' },
    { hint: { en: 'look', ja: '確認' } },
  )
  const owner = await joinOrOwn({ folder, environment: {}, serve: async () => served({ call: () => Promise.reject(error) }) })
  const client = await joinOrOwn({ folder, environment: {}, serve: () => Promise.reject(new Error('not me')) })
  await expect(client.call('x.y', {}, never)).rejects.toMatchObject({
    kind: 'conflict',
    code: 'deploy.changed-elsewhere',
    text: { en: 'no', ja: 'いいえ' },
    hint: { en: 'look', ja: '確認' },
  })
  await client.close()
  await owner.close()
})

test('what a client gives up ends at the owner too', async () => {
  const ended = Promise.withResolvers<void>()
  const endless = served({
    async *stream(_operation, _input, { signal }) {
      signal.addEventListener('abort', () => ended.resolve())
      yield 'first'
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const owner = await joinOrOwn({ folder, environment: {}, serve: async () => endless })
  const client = await joinOrOwn({ folder, environment: {}, serve: () => Promise.reject(new Error('not me')) })
  for await (const item of client.stream('logs.tail', {}, never)) {
    expect(item).toBe('first')
    break
  }
  await ended.promise
  await client.close()
  await owner.close()
})

test('a folder whose path is too long for a socket works too', async () => {
  folder = join(folder, 'x'.repeat(120))
  const owner = await joinOrOwn({ folder, environment: {}, serve: async () => served() })
  const client = await joinOrOwn({ folder, environment: {}, serve: () => Promise.reject(new Error('not me')) })
  expect(client.role()).toBe('client')
  await client.close()
  await owner.close()
})

test('an owner that cannot open its database says why, and leaves the place to the next', async () => {
  await expect(joinOrOwn({ folder, environment: {}, serve: () => Promise.reject(new Error('disk full')) })).rejects.toThrow(
    'disk full',
  )
  const next = await joinOrOwn({ folder, environment: {}, serve: async () => served() })
  expect(next.role()).toBe('owner')
  await next.close()
})

test('a folder that cannot hold the data is refused, with what is wrong and what to do', async () => {
  const serve = async () => served()
  const file = join(folder, 'file')
  await writeFile(file, '')
  const open = join(folder, 'open')
  await mkdir(open)
  await chmod(open, 0o777)
  const refusals = [
    [file, 'data.not-a-folder', `${file} is not a folder`],
    [join(file, 'kiban'), 'data.not-a-folder', `${join(file, 'kiban')} is not a folder`],
    [open, 'data.open-to-all', `Anybody on this machine may write in ${open}: credentials could be read there`],
  ] as const
  for (const [refused, code, en] of refusals) {
    await expect(joinOrOwn({ folder: refused, environment: {}, serve })).rejects.toMatchObject({ code, text: { en } })
  }
})

test('a folder that belongs to somebody else is refused by name', async () => {
  await chmod(folder, 0o755)
  const own = join(folder, 'own')
  await mkdir(own, { mode: 0o500 })
  const said = await asNobody(own)
  expect(said).toBe(`data.not-writable kiban may not write in ${own}, where its data belongs`)
})

test.skipIf(process.getuid?.() !== 0)('the kiban of another user is not spoken to', async () => {
  const shared = join(folder, 'shared')
  await mkdir(shared)
  await chown(shared, NOBODY, NOBODY)
  await chmod(folder, 0o755)
  const theirs = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${joining(shared)}; console.log('owner'); setInterval(() => {}, 1000)`],
    {
      uid: NOBODY,
      gid: NOBODY,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [line] = await once(createInterface({ input: theirs.stdout }), 'line')
  expect(line).toBe('owner')
  await expect(joinOrOwn({ folder: shared, environment: {}, serve: async () => served() })).rejects.toMatchObject({
    code: 'database.of-another-user',
  })
  theirs.kill('SIGKILL')
})

test('a socket and a lock that a killed owner left are nobody’s', async () => {
  const owner = startMember()
  await expect.poll(() => owner.lines, { timeout: 20_000 }).toContain('answered')
  owner.process.kill('SIGKILL')
  await once(owner.process, 'exit')
  expect((await readdir(folder)).sort()).toEqual(expect.arrayContaining(['owner.lock', 'owner.sock']))
  const next = await joinOrOwn({ folder, environment: {}, serve: async () => served() })
  expect(next.role()).toBe('owner')
  await next.close()
})

test('of ten that start at once one owns the folder, and all are answered', async () => {
  const members = Array.from({ length: 10 }, () => startMember())
  await expect.poll(() => members.every(({ lines }) => lines.includes('answered')), { timeout: 60_000 }).toBe(true)
  expect(members.filter(({ lines }) => lines.includes('owner'))).toHaveLength(1)
})

test('an owner that is suspended is told of, and works on when it wakes up', async () => {
  const owner = startMember()
  await expect.poll(() => owner.lines, { timeout: 20_000 }).toContain('answered')
  const client = await joinOrOwn({ folder, environment: {}, serve: async () => served(), patienceMs: 2_000 })
  owner.process.kill('SIGSTOP')
  await expect(client.call('next', {}, never)).rejects.toMatchObject({ kind: 'unavailable', code: 'database.owner-silent' })
  owner.process.kill('SIGCONT')
  expect(await client.call('next', {}, never)).toMatch(`${owner.process.pid}:`)
  await client.close()
})

test('what an owner was asked when it was killed is answered by the next', async () => {
  const owner = startMember()
  await expect.poll(() => owner.lines, { timeout: 20_000 }).toContain('owner')
  const client = await joinOrOwn({ folder, environment: {}, serve: async () => served({ call: async () => 'by the next' }) })
  expect(client.role()).toBe('client')
  const answer = client.call('never', {}, never)
  await expect.poll(() => owner.lines, { timeout: 20_000 }).toContain('asked')
  owner.process.kill('SIGKILL')
  expect(await answer).toBe('by the next')
  await client.close()
})

test('when the owner is killed a client takes over within 5 seconds and its stream goes on where it was', async () => {
  const owner = startMember()
  await expect.poll(() => owner.lines, { timeout: 20_000 }).toContain('answered')
  const streaming = startMember('stream')
  await new Promise((resolve) => setTimeout(resolve, 900))
  expect(streaming.lines).toEqual([])
  owner.process.kill('SIGKILL')
  const killed = performance.now()
  await expect.poll(() => streaming.lines, { timeout: 10_000, interval: 20 }).toContain('owner')
  expect(performance.now() - killed).toBeLessThan(5_000)
  const all = Array.from({ length: 40 }, (_, at) => at + 1).join(',')
  await expect.poll(() => streaming.lines, { timeout: 10_000 }).toContain(`items ${all}`)
})

test('of many processes, killed and started at random, never two own the folder, and all are answered', async () => {
  const PROCESSES = 6
  const KILLS = 12
  for (let started = 0; started < PROCESSES; started++) startMember()
  for (let killed = 0; killed < KILLS; killed++) {
    await expect.poll(() => children.filter(alive).some(({ lines }) => lines.includes('owner')), { timeout: 20_000 }).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150))
    const owner = children.filter(alive).find(({ lines }) => lines.includes('owner'))
    // Sometimes a bystander dies, sometimes an owner goes in good order.
    const victim = killed % 4 === 3 ? children.find(alive) : owner
    victim?.process.kill(killed % 3 === 2 ? 'SIGTERM' : 'SIGKILL')
    startMember()
  }
  const survivors = children.filter(alive)
  const counts = survivors.map(({ lines }) => lines.length)
  await expect
    .poll(() => survivors.every((member, at) => !alive(member) || member.lines.length > (counts[at] ?? 0) + 3), {
      timeout: 30_000,
    })
    .toBe(true)
  expect(children.flatMap(({ lines }) => lines).filter((line) => line.startsWith('two owners'))).toEqual([])
}, 120_000)

const alive = ({ process }: { process: ChildProcess }): boolean => process.exitCode === null && process.signalCode === null

/** Debian's and others' user without rights. */
const NOBODY = 65_534

const joining = (where: string): string => `
  import { joinOrOwn } from ${JSON.stringify(new URL('./owner.ts', import.meta.url).href)}
  await joinOrOwn({ folder: ${JSON.stringify(where)}, environment: {}, serve: async () => ({ close: async () => {} }) })
    .catch((error) => { process.stdout.write(error.code + ' ' + error.message); process.exit(0) })`

/** What somebody without rights is told: root may write everywhere. */
async function asNobody(where: string): Promise<string> {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const child = spawn(process.execPath, ['--input-type=module', '-e', joining(where)], {
    ...identity,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return text(child.stdout)
}
