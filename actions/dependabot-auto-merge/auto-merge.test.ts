// The action as a process, against a GitHub that verifies each request, with a pull request as GitHub's webhooks tell of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import webhooks from '@octokit/webhooks-examples'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { step } from '../../test/servers/action-step.ts'
import type { Pull } from '../../test/servers/github/pulls.ts'
import { type GithubServer, githubServer } from '../../test/servers/github/server.ts'
import { DEPENDABOT } from './judge.ts'

/** Its types tell of a module that it is not. */
const examples = webhooks as unknown as { name: string; examples: { action?: string; pull_request?: Pull['payload'] }[] }[]
const REPOSITORY = 'Codertocat/Hello-World'
const TOKEN = 'ghs_ofthisjob'
const DAY_MS = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'kiban-event-'))

let github: GithubServer
let pull: Pull

beforeAll(async () => {
  github = await githubServer()
  const permissions = { pull_requests: 'write', contents: 'write', checks: 'read', statuses: 'read' }
  github.state.tokens.set(TOKEN, { repositories: ['Hello-World'], permissions, until: Date.now() + DAY_MS })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await github.close()
})
beforeEach(() => {
  pull = { ...proposed(), checkRuns: [check('test', 'success')], statuses: [], comments: [] }
  github.state.repositories.set(REPOSITORY, { installation: 0, deployments: [], statuses: [], pulls: [pull] })
  github.state.requests.length = 0
})

/** GitHub's own example of a pull request that was opened, by Dependabot. */
function proposed() {
  const opened = examples.find(({ name }) => name === 'pull_request')?.examples.find(({ action }) => action === 'opened')
  const payload = structuredClone(opened?.pull_request as Pull['payload'])
  Object.assign(payload, { user: { ...DEPENDABOT }, commits: 1 })
  Object.assign(payload.head, { ref: 'dependabot/npm_and_yarn/lodash-4.17.21' })
  return { payload, commits: [commit(payload.head.sha)] }
}

function commit(sha: string, { level = 'patch', name = 'lodash', days = 10, ...more }: Changes = {}) {
  const type = level === 'unknown' ? '' : `\n  update-type: version-update:semver-${level}`
  const message = `Bump ${name}\n\n---\nupdated-dependencies:\n- dependency-name: ${name}${type}\n...\n`
  const committer = { date: new Date(Date.now() - days * DAY_MS).toISOString() }
  return { sha, author: { ...DEPENDABOT }, commit: { message, committer, verification: { verified: true } }, ...more }
}
interface Changes {
  level?: string
  name?: string
  days?: number
  author?: object | null
}

const check = (name: string, conclusion: string | null, details_url = 'https://github.com/x/actions/runs/1/job/2') => ({
  name,
  status: conclusion === null ? 'in_progress' : 'completed',
  conclusion,
  details_url,
})
const changed = (changes: Changes) => {
  pull.commits = [commit(pull.payload.head.sha, changes)]
}

/** Runs it for the event of the pull request; without one where `event` says so. */
async function run(inputs: Record<string, string> = {}, event: object = { action: 'opened', pull_request: pull.payload }) {
  const file = join(folder, 'event.json')
  writeFileSync(file, JSON.stringify(event))
  const env = {
    GITHUB_API_URL: github.url,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_EVENT_PATH: file,
    GITHUB_RUN_ID: '77',
    // Whoever set the workflow off says nothing about whose the pull request is.
    GITHUB_ACTOR: 'dependabot[bot]',
  }
  const ended = await (await step('dependabot-auto-merge', { token: TOKEN, ...inputs }, env)).ended
  // Where it is hidden, and nowhere else.
  expect(ended.output.split(inputs.token ?? TOKEN)).toHaveLength(2)
  return ended
}
const writes = () => github.state.requests.filter((request) => !request.startsWith('GET '))

test('genova 9.24: what Dependabot proposed is merged at the very commit that was judged, once its checks have passed', async () => {
  const { code, outputs } = await run({ 'merge-method': 'squash' })
  expect([code, outputs]).toEqual([0, { merged: '2', refused: '', skipped: '' }])
  expect(pull.merged).toEqual({ sha: pull.payload.head.sha, method: 'squash' })
  expect(writes()).toEqual([`PUT /repos/${REPOSITORY}/pulls/2/merge 200`])
})

test.each<[string, () => void]>([
  [
    'the author is somebody else, whoever the actor is',
    () => Object.assign(pull.payload, { user: { login: 'haru', id: 1, type: 'User' } }),
  ],
  ['the author only has the name', () => Object.assign(pull.payload, { user: { ...DEPENDABOT, id: 1 } })],
  ['the author is a person of that name', () => Object.assign(pull.payload, { user: { ...DEPENDABOT, type: 'User' } })],
  ['the author is gone', () => Object.assign(pull.payload, { user: null })],
  ['it is closed', () => Object.assign(pull.payload, { state: 'closed' })],
  ['it is a draft', () => Object.assign(pull.payload, { draft: true })],
  ['it comes from a fork', () => Object.assign(pull.payload.head, { repo: { full_name: 'evil/Hello-World' } })],
])('genova 9.24: it is left alone, and the job does not fail, when %s', async (_, change) => {
  change()
  const { code, outputs, output } = await run()
  expect([code, outputs]).toEqual([0, { merged: '', refused: '', skipped: '2' }])
  expect(output).toContain('::notice title=kiban::#2 is left alone')
  expect(writes()).toEqual([])
})

test.each<[string, () => void, Record<string, string>, string]>([
  ['a level above the highest', () => changed({ level: 'minor' }), { levels: 'patch' }, 'lodash is an update of level minor'],
  ['a level that is not told counts as major', () => changed({ level: 'unknown' }), {}, 'lodash is an update of level major'],
  ['its ecosystem has a level of its own', () => {}, { levels: 'major npm_and_yarn=none' }, 'and at most none is merged'],
  ['a dependency that is ignored', () => {}, { 'ignore-dependencies': 'lo*sh' }, 'lodash is not merged here'],
  [
    'a dependency that is not listed',
    () => changed({ name: 'not-lodash' }),
    { dependencies: 'lodash' },
    'is not among the dependencies',
  ],
  ['an ecosystem that is not listed', () => {}, { ecosystems: 'docker' }, 'The ecosystem npm\\_and\\_yarn is not merged here'],
  ['an ecosystem that is ignored', () => {}, { 'ignore-ecosystems': 'npm_and_yarn' }, 'is not merged here'],
  ['it is too new', () => changed({ days: 2 }), { 'cool-down-days': '3' }, 'It waits 3 days'],
  ['a check has failed', () => pull.checkRuns.push(check('lint', 'failure')), {}, 'The check lint has not passed'],
  ['a check is under way', () => pull.checkRuns.push(check('lint', null)), {}, 'The check lint has not ended'],
  ['a status has failed', () => pull.statuses.push({ context: 'ci/x', state: 'error' }), {}, 'The check ci/x has not passed'],
  ['a required check is missing', () => {}, { checks: 'test, deploy' }, 'The check deploy has not ended'],
  [
    'no check has run but this one',
    () => {
      pull.checkRuns = [check('auto-merge', null, 'https://github.com/x/actions/runs/77/job/9')]
    },
    {},
    'No check has run',
  ],
  ['a commit is by somebody else', () => changed({ author: { login: 'haru', id: 1, type: 'User' } }), {}, "not Dependabot's own"],
  [
    'a commit is not signed',
    () => {
      Object.assign(pull.commits[0]?.commit as object, { verification: { verified: false } })
    },
    {},
    "not Dependabot's own",
  ],
  [
    'GitHub does not merge it',
    () => Object.assign(pull, { refusal: { status: 405, message: 'Base branch <b>' } }),
    {},
    'Base branch &lt;b&gt;',
  ],
])('genova 9.24: a refusal says why on the pull request, and does not fail the job: %s', async (_, change, inputs, why) => {
  change()
  const { code, outputs } = await run(inputs)
  expect([code, outputs]).toEqual([0, { merged: '', refused: '2', skipped: '' }])
  expect(pull.merged).toBeUndefined()
  expect(pull.comments.map(({ body }) => body)).toEqual([expect.stringContaining(why)])
})

test('the comment follows what stands in the way, and is never a second one; a comment of a person with its marker is not touched', async () => {
  pull.comments.push({ id: 1, body: '<!-- kiban-dependabot-auto-merge --> hello', user: { type: 'User' } })
  changed({ level: 'major' })
  await run()
  await run()
  expect(writes()).toEqual([`POST /repos/${REPOSITORY}/issues/2/comments 201`])
  pull.checkRuns.push(check('lint', 'failure'))
  await run()
  expect(writes().at(-1)).toMatch(/^PATCH .* 200$/)
  expect(pull.comments).toHaveLength(2)
  expect(pull.comments[0]?.body).toBe('<!-- kiban-dependabot-auto-merge --> hello')
  expect(pull.comments[1]?.body).toContain('The check lint has not passed')
})

test('a head that moves while it is judged is not merged', async () => {
  Object.assign(pull, { refusal: { status: 409, message: 'Head branch was modified. Review and try the merge again.' } })
  expect(await run()).toMatchObject({ code: 0, outputs: { skipped: '2' } })
  expect(pull.comments).toEqual([])
})

test('without a pull request in the event, as on a schedule, all that are open are judged', async () => {
  const other = { ...proposed(), checkRuns: [], statuses: [], comments: [] }
  Object.assign(other.payload, {
    number: 3,
    head: { ...other.payload.head, sha: 'b'.repeat(40) },
    user: { login: 'haru', id: 1, type: 'User' },
  })
  github.state.repositories.get(REPOSITORY)?.pulls?.push(other)
  expect(await run({}, { schedule: '0 9 * * *' })).toMatchObject({ code: 0, outputs: { merged: '2', refused: '', skipped: '3' } })
})

test('a token that may not merge fails the job, and says what GitHub said', async () => {
  github.state.tokens.set('ghs_reader', { repositories: ['Hello-World'], permissions: {}, until: Date.now() + DAY_MS })
  const { code, output } = await run({ token: 'ghs_reader' })
  expect([code, output]).toEqual([1, expect.stringContaining('403 Resource not accessible by integration')])
})

test('GitHub that is away for a moment is asked again', async () => {
  github.faults.push('down', { status: 502, headers: {} })
  expect(await run()).toMatchObject({ code: 0, outputs: { merged: '2' } })
})
