// `--json` on every command, at a server: stdout is JSON and nothing else, and so is an error on stderr.
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEngine } from '../src/app.ts'
import { askApproval } from '../src/capabilities/approvals/approval.ts'
import { slackCode } from '../src/capabilities/slack/accounts.ts'
import { runCli } from '../src/cli/cli.ts'
import { remoteEngine } from '../src/cli/remote-engine.ts'
import type { Engine } from '../src/core/engine.ts'
import { runner } from '../src/core/runner.ts'
import { deployed, release, started } from './deploy-stage.ts'
import { type ServerStage, serverStage, shopManifest } from './server-stage.ts'

let here: ServerStage

beforeAll(async () => {
  here = await serverStage()
  await deployed(here.engine, await release(here.database, 1, shopManifest))
  await deployed(here.engine, await release(here.database, 2, shopManifest))
}, 60_000)
afterAll(() => here?.close())

interface Running {
  until?: (stdout: string) => boolean
  engine?: () => Engine
}

interface Answer {
  code: number
  stdout: string
  stderr: string
}

/** A server as the command line has it, and the same work without one. */
const engines = {
  remote: () =>
    remoteEngine(here.operations, { url: new URL(here.server.url), token: here.secret }, () => openEngine({}, () => {})),
  local: (): Engine => {
    const run = runner(here.operations)
    const context = { actor: { ...here.admin, face: 'cli' as const }, requestId: 'req_local', environment: {} }
    return {
      operations: here.operations,
      call: (name, input, signal) => run.call(name, input, { ...context, signal }),
      stream: (name, input, signal) => run.stream(name, input, { ...context, signal }),
      close: async () => {},
    }
  },
}

/** Runs a command line; `until` ends it once its output says so, as Ctrl-C would. */
async function kiban(argv: string[], { until, engine = engines.remote }: Running = {}): Promise<Answer> {
  const interrupted = new AbortController()
  const said = { stdout: '', stderr: '' }
  const pipe = (name: 'stdout' | 'stderr') =>
    new PassThrough().on('data', (chunk) => {
      said[name] += chunk
      if (until?.(said.stdout)) interrupted.abort(new Error('Ctrl-C'))
    }) as never
  const code = await runCli(argv, {
    operations: here.operations,
    openEngine: engine,
    process: { stdout: pipe('stdout'), stderr: pipe('stderr'), stdin: new PassThrough() as never, env: {} },
    signal: interrupted.signal,
  })
  return { code, ...said }
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean)
const isJson = (line: string): boolean => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

const at = ['--product', 'bookshop', '--env', 'staging']
const of = ['--product', 'bookshop']
const slackCodeOf = (slackUser: string): Promise<string> => {
  const shown = { team: 'T0SHOP', slackUser, slackName: 'aoi', language: 'en' as const }
  return here.database.transaction((tx) => slackCode(tx, shown, Date.now()))
}
const user = async (name: string) => void (await here.ask(here.admin, 'user.invite', { name }))
const approval = async (name: string): Promise<string> => {
  const place = { product: 'bookshop', environment: 'production' }
  const asked = { ...place, subject: `deployment/${name}`, fingerprint: 'x', summary: {}, needed: 1, askedBy: 'haru' }
  return (await here.database.transaction((tx) => askApproval(tx, asked, 'http', Date.now()))).id
}
const jobRule = { repository: 'acme/toys', role: 'viewer', ref: '**', product: '*', env: '*' }
const open = async () => started(here.database, await release(here.database, 3, shopManifest))
const newest = async (table: 'deploy_deployments' | 'deploy_task_runs') => {
  const [row] = await here.database.query<{ id: string }>(`select id from ${table} order by created_at desc, id desc limit 1`)
  return row?.id ?? ''
}

/** A run that nobody works on; one that has ended, where it is said how. */
const workflowRun = async (verdict?: string): Promise<string> => {
  const { run } = await here.ask(here.admin, 'workflow.run', {
    product: 'bookshop',
    env: 'staging',
    workflow: 'release',
    detach: true,
  })
  if (verdict)
    await here.database.query(`update deploy_workflow_runs set state = 'done', verdict = $2 where id = $1`, [run.id, verdict])
  return run.id
}

/** What each operation is run with, in order: an array of words, or what prepares them. */
const commands: Record<string, string[] | (() => Promise<string[]>)> = {
  'deployment.status': of,
  'deployment.list': [...of, '--limit', '1'],
  'release.list': [...of, '--limit', '1'],
  'deployment.watch': async () => [await newest('deploy_deployments'), ...of],
  'deployment.start': [...at, '--detach', '--yes'],
  'deployment.cancel': async () => [await open(), ...at, '--detach', '--yes'],
  'deployment.rollback': [...at, '--detach', '--yes'],
  'deployment.promote': [...of, '--detach', '--yes'],
  'service.list': ['staging', ...of],
  'service.show': ['api', ...at],
  'task.follow': [...at, '--no-follow'],
  'task.list': at,
  'task.run': ['report', ...at, '--detach', '--yes'],
  'task.runs': of,
  'task.show': async () => [await newest('deploy_task_runs'), ...of, '--no-follow'],
  'task.stop': async () => [await newest('deploy_task_runs'), ...at, '--yes'],
  'schedule.list': at,
  'schedule.history': at,
  'schedule.run': ['nightly', ...at, '--detach', '--yes'],
  'schedule.pause': ['nightly', ...at, '--yes'],
  'schedule.resume': ['nightly', ...at, '--yes'],
  'workflow.list': of,
  'workflow.plan': ['release', ...at],
  'workflow.run': ['release', ...at, '--dry-run'],
  'workflow.runs': of,
  'workflow.show': async () => [await workflowRun('succeeded'), ...of],
  'workflow.watch': async () => [await workflowRun('succeeded'), ...of],
  'workflow.cancel': async () => [await workflowRun(), ...at, '--detach', '--yes'],
  'workflow.resume': async () => [await workflowRun('failed'), ...at, '--detach', '--yes'],
  'log.follow': [...at, '--no-follow'],
  'lock.take': ['api', ...at, '--reason', 'stocktaking'],
  'lock.list': at,
  'lock.release': ['api', ...at],
  'approval.list': ['--all'],
  'approval.show': async () => [await approval('dep_1')],
  'approval.agree': async () => [await approval('dep_2'), '--yes'],
  'approval.refuse': async () => [await approval('dep_3'), '--reason', 'the sale is on', '--yes'],
  'freeze.start': ['--product', 'toyshop', '--reason', 'stocktaking', '--yes'],
  'freeze.list': [],
  'freeze.end': async () => [(await here.ask(here.admin, 'freeze.start', { product: 'x', reason: 'y' })).id, '--yes'],
  'product.list': [],
  'product.show': ['bookshop'],
  'product.add': async () => [here.repository.folder, '--yes'],
  'manifest.check': async () => [here.repository.folder],
  'manifest.schema': [],
  'manifest.example': [],
  'timeline.list': ['--limit', '2'],
  'timeline.measure': ['bookshop', '--env', 'staging'],
  'audit.list': ['--limit', '2'],
  'audit.export': ['--product', 'bookshop'],
  'identity.whoami': [],
  'permission.check': ['deployment.start', ...at],
  'passkey.list': [],
  'session.list': [],
  'session.revoke': async () => {
    const [other] = (await here.ask(here.admin, 'session.list', {})).sessions
    return [other.id, '--yes']
  },
  'federation.add': ['acme/bookshop', 'developer', '--ref', 'refs/heads/main', ...at, '--yes'],
  'federation.list': [],
  'federation.remove': async () => [(await here.ask(here.admin, 'federation.add', jobRule)).id, '--yes'],
  'token.create': ['ci', 'viewer', '--yes'],
  'token.list': [],
  'token.revoke': async () => [(await here.ask(here.admin, 'token.create', { name: 'old', role: 'viewer' })).token.id, '--yes'],
  'user.list': [],
  'user.invite': ['sora', '--yes'],
  'user.disable': async () => {
    await user('left')
    return ['left', '--reason', 'left', '--yes']
  },
  'user.enable': ['left', '--yes'],
  'grant.give': async () => {
    await user('haru')
    return ['haru', 'viewer', '--product', 'bookshop', '--yes']
  },
  'grant.take': async () => {
    const { id } = await here.ask(here.admin, 'grant.give', { name: 'haru', role: 'developer' })
    return [id, '--yes']
  },
  'slack.list': [],
  'slack.map': async () => {
    await user('haru')
    return ['U0HARU', 'haru', '--team', 'T0SHOP', '--yes']
  },
  'slack.link': async () => [await slackCodeOf('U0AOI'), '--yes'],
  'slack.unlink': async () => {
    await user('haru')
    await here.ask(here.admin, 'slack.map', { user: 'U0GONE', name: 'haru', team: 'T0SHOP' })
    return ['U0GONE', '--yes']
  },
  'product.remove': ['bookshop', '--yes'],
}

/** Refused here, where no rollout waits, no code is and no device. */
const refused: Record<string, { words: string[]; code: string }> = {
  'deployment.continue': { words: [...at, '--yes'], code: 'deployment.not-paused' },
  'product.init': { words: ['docs', '--print'], code: 'repository.unrecognized' },
  'passkey.remove': { words: ['key-1', '--yes'], code: 'passkey.unknown' },
}

/** Shown by a test of its own. */
const elsewhere: Record<string, string> = {
  'deployment.plan': 'looks at images in a registry: test/journeys/deploys.test.ts',
  'timeline.follow': 'never ends: below',
}

const shown = () => here.operations.filter(({ hidden }) => !hidden)

test('there is no command of a server that this page does not know', () => {
  const known = new Set([...Object.keys(commands), ...Object.keys(refused), ...Object.keys(elsewhere)])
  const served = shown().filter(({ local }) => !local)
  expect(served.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([])
  const all = new Set(shown().map(({ name }) => name))
  expect([...known].filter((name) => !all.has(name))).toEqual([])
})

test('a command shows the same with a server and without one', async () => {
  const watched = await newest('deploy_deployments')
  for (const argv of [
    ['status', ...of],
    ['history', ...of, '--limit', '1'],
    ['releases', ...of],
    ['services', 'staging', ...of],
    ['watch', watched, ...of],
    ['lock', 'list', ...at],
    ['product', 'list'],
    ['timeline', '--limit', '5'],
    ['timeline', 'measure', 'bookshop', '--env', 'staging'],
    ['audit', 'export', '--product', 'bookshop', '--to', '2026-01-01'],
    ['product', 'show', 'nothing'],
    ['history', ...of, '--cursor', 'nothing'],
  ])
    for (const language of ['en', 'ja']) {
      const words = [...argv, '--utc', '--lang', language]
      const [remote, local] = [await kiban(words), await kiban(words, { engine: engines.local })]
      expect([words, remote]).toEqual([words, local])
      expect(remote.stdout.length + remote.stderr.length).toBeGreaterThan(0)
    }
})

test('each prints JSON alone: one document, or one a line', { timeout: 120_000 }, async () => {
  const wrong: string[] = []
  // The session that the command line comes by is not the first in the list.
  await here.logIn(new URL((await here.ask(here.admin, 'user.invite', { name: 'admin' })).link).hash.slice(1))
  for (const [name, words] of Object.entries(commands)) {
    const operation = shown().find((one) => one.name === name)
    const argv = [...name.split('.'), ...(typeof words === 'function' ? await words() : words), '--json']
    const { code, stdout, stderr } = await kiban(argv)
    const printed = lines(stdout)
    const enough = operation?.kind === 'stream' ? printed.every(isJson) : printed.length === 1 && printed.every(isJson)
    if (!enough || stderr !== '' || code !== 0) wrong.push(`${argv.join(' ')} (${code})\n${stdout.slice(0, 300)}\n${stderr}`)
  }
  expect(wrong).toEqual([])
})

test('an error is one document on stderr, and stdout is empty', async () => {
  const problemOf = async (argv: string[]) => {
    const { code, stdout, stderr } = await kiban([...argv, '--json'])
    const [line = '', ...more] = lines(stderr)
    return { code: (JSON.parse(line) as { error: { code: string } }).error.code, exit: code, stdout, more }
  }
  for (const [name, { words, code }] of Object.entries(refused))
    expect([name, await problemOf([...name.split('.'), ...words])]).toMatchObject([name, { code, stdout: '', more: [] }])
  expect(await problemOf(['deploy', ...at])).toEqual({ code: 'confirmation.missing', exit: 2, stdout: '', more: [] })
  expect(await problemOf(['history', ...of, '--limit', '0'])).toMatchObject({ code: 'input.invalid', exit: 2, stdout: '' })
  expect(await problemOf(['product', 'show', 'nothing'])).toMatchObject({ code: 'product.unknown', exit: 4, stdout: '' })
  expect(await problemOf(['watch', 'dep_nothing', ...of])).toMatchObject({ code: 'deployment.unknown', exit: 4, stdout: '' })
})

test('what never ends prints a line for each item as it comes', async () => {
  const following = kiban(['timeline', 'follow', '--json'], { until: (stdout) => stdout.includes('\n') })
  let over = false
  following.finally(() => {
    over = true
  })
  while (!over) {
    await here.ask(here.admin, 'freeze.start', { product: 'toyshop', reason: 'stocktaking' })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { stdout, stderr } = await following
  expect(lines(stdout).every(isJson)).toBe(true)
  expect(JSON.parse(lines(stdout)[0] ?? '')).toMatchObject({ type: 'freeze.started', product: 'toyshop' })
  expect(stderr).toBe('')
})

test('a list that goes on says how, with the filters that were given', async () => {
  const { stdout } = await kiban(['audit', '--type', 'freeze,user', '--limit', '1', '--utc'])
  expect(stdout).toMatch(/\$ kiban audit --type freeze,user --limit 1 --cursor \d+ /)
})

test('an export is CSV by itself, and JSON lines where that is asked', async () => {
  const csv = await kiban(['audit', 'export', '--type', 'freeze'])
  expect(csv.stdout).toMatch(/^at,seq,id,type,.*\r\n\d{4}-/)
  const ndjson = await kiban(['audit', 'export', '--type', 'freeze', '--format', 'ndjson'])
  expect(lines(ndjson.stdout).length).toBeGreaterThan(0)
  expect(lines(ndjson.stdout).every(isJson)).toBe(true)
})
