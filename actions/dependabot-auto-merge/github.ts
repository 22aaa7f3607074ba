// What the action asks of GitHub: https://docs.github.com/en/rest (API version 2022-11-28).
import { setTimeout } from 'node:timers/promises'
import type { Wanted } from './inputs.ts'
import type { Check, Commit, Pull } from './judge.ts'

const API_VERSION = '2022-11-28'
const ANSWER_WITHIN_MS = 30_000
const PAGE = 100
/** A pull request shows at most 250 commits; a repository with more comments on one has other worries. */
const MOST_PAGES = 20
/** Before what only looks is asked again. */
const AGAIN_MS = [500, 2_000, 5_000]

export interface Comment {
  id: number
  body?: string
  user: { type: string } | null
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each request has an answer of its own, which the methods below name
  body: any
}

/** GitHub said no, or nothing. */
export class GithubFailed extends Error {}

export class Github {
  readonly #wanted: Pick<Wanted, 'api' | 'repository' | 'token'>

  constructor(wanted: Pick<Wanted, 'api' | 'repository' | 'token'>) {
    this.#wanted = wanted
  }

  pull = (number: number): Promise<Pull> => this.#get(`/pulls/${number}`)

  openPulls = (): Promise<Pull[]> => this.#pages('/pulls?state=open', (body) => body)

  commits = (number: number): Promise<Commit[]> => this.#pages(`/pulls/${number}/commits`, (body) => body)

  comments = (number: number): Promise<Comment[]> => this.#pages(`/issues/${number}/comments`, (body) => body)

  /** Check runs and statuses of a commit; not those of the run `without`, which cannot wait for itself. */
  async checks(sha: string, without: string): Promise<Check[]> {
    const runs = await this.#pages<CheckRun>(`/commits/${sha}/check-runs?filter=latest`, (body) => body.check_runs)
    const statuses = await this.#pages<Status>(`/commits/${sha}/status`, (body) => body.statuses)
    const others = runs.filter(({ details_url }) => !(without && details_url?.includes(`/actions/runs/${without}/`)))
    return [...others.map(ofRun), ...statuses.map(ofStatus)]
  }

  comment = (number: number, body: string): Promise<Answer> => this.#done('POST', `/issues/${number}/comments`, { body })

  changeComment = (id: number, body: string): Promise<Answer> => this.#done('PATCH', `/issues/comments/${id}`, { body })

  /** Merges exactly what was judged: with another head GitHub says `moved`. Why it cannot is told in GitHub's words. */
  async merge(number: number, sha: string, method: Wanted['mergeMethod']): Promise<'merged' | 'moved' | { not: string }> {
    const { status, body } = await this.#ask('PUT', `/pulls/${number}/merge`, { sha, merge_method: method })
    if (status === 200) return 'merged'
    if (status === 409) return 'moved'
    if (status === 405 || status === 403 || status === 422) return { not: String(body?.message ?? status) }
    throw new GithubFailed(`PUT /pulls/${number}/merge: ${status} ${body?.message ?? ''}`)
  }

  async #pages<Item>(path: string, itemsIn: (body: Answer['body']) => Item[]): Promise<Item[]> {
    const found: Item[] = []
    for (let page = 1; page <= MOST_PAGES; page++) {
      const items = itemsIn(await this.#get(`${path}${path.includes('?') ? '&' : '?'}per_page=${PAGE}&page=${page}`))
      found.push(...items)
      if (items.length < PAGE) return found
    }
    throw new GithubFailed(`GET ${path}: more than ${MOST_PAGES * PAGE}`)
  }

  async #get(path: string): Promise<Answer['body']> {
    for (let tries = 0; ; tries++) {
      const wait = AGAIN_MS[tries]
      try {
        const answer = await this.#ask('GET', path)
        if (answer.status < 500 || wait === undefined) return accepted(answer, `GET ${path}`).body
      } catch (error) {
        if (!(error instanceof GithubFailed) || error.cause === undefined || wait === undefined) throw error
      }
      await setTimeout(wait)
    }
  }

  #done = async (method: string, path: string, body: object): Promise<Answer> =>
    accepted(await this.#ask(method, path, body), `${method} ${path}`)

  async #ask(method: string, path: string, body?: object): Promise<Answer> {
    const { api, repository, token } = this.#wanted
    const headers = {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'kiban-dependabot-auto-merge',
      'x-github-api-version': API_VERSION,
      ...(body ? { 'content-type': 'application/json' } : {}),
    }
    const url = `${api.href.replace(/\/$/, '')}/repos/${repository}${path}`
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    try {
      // A token is sent nowhere else.
      const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), redirect: 'error', signal })
      return { status: answer.status, body: await answer.json().catch(() => undefined) }
    } catch (cause) {
      throw new GithubFailed(`${method} ${path}: GitHub does not answer`, { cause })
    }
  }
}

function accepted(answer: Answer, what: string): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer
  throw new GithubFailed(`${what}: ${answer.status} ${answer.body?.message ?? ''}`)
}

interface CheckRun {
  name: string
  status: string
  conclusion: string | null
  details_url: string | null
}

interface Status {
  context: string
  state: string
}

/** What was left out on purpose stands in nobody's way. */
const PASSED = new Set(['success', 'neutral', 'skipped'])

const ofRun = ({ name, status, conclusion }: CheckRun): Check => ({
  name,
  state: status !== 'completed' ? 'pending' : PASSED.has(conclusion ?? '') ? 'passed' : 'failed',
})

const ofStatus = ({ context, state }: Status): Check => ({
  name: context,
  state: state === 'success' ? 'passed' : state === 'pending' ? 'pending' : 'failed',
})
