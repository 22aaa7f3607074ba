import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Measured, meter } from './meter.ts'

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
})

/** A process that keeps about this many MiB. */
async function keeping(mib: number): Promise<number> {
  const program = `const kept = Buffer.alloc(${mib} * 1024 * 1024, 1); console.log(kept.length); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', program], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

const measured = (more: Partial<Measured>): Measured => ({
  task: 'one',
  containerMemory: undefined,
  taskMemory: undefined,
  outOfMemory() {},
  sampled() {},
  ...more,
})

test('over the task’s limit, its largest container goes', async () => {
  const measuring = meter(50)
  const killed: string[] = []
  const watch = (group: number, name: string, task: string) =>
    measuring.watch(group, measured({ task, taskMemory: 200, outOfMemory: () => killed.push(name) }))
  watch(await keeping(150), 'large', 'one')
  watch(await keeping(80), 'small', 'one')
  watch(await keeping(150), 'another task', 'two')
  await wait(300)
  measuring.close()
  expect(new Set(killed)).toEqual(new Set(['large']))
})

test('a group that is watched no more is measured no more', async () => {
  const measuring = meter(50)
  let samples = 0
  const watched = measuring.watch(await keeping(1), measured({ sampled: () => samples++ }))
  await wait(300)
  const memory = watched.usage()?.memory ?? 0
  watched.stop()
  const before = samples
  await wait(200)
  expect([samples - before, before > 1, memory > 5, watched.usage()]).toEqual([0, true, true, undefined])
  measuring.close()
})
