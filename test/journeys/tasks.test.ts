// Running tasks as a person does: the program's output and exit code, Ctrl-C, and a process that dies.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShop, type Shop } from './shop.ts'
import type { Command, Terminal } from './terminal.ts'

let shop: Shop
let terminal: Terminal
beforeAll(async () => {
  shop = await openShop(['staging'])
  terminal = shop.terminal()
  expect(await terminal.run('deploy', 'api', '--env', 'staging', '--yes')).toMatchObject({ code: 0 })
})
afterAll(() => shop.close())

const run = (...argv: string[]) => terminal.run('task', 'run', '--env', 'staging', '--yes', ...argv)
const STAYS = ['--', 'node', '-e', 'console.log("begun"); setInterval(() => {}, 1000)']
const begun = async (): Promise<Command> => {
  const command = terminal.start('task', 'run', 'report', '--env', 'staging', '--yes', ...STAYS)
  await command.says('begun')
  return command
}
const plain = (text: string) => text.replaceAll(/run_[0-9a-z]{20}/g, 'RUN').replaceAll(/ +\d+(\.\d+s|s|m\d\ds)/g, '  TOOK')

test('a task prints what its program writes, and ends with its exit code', async () => {
  const { code, stdout, stderr } = await run('report')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [log = '', end] = plain(stdout).trim().split('\n')
  expect(JSON.parse(log)).toMatchObject({ level: 'info', message: 'sales of the last day' })
  expect(end).toBe('✔ report succeeded, exit code 0  TOOK  RUN')
  const failed = await run('report', '--', 'node', '-e', 'console.log(process.argv[1]); process.exit(3)', 'two "quoted" words')
  expect(failed.code).toBe(3)
  expect(failed.stdout).toContain('two "quoted" words\n')
  expect(await terminal.json('task', 'list', '--env', 'staging')).toMatchObject([
    { tasks: [{ task: 'migrate' }, { task: 'report', last: { verdict: 'failed', exitCode: 3 } }] },
  ])
})

test('errors of kiban’s own end with 125, as no program of theirs does', async () => {
  const unknown = await run('reprot')
  expect(unknown).toMatchObject({ code: 125, stdout: '' })
  expect(unknown.stderr).toContain('There are: migrate, report')
  expect(await run('report', '--', 'no-such-program')).toMatchObject({ code: 125 })
})

test('Ctrl-C stops the task and tells its end', async () => {
  const command = await begun()
  command.process.kill('SIGINT')
  const { stdout, stderr } = await command.ended
  expect(stderr).toBe('Stopping report; press Ctrl-C again to leave it\n')
  expect(plain(stdout)).toMatch(/report stopped.* {2}TOOK {2}RUN\n$/)
  expect(await terminal.json('task', 'runs', '--env', 'staging', '--limit', '1')).toMatchObject([
    { runs: [{ verdict: 'stopped', cancel: { by: 'aoi' }, tasks: [{ stoppedReason: 'kiban: stopped by aoi' }] }] },
  ])
})

test('the second Ctrl-C leaves it, says so, and the next command tells how it ended', async () => {
  const command = terminal.start(
    ...['task', 'run', 'report', '--env', 'staging', '--yes', '--', 'node', '-e'],
    'process.on("SIGTERM", () => setTimeout(process.exit, 10_000)); console.log("begun"); setInterval(() => {}, 1000)',
  )
  await command.says('begun')
  command.process.kill('SIGINT')
  await command.says('press Ctrl-C again')
  command.process.kill('SIGINT')
  const { code, stderr } = await command.ended
  expect(code).toBe(130)
  const [, id = ''] = /kiban task show (run_\w+)/.exec(stderr) ?? []
  expect(stderr).toContain(`${id} goes on in ECS`)
  const shown = await terminal.run('task', 'show', id)
  expect(shown.stderr).toBe(`Going on with ${id}, which an earlier kiban left\n`)
  expect(plain(shown.stdout)).toContain('report stopped')
})

test('a run whose kiban was killed is finished by the next one, and was started once', async () => {
  const command = await begun()
  command.process.kill('SIGKILL')
  await command.ended
  const [{ runs }] = await terminal.json('task', 'runs', '--env', 'staging', '--limit', '1')
  expect(runs).toMatchObject([{ state: 'running', tasks: [{ status: 'RUNNING' }] }])
  const [{ id }] = runs
  await terminal.run('task', 'stop', '--env', 'staging', '--yes', id)
  const [last] = (await terminal.json('task', 'show', id)).slice(-1)
  expect(last).toMatchObject({ run: { verdict: 'stopped' } })
  const started = [...shop.sandbox.cloud.table<{ startedBy?: string }>('ecs.tasks').values()]
  expect(started.filter(({ startedBy }) => startedBy?.includes(id))).toHaveLength(1)
  const [{ events }] = await terminal.json('timeline', 'list', '--type', 'task', '--limit', '4')
  expect(events.map(({ type }: { type: string }) => type).sort()).toEqual(
    ['task.continued', 'task.ended', 'task.continued', 'task.stop-asked'].sort(),
  )
})
