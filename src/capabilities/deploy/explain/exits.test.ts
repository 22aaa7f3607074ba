// Programs that end by themselves, as processes of the sandbox: each class is reached by a program that does it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Outcome, type ProcessStage, processStage, type TestService, told } from '../../../../test/process-stage.ts'

/** Behind a load balancer, so that ECS counts its end as a failure of the rollout. */
const service = (image: TestService['image'], more: Partial<TestService> = {}): TestService => ({
  image,
  ...more,
  manifest: { port: 8080, health: { path: '/', grace: '60s' }, ...more.manifest },
})
const program = (text: string, more: Partial<TestService> = {}) => service({ files: { 'main.js': text } }, more)

const services: Record<string, TestService> = {
  crash: program(`console.log('{"level":"info","message":"starting"}'); const settings = {}; settings.currency.symbol`),
  zero: program(`console.log('nothing to do')`),
  memory: program(`const kept = []; setInterval(() => kept.push(Buffer.alloc(64 * 1024 * 1024, 1)), 20)`),
  heap: service({
    files: { 'main.js': 'const kept = []; for (;;) kept.push(new Array(1e5).fill({}))' },
    command: ['node', '--max-old-space-size=40', 'main.js'],
  }),
  killed: program(`process.kill(process.pid, 'SIGKILL')`),
  fault: program(`process.kill(process.pid, 'SIGSEGV')`),
  abort: program('process.abort()'),
  gunicorn: service({ command: ['sh', '-c', 'gunicorn app:app'] }),
  script: service({ files: { 'run.sh': { text: 'echo hello', mode: 0o644 } }, command: ['sh', '-c', './run.sh'] }),
  misspelt: service({ command: ['no-such-program'] }),
  machine: service({ files: { server: '\u007fELF for another machine' }, command: ['./server'] }),
  waits: program('setInterval(() => {}, 1000)', {
    manifest: { containers: { waits: { dependsOn: [{ containerName: 'vault', condition: 'SUCCESS' }] } } },
    beside: {
      vault: {
        image: { files: { 'main.js': `console.error('cannot reach the vault'); process.exit(3)` } },
        essential: false,
      },
    },
  }),
}

let stage: ProcessStage
let outcome: Outcome
beforeAll(async () => {
  stage = await processStage()
  outcome = await stage.deploy(services)
})
afterAll(() => stage.close())

test('each program that ends is told by how it ended', () => {
  const first = ' nothing-to-go-back-to'
  expect(told(outcome)).toEqual({
    crash: `failed crash${first}`,
    zero: `failed exits-zero${first}`,
    memory: `failed out-of-memory${first}`,
    heap: `failed heap-exhausted${first}`,
    killed: `failed killed${first}`,
    fault: `failed segfault${first}`,
    abort: `failed signal${first}`,
    gunicorn: `failed command-not-found${first}`,
    script: `failed command-not-executable${first}`,
    misspelt: `failed command-not-found${first}`,
    machine: `failed architecture${first}`,
    waits: `failed dependency-failed${first}`,
  })
})

const main = (name: string) => outcome.rollouts[name]?.causes?.[0]
const evidence = (name: string) => (main(name)?.evidence ?? []).map(({ kind, text }) => `${kind}: ${text}`)

test('a crash is told by the first line of its error, with the stack below', () => {
  const error = "TypeError: Cannot read properties of undefined (reading 'symbol')"
  expect(main('crash')).toMatchObject({
    service: 'crash',
    subject: 'crash',
    count: 1,
    certain: true,
    title: { en: `crash ended with exit code 1: ${error}`, ja: `crash が終了コード 1 で終了しました: ${error}` },
  })
  expect(evidence('crash')).toEqual(
    expect.arrayContaining([
      'stopped-reason: Essential container in task exited',
      'exit-code: 1',
      `log: ${error}`,
      expect.stringMatching(/^log: {5}at .*main\.js:1:/),
    ]),
  )
})

test('a shell is asked by its log which program it did not find', () => {
  expect(main('gunicorn')?.title.en).toBe('gunicorn has no program gunicorn')
  expect(main('script')?.title.en).toBe('script may not run ./run.sh')
  expect(main('misspelt')?.title.en).toBe('misspelt has no program no-such-program')
})

test('what ECS does not say is told as probable only', () => {
  expect(main('killed')).toMatchObject({ certain: false, title: { en: expect.stringContaining('SIGKILL') } })
  expect(main('memory')).toMatchObject({ certain: true, title: { en: expect.stringContaining('512 MiB') } })
  expect(evidence('memory')).toContain('container-reason: OutOfMemoryError: Container killed due to memory usage')
})

test('the container that failed first is blamed, not the one that waited for it', () => {
  expect(main('waits')?.title.en).toBe('waits never started, because vault, on which it depends, failed')
})
