// Programs that run and do not pass their health checks, as processes of the sandbox behind its load balancers.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Outcome,
  type ProcessStage,
  processStage,
  type TestService,
  told,
  untilRollout,
} from '../../../../test/process-stage.ts'
import { newId } from '../../../core/ids.ts'
import { processRuntime } from '../../../sandbox/runtime/process.ts'
import { cancelDeployment } from '../start.ts'

/** Long enough that the load balancer finds a misplaced listener first, as on AWS. */
const PORT_GRACE_MS = 60_000

const serves = (listener: string, more: Partial<TestService> = {}): TestService => ({
  image: {
    files: {
      'main.js': `
        const server = require('node:http').createServer((request, response) => { ${listener} })
        server.listen(process.env.PORT, () => console.log('ready'))`,
    },
  },
  ...more,
  manifest: { port: 8080, health: { path: '/healthz', timeout: '2s', interval: '5s' }, ...more.manifest },
})
const program = (text: string, more: Partial<TestService> = {}): TestService => ({
  ...serves('', more),
  image: { files: { 'main.js': text } },
})

let stage: ProcessStage
let outcome: Outcome
let lowPort: number
beforeAll(async () => {
  stage = await processStage({ tasks: { runtime: (cloud) => processRuntime(cloud, { portGraceMs: PORT_GRACE_MS }) } })
  lowPort = await freeLowPort()
  const closed = await stage.ec2.createSecurityGroup({ GroupName: 'closed', Description: 'lets nobody in' })
  outcome = await stage.deploy({
    moved: serves(`response.writeHead(request.url === '/health' ? 200 : 404).end()`),
    broken: serves(`console.error('Error: no such table: bestsellers'); response.writeHead(500).end()`),
    login: serves(`response.writeHead(302, { location: '/login' }).end()`),
    silent: serves(''),
    // Connections to 127.0.0.1 are refused, as those to a task's own address are when a program listens on localhost.
    loopback: program(`
      const server = require('node:http').createServer((_, response) => response.end())
      server.listen(process.env.PORT, '127.0.0.2', () => console.log('Server listening'))`),
    other: program(`
      const server = require('node:http').createServer((_, response) => response.end())
      server.listen({ port: ${lowPort}, reusePort: true }, () => console.log('Listening on http://0.0.0.0:${lowPort}'))`),
    slow: program('setTimeout(() => {}, 60_000)'),
    walled: serves('response.end()', { manifest: { network: { security_groups: [closed.GroupId] } } }),
    checked: program('setInterval(() => {}, 1000)', {
      manifest: {
        port: undefined,
        health: { command: ['node', '-e', 'process.exit(1)'], interval: '5s', unhealthy: 2, grace: '5s' },
      },
    }),
  })
})
afterAll(() => stage.close())

test('each check that fails is told by what was seen', () => {
  const first = ' nothing-to-go-back-to'
  expect(told(outcome)).toEqual({
    moved: `failed health-404${first}`,
    broken: `failed health-5xx${first}`,
    login: `failed health-code${first}`,
    silent: `failed health-timeout${first}`,
    loopback: `failed connection-refused${first}`,
    other: `failed port-mismatch${first}`,
    slow: `failed slow-start${first}`,
    walled: `failed port-closed${first}`,
    checked: `failed container-health${first}`,
  })
})

const main = (name: string) => outcome.rollouts[name]?.causes?.[0]
const evidence = (name: string) => (main(name)?.evidence ?? []).map(({ kind, text }) => `${kind}: ${text}`)

test('the path, the code, the port and the log line that tell it are named', () => {
  expect(main('moved')?.title.en).toBe('moved answers 404 where the load balancer asks for its health (/healthz)')
  expect(main('broken')?.title.en).toBe('broken answers 500 to its health check (/healthz): Error: no such table: bestsellers')
  expect(main('silent')?.title.en).toBe('silent does not answer its health check (/healthz) within 2 s')
  expect(main('other')?.title.en).toBe(`other listens on port ${lowPort}, and the load balancer sends to port 8080`)
  expect(main('walled')?.title.en).toMatch(/^The security group sg-\w+ lets nobody in at port 8080$/)
  expect(main('checked')?.title.en).toBe('The health check of the container checked failed (node -e process.exit(1))')
  expect(main('slow')?.certain).toBe(false)
  expect(evidence('moved')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^stopped-reason: Task failed ELB health checks in \(target-group arn:/),
      'target-health: Health checks failed with these codes: [404]',
      'log: ready',
    ]),
  )
})

test('tasks that become healthy and fail again are told as flapping, with what they fail of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-flapping-'))
  // One task at a time passes three checks; its place is free again when it has been replaced.
  const flaps = serves(
    `
    const fs = require('node:fs')
    globalThis.answered ??= 0
    try { if (answered === 0) fs.mkdirSync(process.env.TURN) } catch { return response.writeHead(503).end() }
    if (answered === 0) process.once('SIGTERM', () => { fs.rmdirSync(process.env.TURN); process.exit(0) })
    response.writeHead(answered++ > 2 ? 503 : 200).end()`,
    {
      manifest: {
        count: 2,
        // In one zone the oldest goes first.
        network: { subnets: stage.network.subnets.slice(0, 1) },
        health: { path: '/healthz', timeout: '2s', interval: '5s', grace: '1s' },
        env: { TURN: join(folder, 'turn') },
        deploy: { circuit_breaker: { threshold: 50 } },
      },
    },
  )
  try {
    const { rollouts } = await stage.deploy(
      { flaps },
      {
        meanwhile: async (id) => {
          await untilRollout(stage.engine, id, ({ causes }) => causes?.some(({ class: of }) => of === 'flapping') === true)
          await cancelDeployment(stage.engine, { actor, requestId: newId('req') }, id)
        },
      },
    )
    const causes = rollouts.flaps?.causes ?? []
    expect(causes.map(({ class: of }) => of).slice(0, 3)).toEqual(['stopped', 'flapping', 'health-5xx'])
    expect(causes[1]?.title.en).toBe('Tasks of flaps become healthy and then fail again, over and over')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a task that is killed because it does not hear SIGTERM is a warning beside what failed', async () => {
  const answers = (status: number, more: string) =>
    serves(`${more}; response.writeHead(${status}).end()`, { manifest: { stop_timeout: '2s' } })
  await stage.deploy({ deaf: answers(200, '') })
  const { rollouts } = await stage.deploy({ deaf: answers(404, `globalThis.deaf ??= process.on('SIGTERM', () => {})`) })
  expect(rollouts.deaf?.causes?.map(({ class: of, severity }) => `${of} ${severity}`)).toEqual([
    'health-404 failure',
    'killed-at-stop warning',
  ])
  expect(rollouts.deaf?.causes?.[1]?.title.en).toBe('deaf did not end within its stop time-out of 2 s and was killed')
})

const actor = { kind: 'user' as const, name: 'aoi', grants: [], face: 'cli' as const }

/** Below the ports that the system hands out, which say nothing. */
async function freeLowPort(): Promise<number> {
  for (let port = 20_000 + Math.floor(Math.random() * 10_000); ; port++) {
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
