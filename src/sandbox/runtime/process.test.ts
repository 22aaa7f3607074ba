import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scaledClock } from '../../core/clock.ts'
import type { TaskRuntime } from '../ecs/runtime.ts'
import { processRuntime } from './process.ts'
import { type Bench, bench, container, run, taskPlan, WEB } from './runtime-for-tests.ts'

let shop: Bench
let runtime: TaskRuntime
beforeEach(() => {
  shop = bench()
  runtime = processRuntime(shop.cloud, { healthGraceMs: 0, portGraceMs: 500, sampleMs: 200 })
})
afterEach(() => shop.cloud.close())

const node = (text: string, more = {}) =>
  shop.image('app', { 'app/main.js': text }, { WorkingDir: '/app', Cmd: ['node', 'main.js'], ...more })
const portMappings = [{ containerPort: 3000 }]

describe('a container with a restart policy', () => {
  // Each start writes down its port; the first goes on for more than a minute of simulated time, what the others do is `then`.
  const program = (then: string) => `#!/bin/sh
    echo $PORT >> starts
    echo $(cat starts)
    if [ $(wc -l < starts) = 1 ]; then sleep 1.6; exit 3; fi
    ${then}`
  const FACTOR = 40
  type Policy = { enabled: boolean; ignoredExitCodes?: number[]; restartAttemptPeriod?: number }
  const started = async (restartPolicy: Policy, then = 'exit 3') => {
    await shop.cloud.close()
    shop = bench({ clock: scaledClock(FACTOR) })
    runtime = processRuntime(shop.cloud)
    await shop.image('app', { 'run.sh': program(then) }, { Cmd: ['/run.sh'] })
    return run(runtime, taskPlan([container({ portMappings, restartPolicy })]))
  }

  test('is started again where it was, with its port and its files, and not when it ended too early', async () => {
    const task = await started({ enabled: true, restartAttemptPeriod: 60 })
    await task.until('ended')
    expect(task.reports.slice(2)).toEqual(['started app', 'running', 'started app', 'stopped app 3', 'ended'])
    const [port] = task.ports
    expect(shop.lines('app', task.taskId)).toEqual([`${port?.hostPort}`, `${port?.hostPort} ${port?.hostPort}`])
  })

  test('finds in its metadata how often that was', async () => {
    const read = `node -e 'fetch(process.env.ECS_CONTAINER_METADATA_URI_V4).then((answer) => answer.json()).then(console.log)'`
    const task = await started({ enabled: true, restartAttemptPeriod: 60 }, `${read}\nwhile :; do sleep 1; done`)
    await until(() => shop.lines('app', task.taskId).some((line) => /RestartCount: 1/.test(line)))
    task.task.stop()
    await task.until('ended')
  })

  test('ends its task by an exit code that is ignored, before its period, and where it is not enabled', async () => {
    const policies: Policy[] = [
      { enabled: true, restartAttemptPeriod: 60, ignoredExitCodes: [1, 3] },
      { enabled: true },
      { enabled: false, restartAttemptPeriod: 60 },
    ]
    for (const policy of policies) {
      const task = await started(policy)
      await task.until('ended')
      expect([policy, ...task.reports.slice(2)]).toEqual([policy, 'started app', 'running', 'stopped app 3', 'ended'])
    }
  })
})

describe('a task', () => {
  test('starts, serves on the port it was given, and ends on SIGTERM', async () => {
    await node(WEB)
    const task = run(runtime, taskPlan([container({ portMappings })]))
    expect(task.reports).toEqual([])
    await task.until('running')
    const [port] = task.ports
    expect(port).toMatchObject({ containerPort: 3000, host: '127.0.0.1' })
    await until(() => existsLine(task.taskId, 'app', 'listening'))
    const env = await answer(`http://127.0.0.1:${port?.hostPort}/`)
    expect([env.PORT, existsSync(env.HOME ?? '')]).toEqual([String(port?.hostPort), true])
    task.task.stop()
    await task.until('ended')
    expect(task.reports).toEqual(['pulling', 'pulled app', 'started app', 'running', 'stopped app 0', 'ended'])
    expect(shop.lines('app', task.taskId)).toEqual(['listening', 'bye'])
    await until(() => !existsSync(env.HOME ?? ''))
    expect(readdirSync(join(shop.cloud.folder, 'runtime/groups'))).toEqual([])
  })

  test('has an environment made from nothing', async () => {
    await node('console.log(JSON.stringify(process.env))', {
      Env: ['PATH=/usr/bin:/app/bin', 'FROM_IMAGE=1', 'LEVEL=image', 'a.dotted=name'],
    })
    process.env.SANDBOX_KEY = 'must not leak'
    shop.secrets.set('/shop/key', 'hidden')
    const environment = [{ name: 'LEVEL', value: 'definition' }]
    const secrets = [{ name: 'KEY', valueFrom: '/shop/key' }]
    const task = run(runtime, taskPlan([container({ environment, secrets })]))
    await task.until('ended')
    delete process.env.SANDBOX_KEY
    const { PATH, ECS_CONTAINER_METADATA_URI_V4, HOME, ...env } = JSON.parse(shop.lines('app', task.taskId)[0] ?? '{}')
    expect(env).toEqual({
      FROM_IMAGE: '1',
      LEVEL: 'definition',
      KEY: 'hidden',
      'a.dotted': 'name',
      HOSTNAME: 'localhost',
      AWS_REGION: 'ap-northeast-1',
      AWS_DEFAULT_REGION: 'ap-northeast-1',
      AWS_ENDPOINT_URL: shop.cloud.endpoint,
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    })
    expect([ECS_CONTAINER_METADATA_URI_V4, HOME, PATH.split(':')[1]]).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/v4\/0+\d+-\d{10}$/),
      PATH.split(':')[1].slice(0, -'/app/bin'.length),
      expect.stringMatching(new RegExp(`/${task.taskId}/app/app/bin$`)),
    ])
  })

  test('cannot change the image for the next one', async () => {
    await shop.image(
      'app',
      {
        'app/main.js':
          "const fs = require('node:fs'); console.log(fs.readFileSync('note', 'utf8')); fs.writeFileSync('note', 'changed')",
        'app/note': 'fresh',
      },
      { WorkingDir: '/app', Cmd: ['node', 'main.js'] },
    )
    for (let i = 0; i < 2; i++) {
      const task = run(runtime, taskPlan([container()]))
      await task.until('ended')
      expect(shop.lines('app', task.taskId)).toEqual(['fresh'])
    }
  })

  test.each([
    ['an exit code', 'process.exit(42)', 42],
    ['a signal', "process.kill(process.pid, 'SIGSEGV')", 139],
    ['an error', "throw new Error('boom')", 1],
  ])('that ends by %s reports it, and its last words are in the log', async (_way, text, exitCode) => {
    await node(`console.log('last words'); ${text}`)
    const task = run(runtime, taskPlan([container()]))
    await task.until('ended')
    expect([task.exits.app, shop.lines('app', task.taskId)[0]]).toEqual([{ exitCode }, 'last words'])
  })

  test('that ignores its stop signal is killed after its stopTimeout', async () => {
    await node("process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1000)")
    const task = run(runtime, taskPlan([container({ stopTimeout: 1 })]))
    await until(() => existsLine(task.taskId, 'app', 'up'))
    const asked = performance.now()
    task.task.stop()
    await task.until('ended')
    expect(performance.now() - asked).toBeGreaterThan(950)
    expect([task.exits.app, shop.lines('app', task.taskId)]).toEqual([{ exitCode: 137 }, ['up', 'no']])
  })

  test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    "runs as its image's USER when root runs the sandbox",
    async () => {
      const main =
        "const fs = require('node:fs'); console.log(process.getuid(), process.getgid(), fs.readFileSync('main.js').length > 0)"
      await shop.image(
        'app',
        { 'main.js': main, 'etc/passwd': 'shop:x:4711:4712::/:/bin/sh\n' },
        { User: 'shop', Cmd: ['node', 'main.js'] },
      )
      const task = run(runtime, taskPlan([container()]))
      await task.until('ended')
      const isClosed = shop.cloud.notes.length > 0
      expect([shop.lines('app', task.taskId), shop.cloud.notes]).toEqual(
        isClosed ? [['0 0 true'], [expect.stringContaining('lets only its owner in')]] : [['4711 4712 true'], []],
      )
    },
  )

  test('whose USER cannot be had runs as the caller, which is noted once', async () => {
    await node('', { User: 'nobody-here' })
    for (let i = 0; i < 2; i++) await run(runtime, taskPlan([container()])).until('ended')
    expect(shop.cloud.notes).toEqual([
      expect.stringMatching(/^Tasks run as the user who runs the sandbox, not as the image's USER: /),
    ])
  })

  test("gets its image's own stop signal", async () => {
    await node("process.on('SIGQUIT', () => process.exit(7)); console.log('up'); setInterval(() => {}, 1000)", {
      StopSignal: 'SIGQUIT',
    })
    const task = run(runtime, taskPlan([container()]))
    await until(() => existsLine(task.taskId, 'app', 'up'))
    task.task.stop()
    await task.until('ended')
    expect(task.exits.app).toEqual({ exitCode: 7 })
  })

  test('leaves no grandchild behind, not even one in a session of its own', async () => {
    await node(`
      const { spawn } = require('node:child_process')
      const near = spawn('sleep', ['300']), far = spawn('sleep', ['300'], { detached: true })
      console.log(near.pid + ' ' + far.pid); setTimeout(() => process.exit(0), 200)`)
    const task = run(runtime, taskPlan([container()]))
    await task.until('ended')
    const pids = (shop.lines('app', task.taskId)[0] ?? '').split(' ').map(Number)
    expect(pids.length).toBe(2)
    await until(() => !pids.some(isRunning))
  })

  test('over its memory limit is killed as ECS kills it', async () => {
    await node("const kept = []; setInterval(() => kept.push(Buffer.alloc(20 * 1024 * 1024, 1)), 50); console.log('up')")
    const task = run(runtime, taskPlan([container({ memory: 128 })]))
    await task.until('ended')
    expect(task.exits.app).toEqual({ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' })
  })

  test('shows what it uses', async () => {
    await node('for (;;) {}')
    const task = run(runtime, taskPlan([container()]))
    await until(() => (task.task.usage()?.app?.cpu ?? 0) > 100)
    expect(task.task.usage()?.app?.memory).toBeGreaterThan(5)
    task.task.stop()
    await task.until('ended')
    expect(task.task.usage()).toBeUndefined()
  })

  test('that listens elsewhere than on its PORT is told so and stopped', async () => {
    await node("require('node:http').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })")
    const task = run(runtime, taskPlan([container({ portMappings })]))
    await task.until('ended')
    const [listened] = shop.lines('app', task.taskId)
    expect(task.exits.app).toEqual({
      exitCode: 137,
      reason: `The container listens on port ${listened}, but the sandbox gave it port ${task.ports[0]?.hostPort} in PORT for its containerPort 3000. On AWS (awsvpc) every task has its own address; the sandbox's processes share one machine, so listen on PORT`,
    })
  })

  test('that listens on its PORT may listen on others too', async () => {
    await node(`require('node:http').createServer().listen(0, '127.0.0.1'); ${WEB}`)
    const task = run(runtime, taskPlan([container({ portMappings })]))
    await task.until('running')
    await wait(1500)
    expect(task.reports.at(-1)).toBe('running')
    task.task.stop()
    await task.until('ended')
  })

  test('stopped before it has started ends at once', async () => {
    await node(WEB)
    const task = run(runtime, taskPlan([container({ portMappings })]))
    task.task.stop()
    await task.until('ended')
    expect(task.reports).not.toContain('running')
    expect(task.reports.filter((report) => report.startsWith('failed'))).toEqual([])
  })
})

describe('a task that cannot start', () => {
  const failure = async (plan: Parameters<typeof container>[0], task = {}) => {
    const watched = run(runtime, taskPlan([container(plan)], task))
    await watched.until('ended')
    return watched.reports
  }
  beforeEach(() => node(WEB))

  test('for want of its image says so', async () => {
    expect(await failure({ image: 'gone' })).toEqual([
      'pulling',
      'failed: CannotPullContainerError: gone: not found',
      'stopped app -',
      'ended',
    ])
  })

  test('for want of a secret says so', async () => {
    expect(await failure({ secrets: [{ name: 'A', valueFrom: '/shop/none' }] })).toEqual([
      'failed: ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /shop/none',
      'stopped app -',
      'ended',
    ])
  })

  test('for want of its log group says so, unless it may make it', async () => {
    const options = { 'awslogs-group': '/new', 'awslogs-region': 'ap-northeast-1', 'awslogs-stream-prefix': 'app' }
    const reports = await failure({ logConfiguration: { logDriver: 'awslogs', options } })
    expect(reports[2]).toBe(
      'failed: ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
    )
    const made = run(
      runtime,
      taskPlan([
        container({
          logConfiguration: { logDriver: 'awslogs', options: { ...options, 'awslogs-create-group': 'true' } },
          portMappings,
        }),
      ]),
    )
    await made.until('running')
    expect(shop.groups.has('/new')).toBe(true)
    made.task.stop()
    await made.until('ended')
  })

  test('for want of a role that tasks may assume says so', async () => {
    const [reason] = await failure({}, { taskRoleArn: 'arn:aws:iam::123456789012:role/none' })
    expect(reason).toContain("ECS was unable to assume the role 'arn:aws:iam::123456789012:role/none' that was provided")
  })

  test('for want of its program says so', async () => {
    expect((await failure({ entryPoint: ['no-such-program'] })).slice(2)).toEqual([
      expect.stringMatching(/^failed: CannotStartContainerError: .*exec: "no-such-program": executable file not found in \$PATH/),
      'stopped app -',
      'ended',
    ])
  })

  test('because a process cannot have what it asks for says what that is', async () => {
    expect((await failure({ mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] }))[0]).toBe(
      "failed: Container app asks for mountPoints, which the sandbox's process runtime does not have",
    )
  })
})

describe('the containers of a task', () => {
  const script = (text: string) => ({ entryPoint: ['node', '-e', text] })
  beforeEach(() => node(WEB))

  test('start in the order of dependsOn and stop in the reverse order', async () => {
    const up = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"
    const task = run(
      runtime,
      taskPlan([
        container({
          name: 'web',
          ...script(up),
          dependsOn: [
            { containerName: 'proxy', condition: 'START' },
            { containerName: 'init', condition: 'SUCCESS' },
          ],
        }),
        container({ name: 'proxy', ...script(up) }),
        container({ name: 'init', essential: false, ...script('') }),
      ]),
    )
    await task.until('running')
    await wait(300)
    task.task.stop()
    await task.until('ended')
    expect(task.reports.slice(2, 4).sort()).toEqual(['started init', 'started proxy'])
    expect(task.reports.slice(4)).toEqual([
      'stopped init 0',
      'started web',
      'running',
      'stopped web 0',
      'stopped proxy 0',
      'ended',
    ])
  })

  test('wait for a healthy one', async () => {
    const task = run(
      runtime,
      taskPlan([
        container({ name: 'web', essential: true, ...script(''), dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }] }),
        container({
          name: 'db',
          ...script('setInterval(() => {}, 1000)'),
          healthCheck: { command: ['CMD-SHELL', 'exit 0'], interval: 5 },
        }),
      ]),
    )
    await task.until('ended')
    expect(task.reports.slice(2, 6)).toEqual(['started db', 'db is HEALTHY', 'started web', 'running'])
  })

  test('do not start after a dependency that failed or took too long', async () => {
    const failed = run(
      runtime,
      taskPlan([
        container({ name: 'web', dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] }),
        container({ name: 'init', essential: false, ...script('process.exit(3)') }),
      ]),
    )
    await failed.until('ended')
    expect([failed.exits.init, failed.exits.web]).toEqual([
      { exitCode: 3 },
      {
        exitCode: 143,
        reason:
          'dependency graph: failed to resolve container ordering dependency [init] for target [web] as dependency did not exit successfully.',
      },
    ])
    const slow = run(
      runtime,
      taskPlan([
        container({ name: 'web', dependsOn: [{ containerName: 'init', condition: 'COMPLETE' }] }),
        container({ name: 'init', essential: false, startTimeout: 1, stopTimeout: 2, ...script('setInterval(() => {}, 1000)') }),
      ]),
    )
    await slow.until('ended')
    expect(slow.exits.web?.reason).toBe('dependency graph: container ordering dependency [init] for target [web] has timed out.')
  })

  test('log through their router, which starts first and ends last', async () => {
    const router = `
      const { decodeMultiStream } = require(process.argv[1])
      const server = require('node:net').createServer(async (socket) => {
        for await (const [tag, entries] of decodeMultiStream(socket))
          for (const [, record] of entries) console.log(tag.split('-firelens-')[0], record.source, record.log)
      })
      server.listen(process.env.FLUENT_PORT, process.env.FLUENT_HOST)
      process.on('SIGTERM', () => process.exit(0))`
    const msgpack = fileURLToPath(import.meta.resolve('@msgpack/msgpack')).replace('dist.esm/index.mjs', 'dist.cjs/index.cjs')
    const task = run(
      runtime,
      taskPlan([
        container({
          name: 'web',
          ...script("console.log('one'); console.error('two')"),
          logConfiguration: { logDriver: 'awsfirelens' },
        }),
        container({ name: 'router', entryPoint: ['node', '-e', router, msgpack], firelensConfiguration: { type: 'fluentbit' } }),
      ]),
    )
    await task.until('ended')
    expect([shop.lines('router', task.taskId).sort(), task.reports.slice(2, 4), task.reports.slice(-3)]).toEqual([
      ['web stderr two', 'web stdout one'],
      ['started router', 'started web'],
      ['stopped web 0', 'stopped router 0', 'ended'],
    ])
  })

  test('end when an essential one ends, and only then', async () => {
    const task = run(
      runtime,
      taskPlan([
        container({ name: 'web', ...script('setTimeout(() => process.exit(5), 700)') }),
        container({ name: 'side', essential: false, ...script('process.exit(9)') }),
        container({ name: 'log', essential: false, ...script('setInterval(() => {}, 1000)') }),
      ]),
    )
    await task.until('ended')
    expect(task.exits).toEqual({ side: { exitCode: 9 }, web: { exitCode: 5 }, log: { exitCode: 143 } })
  })
})

const answer = async (url: string) => (await fetch(url)).json() as Promise<Record<string, string>>
const existsLine = (taskId: string, name: string, line: string) => shop.lines(name, taskId).includes(line)

function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false
  return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}

async function until(check: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !check(); await wait(50)) {
    if (performance.now() > end) throw new Error('it did not come true')
  }
}
