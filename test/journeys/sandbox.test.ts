import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callerIdentity } from '../../src/aws/identity.ts'
import { awsSession } from '../../src/aws/session.ts'
import { type Terminal, terminalIn } from './terminal.ts'

let folder: string
let terminal: Terminal
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-sandbox-command-'))
  terminal = terminalIn(folder, { HOME: folder, LANG: 'C.UTF-8' })
})
afterAll(async () => {
  await terminal.close()
  await rm(folder, { recursive: true, force: true })
})

const variables = (stdout: string): Record<string, string> =>
  Object.fromEntries(stdout.split('\n').flatMap((line) => (line.includes('=') ? [line.split(/=(.*)/s, 2)] : [])))

test('prints the variables, ready to export, once it answers; ends in order when asked', async () => {
  const sandbox = terminal.start(
    'sandbox',
    '--port',
    '0',
    '--region',
    'ap-northeast-3',
    '--account',
    '999999999999',
    '--speed',
    '4',
  )
  await sandbox.says('KIBAN_BUILDER')
  const [line] = sandbox.output().split('\n')
  expect(line).toMatch(/^AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/)
  const caller = variables(sandbox.output())
  const session = awsSession(undefined, caller)
  expect(await callerIdentity(session)).toMatchObject({ account: '999999999999' })
  session.close()
  // Whoever exports the lines as they are gets what the SDK needs.
  const exported = await promisify(execFile)('sh', [
    '-c',
    `export ${Object.entries(caller)
      .map(([name, value]) => `${name}='${value}'`)
      .join(' ')}; env`,
  ])
  expect(variables(exported.stdout)).toMatchObject(caller)
  sandbox.process.kill('SIGINT')
  const { code, stdout, stderr } = await sandbox.ended
  expect(code).toBe(0)
  expect(stdout.replaceAll(/=.+/g, '=…')).toBe(
    'AWS_ENDPOINT_URL=…\nAWS_REGION=…\nAWS_ACCESS_KEY_ID=…\nAWS_SECRET_ACCESS_KEY=…\nKIBAN_BUILDER=…\n',
  )
  expect(stderr).toContain('×4')
})

test('with --json prints one document', async () => {
  const sandbox = terminal.start('sandbox', '--port', '0', '--json')
  await sandbox.says('}')
  sandbox.process.kill('SIGTERM')
  const { code, stdout, stderr } = await sandbox.ended
  expect(code).toBe(0)
  expect(stderr).toBe('')
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({ region: 'ap-northeast-1', account: '123456789012', speed: 1 })
  expect(document.env).toMatchObject({
    AWS_ENDPOINT_URL: document.endpoint,
    AWS_REGION: 'ap-northeast-1',
    KIBAN_BUILDER: 'process',
  })
})

test("runs a command with the variables set, and nothing of the reader's own AWS settings, and ends with its exit code", async () => {
  const own = terminalIn(folder, { HOME: folder, AWS_PROFILE: 'mine', AWS_SESSION_TOKEN: 'mine', KEPT: 'yes' })
  const script = 'env | grep -E "^(AWS_|KIBAN_|KEPT)" | sort; exit 7'
  const { code, stdout } = await own.run('sandbox', '--port', '0', '--', 'sh', '-c', script)
  expect(code).toBe(7)
  expect(Object.keys(variables(stdout))).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'KEPT',
    'KIBAN_BUILDER',
  ])
  expect((await own.run('sandbox', '--port', '0', '--', 'sh', '-c', 'kill -9 $$')).code).toBe(137)
  const missing = await own.run('sandbox', '--port', '0', '--', 'no-such-command')
  expect(missing).toMatchObject({ code: 127, stderr: 'no-such-command: no such command\n' })
})

test('a command that is asked to end is waited for', async () => {
  const script = 'trap "echo ended in order; exit 3" TERM; echo ready; while :; do sleep 0.05; done'
  const running = terminal.start('sandbox', '--port', '0', '--', 'sh', '-c', script)
  await running.says('ready')
  running.process.kill('SIGTERM')
  expect(await running.ended).toMatchObject({ code: 3, stdout: 'ready\nended in order\n' })
})

test('faults come as JSON or in a file', async () => {
  const rules = { 'sts:GetCallerIdentity': { failure: { code: 'InternalFailure', status: 500 } } }
  await writeFile(join(folder, 'faults.json'), JSON.stringify(rules))
  for (const given of [JSON.stringify(rules), 'faults.json']) {
    const sandbox = terminal.start('sandbox', '--port', '0', '--faults', given)
    await sandbox.says('KIBAN_BUILDER')
    const session = awsSession(undefined, { ...variables(sandbox.output()), AWS_MAX_ATTEMPTS: '1' })
    await expect(callerIdentity(session, AbortSignal.timeout(2_000))).rejects.toThrow()
    session.close()
    sandbox.process.kill('SIGTERM')
    expect((await sandbox.ended).code).toBe(0)
  }
})

test('what it cannot use is refused with the next step', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  expect(await terminal.run('sandbox', '--port', String(port))).toEqual({
    code: 5,
    stdout: '',
    stderr: `✖ Port ${port} is already in use\n  Do  Choose another port, or 0 for any free one\n`,
  })
  taken.close()
  expect(await terminal.run('sandbox', '--port', '0', '--host', '0.0.0.0')).toMatchObject({ code: 2, stdout: '' })
  expect(await terminal.run('sandbox', '--port', '0', '--account', '12')).toMatchObject({ code: 2, stdout: '' })
  expect(await terminal.run('sandbox', '--port', '0', '--speed', '0')).toMatchObject({ code: 2, stdout: '' })
  expect(await terminal.run('sandbox', '--port', '0', '--faults', '{"nonsense": 1}')).toMatchObject({ code: 2, stdout: '' })
  expect(await terminal.run('sandbox', '--port', '70000', '--lang', 'ja')).toMatchObject({
    code: 2,
    stderr: '✖ --port には 0 から 65535 までの整数を指定してください\n  対処  kiban sandbox --help\n',
  })
})

test('with --log what it has to say goes to a file, and what its command says stays alone', async () => {
  const log = join(folder, 'sandbox.log')
  const call = `import('${import.meta.resolve('@aws-sdk/client-ecs')}').then(async ({ ECS }) => {
    await new ECS({}).listAttributes({ targetType: 'container-instance' }).catch((error) => console.log(error.name))
  })`
  const { code, stdout, stderr } = await terminal.run('sandbox', '--port', '0', '--log', log, '--', process.execPath, '-e', call)
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'NotImplemented\n', stderr: '' })
  expect(await readFile(log, 'utf8')).toBe('ecs:ListAttributes was called, but the sandbox does not simulate it\n')
  expect(await terminal.run('sandbox', '--port', '0', '--log', join(folder, 'no', 'such.log'), '--', 'true')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be written'),
  })
})
