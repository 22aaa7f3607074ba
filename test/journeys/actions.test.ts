// actions/deploy as a job of GitHub Actions runs it: a process beside a real server, with a token that an issuer signs for it.

import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, connect as dial, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitRelease, revertRelease } from '../../examples/bookshop/repository.ts'
import { step } from '../servers/action-step.ts'
import { type ActionsIssuer, actionsIssuer } from '../servers/actions-issuer.ts'
import { openShop, type Shop } from './shop.ts'
import type { Terminal } from './terminal.ts'

let shop: Shop
let issuer: ActionsIssuer
let base: string
let admin: Terminal
let rule: string
let runs = 0

beforeAll(async () => {
  issuer = await actionsIssuer()
  shop = await openShop()
  const server = shop.terminal().start('server', '--port', '0')
  const shown = /(http:\/\/[^/]+)\/welcome#(\S+)/
  await server.says(shown)
  const [, url = '', link = ''] = shown.exec(server.output()) ?? []
  base = url
  const answer = await fetch(`${base}/api/v1/login/invitation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link }),
  })
  const { secret } = (await answer.json()) as { secret: string }
  admin = shop.terminal({ KIBAN_SERVER: base, KIBAN_TOKEN: secret, KIBAN_DATA: `${shop.folder}/nothing`, AWS_ENDPOINT_URL: '' })
  expect(await admin.run('product', 'add', shop.repository, '--yes')).toMatchObject({ code: 0 })
  rule = await addRule()
})
afterAll(async () => {
  await shop?.close()
  await issuer?.close()
})

async function addRule(): Promise<string> {
  const options = ['--ref', 'refs/heads/main', '--product', 'bookshop', '--env', 'staging', '--issuer', issuer.issuer]
  const [made] = await admin.json('federation', 'add', 'acme/bookshop', 'developer', ...options, '--yes')
  return made.id
}

/** A job of its own run, at a commit. */
function job(commit: string, inputs: Record<string, string> = {}, claims: Record<string, string> = {}) {
  const run = String(9000 + ++runs)
  issuer.setClaims({ run_id: run, ...claims })
  return step(
    'deploy',
    { server: base, product: 'bookshop', environment: 'staging', ...inputs },
    {
      ...issuer.environment,
      GITHUB_SHA: commit,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/bookshop',
      GITHUB_RUN_ID: run,
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: 'deploy',
      GITHUB_ACTION: '__run',
    },
  )
}

/** Stands between the action and the server: while it is down, whatever is open is cut, and so is whatever is opened. */
async function wire(): Promise<{ url: string; down(): void; up(): void; close(): void }> {
  const { hostname, port } = new URL(base)
  const open = new Set<Socket>()
  let isDown = false
  const server = createServer((near) => {
    if (isDown) return void near.destroy()
    const far = dial(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => open.delete(one) && other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const down = () => {
    isDown = true
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    down,
    up: () => {
      isDown = false
    },
    close() {
      down()
      server.close()
    },
  }
}

const secretsIn = (output: string): string[] => [...output.matchAll(/^::add-mask::(.*)$/gm)].map(([, secret = '']) => secret)

test('genova 9.23: a job deploys its commit without a secret, waits, and knows how it ended', async () => {
  const commit = commitRelease(shop.repository, '02-prices')
  const { code, output, outputs, summary } = await (await job(commit)).ended
  expect([code, output]).toEqual([0, expect.stringContaining('::group::bookshop → staging')])
  expect(outputs).toEqual({
    id: expect.stringMatching(/^dep_/),
    url: `${base}/p/bookshop/deploys/${outputs.id}`,
    commit,
    verdict: 'succeeded',
  })
  expect(summary).toContain('### ✔ bookshop → staging: succeeded')
  // Each secret is hidden before anything else may print it, and stands nowhere else.
  const secrets = secretsIn(output)
  expect(secrets).toHaveLength(2)
  for (const secret of secrets) expect(output.split(secret)).toHaveLength(2)
  const [{ deployments }] = await admin.json('history', '--limit', '1')
  expect(deployments[0]).toMatchObject({
    id: outputs.id,
    createdBy: 'github:acme/bookshop/runs/9001',
    reason: 'https://github.com/acme/bookshop/actions/runs/9001',
  })
})

test('genova 9.23: a release that goes back fails the job, with its cause in log, annotation and summary', async () => {
  const { code, output, outputs, summary } = await (await job(commitRelease(shop.repository, '03-crash'))).ended
  expect([code, outputs.verdict]).toEqual([10, 'rolled-back'])
  expect(output).toContain('::group::Why')
  expect(output).toMatch(/^::error title=kiban%3A rolled-back::dep_\w+ ended: rolled-back%0A/m)
  expect(summary).toContain('### ✖ bookshop → staging: rolled-back')
  expect(summary).toContain('<summary>Evidence</summary>')
  revertRelease(shop.repository)
})

test('a connection that breaks, and a session that ends, are taken up again without a second deployment', async () => {
  const between = await wire()
  try {
    const running = await job(commitRelease(shop.repository, '14-graviton'), { server: between.url, audience: base })
    await running.says('migrat')
    between.down()
    // The session ends with its rule, and is wanted again with the next connection.
    await admin.run('federation', 'remove', rule, '--yes')
    rule = await addRule()
    between.up()
    const { code, output, outputs } = await running.ended
    expect([code, output]).toEqual([0, expect.any(String)])
    expect(secretsIn(output)).toHaveLength(4)
    const [{ deployments }] = await admin.json('history', '--limit', '1')
    expect(deployments[0]).toMatchObject({
      id: outputs.id,
      verdict: 'succeeded',
      createdBy: `github:acme/bookshop/runs/${9000 + runs}`,
    })
    const lines = output.split('\n').filter((line) => line.includes('✔'))
    expect(new Set(lines).size).toBe(lines.length)
  } finally {
    between.close()
  }
})

test('a job of another branch is told which claim does not match, and starts nothing', async () => {
  const [{ deployments: before }] = await admin.json('history', '--limit', '100')
  const { code, output, outputs, summary } = await (await job('0'.repeat(40), {}, { ref: 'refs/heads/feature' })).ended
  expect([code, outputs]).toEqual([1, {}])
  expect(output).toMatch(/^::error title=kiban%3A federation.no-rule::No rule lets this job in; what does not match: ref%0A/m)
  expect(summary).toContain('what does not match: ref')
  const [{ deployments: after }] = await admin.json('history', '--limit', '100')
  expect(after).toEqual(before)
})

test('a job that is cancelled has its deployment taken back, and says so', async () => {
  const running = await job(commitRelease(shop.repository, '08-slow-start'))
  await running.says('migrat')
  // A rule that is removed shuts the job out in the middle of its stream; by another it comes in again.
  const before = rule
  rule = await addRule()
  await admin.run('federation', 'remove', before, '--yes')
  const again = expect.poll(() => secretsIn(running.output()), { timeout: 50_000 })
  await again.toHaveLength(4)
  running.process.kill('SIGINT')
  const { code, output, outputs } = await running.ended
  expect(code).toBe(130)
  expect(output).toMatch(/^::warning title=kiban::The job was cancelled, and kiban was asked to stop dep_/m)
  expect((await admin.run('watch', String(outputs.id))).code).toBe(12)
  revertRelease(shop.repository)
})

test('whoever leaves it on cancel is told that it goes on, and it does', async () => {
  const running = await job(changed(), { 'on-cancel': 'leave' })
  await running.says('migrat')
  running.process.kill('SIGTERM')
  const { code, output, outputs } = await running.ended
  expect([code, output]).toEqual([130, expect.stringContaining('goes on, as on-cancel says')])
  expect((await admin.run('watch', String(outputs.id))).code).toBe(0)
})

test('a job that does not wait is told so, and what it started ends without it', async () => {
  const { code, output, outputs } = await (await job(declareWorkflow(), { wait: 'false' })).ended
  expect([code, output]).toEqual([0, expect.stringContaining('nobody waits for it here')])
  expect(outputs).toMatchObject({ id: expect.stringMatching(/^dep_/), verdict: '' })
  expect((await admin.run('watch', String(outputs.id))).code).toBe(0)
})

test('a workflow is run in place of a plain deployment, and waited for likewise', async () => {
  const commit = git('rev-parse', 'HEAD')
  const { code, output, outputs, summary } = await (await job(commit, { workflow: 'release', language: 'ja' })).ended
  expect([code, output]).toEqual([0, expect.any(String)])
  expect(outputs).toMatchObject({ id: expect.stringMatching(/^wfr_/), commit, verdict: 'succeeded' })
  expect(summary).toContain('| サービス | web |')
})

/** A commit with another image of the API, and nothing else. */
function changed(): string {
  appendFileSync(join(shop.repository, 'api/server.ts'), '\n// Changed.\n')
  git('commit', '--quiet', '--all', '--message', 'Change the API')
  return git('rev-parse', 'HEAD')
}

function declareWorkflow(): string {
  appendFileSync(join(shop.repository, 'kiban.yml'), 'workflows:\n  release:\n    steps: [{ deploy: [web] }]\n')
  git('commit', '--quiet', '--all', '--message', 'Release by a workflow')
  return git('rev-parse', 'HEAD')
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: shop.repository, env: { PATH: process.env.PATH }, encoding: 'utf8' }).trim()
}
