import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRepository } from '../../examples/bookshop/repository.ts'
import { makeCloud } from './shop.ts'
import { type Command, type Terminal, terminalIn } from './terminal.ts'

let folder: string
let terminal: Terminal
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-sandbox-state-'))
  terminal = terminalIn(folder, { HOME: folder, LANG: 'C.UTF-8' })
})
afterAll(async () => {
  await terminal.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function started(port: string): Promise<{ sandbox: Command; env: Record<string, string> }> {
  const sandbox = terminal.start('sandbox', '--port', port, '--state', join(folder, 'state'), '--speed', '10')
  await sandbox.says('KIBAN_BUILDER')
  const lines = sandbox
    .output()
    .split('\n')
    .filter((line) => /^[A-Z_]+=/.test(line))
  return { sandbox, env: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2))) }
}

/** Where the system shows the environment of processes. */
const isLinux = process.platform === 'linux'

/** Processes of a sandbox's tasks, told by the addresses in their environment. */
async function tasksOf(endpointMark: string): Promise<number> {
  const pids = isLinux ? (await readdir('/proc')).filter((name) => /^\d+$/.test(name)) : []
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
  return environments.filter(
    (environment) => environment.includes('ECS_CONTAINER_METADATA_URI') && environment.includes(endpointMark),
  ).length
}

test('a sandbox that is killed leaves no task, and comes back with its services', async () => {
  const repository = join(folder, 'bookshop')
  await mkdir(repository)
  createRepository(repository)
  const first = await started('0')
  const shop = { ...first.env, HOME: folder, KIBAN_DATA: join(folder, 'data'), LANG: 'C.UTF-8' }
  const url = await makeCloud('staging', join(folder, 'books'), shop)
  const deployed = await terminalIn(repository, shop).run('deploy', '--env', 'staging', '--yes')
  expect(deployed.code, deployed.stderr + deployed.stdout).toBe(0)
  expect((await fetch(url)).status).toBe(200)

  const mark = first.env.AWS_ENDPOINT_URL ?? ''
  if (isLinux) expect(await tasksOf(mark)).toBe(5)
  first.sandbox.process.kill('SIGKILL')
  await first.sandbox.ended
  await expect.poll(() => tasksOf(mark), { timeout: 20_000 }).toBe(0)

  const second = await started(new URL(mark).port)
  expect(second.env).toEqual(first.env)
  await expect.poll(async () => (await fetch(url).catch(() => ({ status: 0 }))).status, { timeout: 30_000 }).toBe(200)
  // What was deployed is what runs.
  const [plan] = await terminalIn(repository, shop).json('plan', '--env', 'staging')
  expect(plan.services.map(({ action }: { action: string }) => action)).toEqual(['unchanged', 'unchanged', 'unchanged'])
  second.sandbox.process.kill('SIGTERM')
  expect((await second.sandbox.ended).code).toBe(0)
  expect(await tasksOf(mark)).toBe(0)
})
