import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { bareCloud } from '../bare-cloud.ts'
import { processRuntime } from './process.ts'
import { processesMarked, processStart } from './process-table.ts'
import { bench, container, run, taskPlan } from './runtime-for-tests.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('a sandbox that is killed with SIGKILL leaves no process within two seconds', async () => {
  const { sandbox, pids } = await sandboxWithTask()
  expect(pids.map(isRunning)).toEqual([true, true, true])
  sandbox.kill('SIGKILL')
  await once(sandbox, 'exit')
  const killed = performance.now()
  while (pids.some(isRunning) && performance.now() - killed < 5_000) await wait(20)
  expect([pids.filter(isRunning), performance.now() - killed < 2_000]).toEqual([[], true])
})

test.skipIf(process.platform !== 'linux')('a sandbox that is killed while its task starts leaves no process', async () => {
  for (const delay of [0, 10, 20, 40, 80]) {
    const { sandbox, id } = await startSandbox()
    await wait(delay)
    sandbox.kill('SIGKILL')
    await once(sandbox, 'exit')
    await wait(1_200)
    expect([delay, processesMarked(`OF_TEST=${id}`)]).toEqual([delay, []])
  }
})

test('a sandbox that is closed in order has ended its tasks, those too that ignore SIGTERM', async () => {
  const { sandbox, pids } = await sandboxWithTask('closing')
  sandbox.kill('SIGTERM')
  expect(await once(sandbox, 'exit')).toEqual([0, null])
  expect(pids.filter(isRunning)).toEqual([])
})

test.skipIf(process.platform !== 'linux')(
  'while a sandbox closes, and after, no task begins and none is told to have ended',
  async () => {
    const shop = bench()
    const id = randomUUID()
    await shop.image('app', { 'run.sh': `#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n` }, { Cmd: ['/run.sh'] })
    const runtime = processRuntime(shop.cloud, { closeMs: 500 })
    const plan = () => taskPlan([container({ environment: [{ name: 'OF_TEST', value: id }] })])
    const deaf = run(runtime, plan())
    await deaf.until('running')
    const told = [...deaf.reports]
    const closing = shop.cloud.close()
    const meanwhile = run(runtime, plan())
    await closing
    const after = run(runtime, plan())
    await wait(500)
    const left = processesMarked(`OF_TEST=${id}`)
    for (const pid of left) process.kill(pid, 'SIGKILL')
    expect([left, meanwhile.reports, after.reports, deaf.reports]).toEqual([[], [], [], told])
  },
)

test('sweeping ends what an earlier sandbox left, and never a process that only has the same id', async () => {
  const cloud = bareCloud()
  const left = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
  const other = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
  const groups = join(cloud.folder, 'runtime/groups')
  mkdirSync(groups, { recursive: true })
  const entry = (child: ChildProcess, start: string | undefined) =>
    writeFileSync(join(groups, String(child.pid)), JSON.stringify({ group: child.pid, start, mark: 'an earlier sandbox’s mark' }))
  entry(left, await processStart(left.pid ?? 0))
  entry(other, 'another boot 1')
  const runtime = processRuntime(cloud)
  const ended = once(left, 'exit')
  await runtime.sweep()
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect([isRunning(other.pid ?? 0), existsSync(join(groups, String(left.pid)))]).toEqual([true, false])
  other.kill('SIGKILL')
  await cloud.close()
})

test('sweeping finds the children of a leader that has ended', async () => {
  const cloud = bareCloud()
  const mark = 'f00dfeed'.repeat(4)
  const leader = spawn('sh', ['-c', 'sleep 300 & echo $!'], { detached: true, env: { PATH: process.env.PATH, MARK: mark } })
  const start = await processStart(leader.pid ?? 0)
  const [line] = await once(createInterface(leader.stdout), 'line')
  await once(leader, 'exit')
  const groups = join(cloud.folder, 'runtime/groups')
  mkdirSync(groups, { recursive: true })
  writeFileSync(join(groups, String(leader.pid)), JSON.stringify({ group: leader.pid, start, mark }))
  expect(isRunning(Number(line))).toBe(true)
  await processRuntime(cloud).sweep()
  await wait(50)
  expect(isRunning(Number(line))).toBe(process.platform !== 'linux')
  await cloud.close()
})

interface Started {
  sandbox: ChildProcess
  /** In the environment of each of its task's processes. */
  id: string
  lines: AsyncIterator<string>
}

async function startSandbox(how = ''): Promise<Started> {
  const id = randomUUID()
  const program = join(import.meta.dirname, 'sandbox-with-task.ts')
  const sandbox = spawn(process.execPath, [program, how, id], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(sandbox.stdout)[Symbol.asyncIterator]()
  const folder: string = (await lines.next()).value ?? ''
  folders.push(folder)
  return { sandbox, id, lines }
}

async function sandboxWithTask(how?: string): Promise<{ sandbox: ChildProcess; pids: number[] }> {
  const { sandbox, lines } = await startSandbox(how)
  const line: string = (await lines.next()).value ?? ''
  return { sandbox, pids: line.split(' ').map(Number) }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !(existsSync('/proc/self/stat') && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
}
