// https://docs.github.com/en/rest/pulls, https://docs.github.com/en/rest/issues/comments and https://docs.github.com/en/rest/checks
import { z } from 'zod'
import { admitted } from './apps.ts'
import type { Answer, Asked, Repository, Route } from './server.ts'

export interface Pull {
  /** As a webhook's payload has it. */
  payload: { number: number; state: string; head: { sha: string }; [member: string]: unknown }
  commits: { sha: string; [member: string]: unknown }[]
  checkRuns: object[]
  statuses: object[]
  comments: { id: number; body: string; user: object }[]
  /** What GitHub says instead of merging. */
  refusal?: { status: number; message: string }
  merged?: { sha: string; method: string }
}

const CommentBody = z.strictObject({ body: z.string().min(1).max(65_536) })
const Merge = z.strictObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  merge_method: z.enum(['merge', 'squash', 'rebase']),
})
const Page = z.object({ per_page: z.coerce.number().int().min(1).max(100), page: z.coerce.number().int().min(1) })
/** What a job's token writes with. */
const BOT = { login: 'github-actions[bot]', id: 41_898_282, type: 'Bot' }

type Level = [permission: string, level: 'read' | 'write']

/** What is allowed, on a pull request that is there. */
const at = (method: string, path: string, [permission, level]: Level, answer: (pull: Pull, asked: Asked) => Answer): Route => [
  method,
  new RegExp(`^/repos/([\\w.-]+/[\\w.-]+)${path}$`),
  (asked) => {
    const repository = admitted(asked, permission, level)
    if (!isRepository(repository)) return repository
    const wanted = asked.params[1] ?? ''
    const pull = repository.pulls?.find(({ payload }) => String(payload.number) === wanted || payload.head.sha === wanted)
    return pull ? answer(pull, asked) : { status: 404, body: { message: 'Not Found' } }
  },
]

const isRepository = (found: Repository | Answer): found is Repository => 'installation' in found

const paged = (items: readonly object[], { query }: Asked): object[] => {
  const { per_page, page } = Page.parse(Object.fromEntries(query))
  return items.slice((page - 1) * per_page, page * per_page)
}

const invalid = (error: z.ZodError): Answer => ({ status: 422, body: { message: 'Validation Failed', errors: error.issues } })

export const pullRoutes: Route[] = [
  [
    'GET',
    /^\/repos\/([\w.-]+\/[\w.-]+)\/pulls$/,
    (asked) => {
      const repository = admitted(asked, 'pull_requests', 'read')
      if (!isRepository(repository)) return repository
      const open = (repository.pulls ?? [])
        .map(({ payload }) => payload)
        .filter(({ state }) => state === asked.query.get('state'))
      return { status: 200, body: paged(open, asked) }
    },
  ],
  at('GET', '/pulls/(\\d+)', ['pull_requests', 'read'], ({ payload }) => ({ status: 200, body: payload })),
  at('GET', '/pulls/(\\d+)/commits', ['pull_requests', 'read'], ({ commits }, asked) => ({
    status: 200,
    body: paged(commits, asked),
  })),
  at('GET', '/commits/([0-9a-f]{40})/check-runs', ['checks', 'read'], ({ checkRuns }, asked) => ({
    status: 200,
    body: { total_count: checkRuns.length, check_runs: paged(checkRuns, asked) },
  })),
  at('GET', '/commits/([0-9a-f]{40})/status', ['statuses', 'read'], ({ statuses }, asked) => ({
    status: 200,
    body: { state: 'success', statuses: paged(statuses, asked) },
  })),
  at('GET', '/issues/(\\d+)/comments', ['pull_requests', 'read'], ({ comments }, asked) => ({
    status: 200,
    body: paged(comments, asked),
  })),
  at('POST', '/issues/(\\d+)/comments', ['pull_requests', 'write'], ({ comments }, { state, body }) => {
    const { data, error } = CommentBody.safeParse(body)
    if (error) return invalid(error)
    const made = { id: state.nextId++, body: data.body, user: BOT }
    comments.push(made)
    return { status: 201, body: made }
  }),
  [
    'PATCH',
    /^\/repos\/([\w.-]+\/[\w.-]+)\/issues\/comments\/(\d+)$/,
    (asked) => {
      const repository = admitted(asked, 'pull_requests')
      if (!isRepository(repository)) return repository
      const comment = repository.pulls?.flatMap(({ comments }) => comments).find(({ id }) => String(id) === asked.params[1])
      const { data, error } = CommentBody.safeParse(asked.body)
      if (!comment) return { status: 404, body: { message: 'Not Found' } }
      if (error) return invalid(error)
      comment.body = data.body
      return { status: 200, body: comment }
    },
  ],
  at('PUT', '/pulls/(\\d+)/merge', ['contents', 'write'], (pull, { body }) => {
    const { data, error } = Merge.safeParse(body)
    if (error) return invalid(error)
    if (pull.refusal) return { status: pull.refusal.status, body: { message: pull.refusal.message } }
    if (data.sha !== pull.payload.head.sha)
      return { status: 409, body: { message: 'Head branch was modified. Review and try the merge again.' } }
    pull.merged = { sha: data.sha, method: data.merge_method }
    pull.payload.state = 'closed'
    return { status: 200, body: { sha: data.sha, merged: true, message: 'Pull Request successfully merged' } }
  }),
]
