// A team's day: pushes to GitHub, a release to production that is asked for in Slack and that another person agrees to there,
// and one that goes back as a whole; the story reads the same in every face.
import { execFileSync } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GithubServer, githubServer } from '../servers/github/server.ts'
import { type Block, type ShownMessage, type SlackServer, slackServer } from '../servers/slack/server.ts'
import { openShop, type Shop } from './shop.ts'
import type { Command, Terminal } from './terminal.ts'

const SECRET = 'a-secret-of-tests-alone'
const ZEROS = '0'.repeat(40)
const ADDRESS = 'https://github.com/acme/bookshop.git'

let shop: Shop
let github: GithubServer
let slack: SlackServer
let server: Command
let base: string
let admin: Terminal

beforeAll(async () => {
  github = await githubServer()
  slack = await slackServer()
  shop = await openShop(['staging', 'production'])
  writeFileSync(join(shop.folder, '.gitconfig'), `[url "${shop.repository}"]\n\tinsteadOf = ${ADDRESS}\n`)
  server = serving('0')
  const shown = /(http:\/\/[^/]+)\/welcome#(\S+)/
  await server.says(shown)
  const [, url = '', link = ''] = shown.exec(server.output()) ?? []
  base = url
  slack.meets(base)
  admin = await loggedIn(link)
  commit('Release by a workflow', declared())
  expect(await admin.run('product', 'add', ADDRESS, '--yes')).toMatchObject({ code: 0 })
  await invited('haru', 'developer', 'U0HARU')
  await invited('sora', 'manager', 'U0SORA')
  expect(await admin.run('user', 'invite', 'github', '--yes')).toMatchObject({ code: 0 })
  const grant = ['grant', 'give', 'github', 'developer', '--product', 'bookshop', '--env', 'staging', '--yes']
  expect(await admin.run(...grant)).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await shop?.close()
  await github?.close()
  await slack?.close()
})

const serving = (port: string): Command =>
  shop
    .terminal({
      KIBAN_GITHUB_WEBHOOK_SECRET: SECRET,
      KIBAN_GITHUB_APP_ID: '4711',
      KIBAN_GITHUB_PRIVATE_KEY: github.privateKey.replaceAll('\n', '\\n'),
      GITHUB_API_URL: github.url,
      ...slack.env,
    })
    .start('server', '--port', port)

async function loggedIn(link: string): Promise<Terminal> {
  const answer = await fetch(`${base}/api/v1/login/invitation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link }),
  })
  const { secret } = (await answer.json()) as { secret: string }
  return shop.terminal({ KIBAN_SERVER: base, KIBAN_TOKEN: secret, KIBAN_DATA: `${shop.folder}/nothing`, AWS_ENDPOINT_URL: '' })
}

/** Somebody who says in Slack who they are, and has not logged in anywhere else but for that. */
async function invited(name: string, role: string, slackUser: string): Promise<void> {
  const [{ link }] = await admin.json('user', 'invite', name, '--yes')
  expect(await admin.run('grant', 'give', name, role, '--product', 'bookshop', '--yes')).toMatchObject({ code: 0 })
  const terminal = await loggedIn(String(link).split('#')[1] ?? '')
  const { body } = await slack.command(slackUser, 'link')
  const code = /slack link (\w+)/.exec((body as { text: string }).text)?.[1] ?? ''
  expect(await terminal.run('slack', 'link', code, '--yes')).toMatchObject({ code: 0 })
}

/** The shop's manifest with a workflow for releases; `web` is what production alone sets of it. */
function declared(web = ''): string {
  const manifest = readFileSync(join(shop.repository, 'kiban.yml'), 'utf8').split('\n# Releases')[0] ?? ''
  return `${manifest.replace(/^ {2}production: .*$/m, `  production: { protected: true, approvals: 1${web} }`)}
# Releases
workflows:
  release:
    steps:
      - run: [migrate]
      - { deploy: [api], on_failure: rollback }
      - { deploy: [web], on_failure: rollback }
auto_deploy:
  main: { environment: staging, workflow: release }
`
}

function commit(subject: string, manifest: string): string {
  writeFileSync(join(shop.repository, 'kiban.yml'), manifest)
  git('add', '--all')
  git('commit', '--quiet', '--message', subject)
  return git('rev-parse', 'HEAD')
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: shop.repository, env: { PATH: process.env.PATH }, encoding: 'utf8' }).trim()
}

/** As GitHub tells of a push; three times, and not in order. */
async function pushed(from: string, to: string): Promise<void> {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: from,
    after: to,
    deleted: false,
    forced: false,
    repository: { html_url: 'https://github.com/acme/bookshop' },
    pusher: { name: 'haru' },
  })
  const delivery = randomUUID()
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
  }
  const deliver = async () => (await fetch(`${base}/webhooks/github`, { method: 'POST', headers, body })).status
  expect(await Promise.all([deliver(), deliver(), deliver()])).toEqual([202, 202, 202])
}

/** The statuses of a commit at GitHub, each with how it went. */
function atGithub(sha: string): Record<string, string> {
  const statuses = github.state.repositories.get('acme/bookshop')?.statuses ?? []
  return Object.fromEntries(statuses.filter((one) => one.sha === sha).map(({ context, state }) => [context, state]))
}

interface Run {
  id: string
  state: string
  verdict?: string
  commit: string
  createdBy: string
  steps: { verdict?: string; parts: { children: { id: string; verdict?: string }[] }[] }[]
}

/** The newest run of the workflow there, once it has ended. */
async function ended(environment: string): Promise<Run> {
  const look = async () => (await admin.json('workflow', 'runs', '--env', environment))[0].runs as Run[]
  await expect.poll(async () => (await look())[0]?.state, { timeout: 120_000, interval: 1_000 }).toBe('done')
  return (await look())[0] as Run
}

const history = async (environment: string): Promise<string[]> => {
  const [{ deployments }] = await admin.json('history', '--env', environment)
  return deployments.map(
    (one: { kind: string; verdict: string; services: string[] }) => `${one.kind} ${one.services.join(' ')} ${one.verdict}`,
  )
}

let first: string

test('a push to main is released to staging by its workflow, once', async () => {
  first = git('rev-parse', 'HEAD')
  await pushed(ZEROS, first)
  await expect.poll(async () => (await admin.json('workflow', 'runs'))[0].runs.length, { timeout: 60_000 }).toBe(1)
  const run = await ended('staging')
  expect(run).toMatchObject({ verdict: 'succeeded', commit: first, createdBy: 'github' })
  expect(await history('staging')).toEqual(['deploy web succeeded', 'deploy api succeeded'])
  await expect
    .poll(() => atGithub(first), { timeout: 60_000 })
    .toEqual({ 'kiban/bookshop/staging': 'success', 'kiban/bookshop/staging/release': 'success' })
})

test('a person asks for production in Slack, another agrees there, and migrate, api and web follow', async () => {
  const message = await released()
  expect(message().text).toBe('release: bookshop → production – succeeded')
  expect((await ended('production')).createdBy).toBe('haru')
  expect(await history('production')).toEqual(['deploy web succeeded', 'deploy api succeeded'])
})

test('a bad release of web goes back with its sibling though the server is killed in the middle, and the story reads the same everywhere', async () => {
  const bad = commit('Serve the pages otherwise', declared(', services: { web: { command: [node, web/nothing.ts] } }'))
  const message = await released({ killed: '1/3 run migrate' })
  expect(message().text).toBe('release: bookshop → production – rolled-back')
  const run = await ended('production')
  expect(run.verdict).toBe('rolled-back')
  expect((await history('production')).slice(0, 3)).toEqual([
    'rollback api succeeded',
    'deploy web rolled-back',
    'deploy api succeeded',
  ])
  const watched = await admin.run('workflow', 'watch', run.id)
  const below = () => slack.channels.get('C0SHOP')?.findLast(({ thread }) => thread === message().ts)
  await expect.poll(below, { timeout: 60_000 }).toBeTruthy()
  const story = below()
  for (const told of [watched.stdout, wordsOf(story?.blocks ?? [])]) {
    expect(told).toContain('web ended with exit code 1: Error: Cannot find module')
    expect(told).toContain('✖ 3/3 deploy web  rolled back')
    expect(told).toContain('▲ Taking api in production back')
    expect(told).toContain('✖ release rolled back')
  }
  const [{ environments }] = await admin.json('status', '--env', 'production')
  const running = environments[0].services.map(({ service, commit }: Record<string, string>) => [service, commit])
  expect(Object.fromEntries(running)).toEqual({ api: first, web: first })
  await expect
    .poll(() => atGithub(bad), { timeout: 60_000 })
    .toEqual({ 'kiban/bookshop/production': 'failure', 'kiban/bookshop/production/release': 'failure' })
  const [{ events }] = await admin.json('timeline', 'list', '--env', 'production', '--type', 'workflow', '--limit', '100')
  const ends = events.filter(({ type }: { type: string }) => type === 'workflow.ended')
  expect(ends.map(({ data }: { data: { verdict: string } }) => data.verdict).sort()).toEqual(['rolled-back', 'succeeded'])
})

const wordsOf = (blocks: readonly Block[]): string => blocks.map(({ text }) => text?.text ?? '').join('\n')

const buttonIn = (blocks: readonly Block[], action: string) =>
  blocks.flatMap(({ elements = [] }) => elements).find((one) => one.action_id === action)

/** Asks for main in production, has somebody else agree by the buttons of the message, and waits for its end. */
async function released({ killed }: { killed?: string } = {}): Promise<() => ShownMessage> {
  slack.whispers.length = 0
  await slack.command('U0HARU', 'workflow run release --env production --ref main')
  const asked = () => slack.whispers.findLast(({ blocks }) => buttonIn(blocks, 'kiban:agree'))
  await expect.poll(asked, { timeout: 60_000 }).toBeTruthy()
  const before = slack.channels.get('C0SHOP')?.length ?? 0
  await slack.click('U0HARU', buttonIn(asked()?.blocks ?? [], 'kiban:agree') ?? {})
  const message = () => slack.channels.get('C0SHOP')?.[before] as ShownMessage
  const approve = () => buttonIn(message()?.blocks ?? [], 'kiban:do:approve')
  await expect.poll(approve, { timeout: 60_000 }).toBeTruthy()
  slack.whispers.length = 0
  // Whoever asked does not agree.
  await slack.click('U0HARU', approve() ?? {})
  await expect
    .poll(() => slack.whispers.map(({ blocks }) => wordsOf(blocks)).join(), { timeout: 60_000 })
    .toContain('Whoever asked does not decide')
  await slack.click('U0SORA', approve() ?? {})
  if (killed) {
    await expect.poll(() => wordsOf(message().blocks), { timeout: 60_000, interval: 100 }).toContain(killed)
    server.process.kill('SIGKILL')
    await server.ended
    server = serving(new URL(base).port)
  }
  await expect.poll(() => message().text, { timeout: 120_000 }).toMatch(/ – (succeeded|rolled-back|failed|stopped)$/)
  return message
}
