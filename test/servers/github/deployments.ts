// https://docs.github.com/en/rest/deployments and https://docs.github.com/en/rest/commits/statuses
import { z } from 'zod'
import { admitted } from './apps.ts'
import type { Answer, Asked, Repository, Route } from './server.ts'

const Description = z.string().max(140)
const Deployment = z.strictObject({
  ref: z.string().min(1),
  task: z.string().optional(),
  auto_merge: z.literal(false),
  required_contexts: z.array(z.string()),
  payload: z.unknown(),
  environment: z.string().min(1),
  description: Description.nullable().optional(),
})
const DeploymentStatus = z.strictObject({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  log_url: z.url(),
  environment_url: z.url().optional(),
  description: Description,
})
const CommitStatus = z.strictObject({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  target_url: z.url(),
  description: Description,
  context: z.string().min(1),
})

const at = (
  method: string,
  path: RegExp,
  permission: string,
  answer: (repository: Repository, asked: Asked) => Answer,
): Route => [
  method,
  path,
  (asked) => {
    const repository = admitted(asked, permission)
    return 'status' in repository ? repository : answer(repository, asked)
  },
]

const refused = (error: z.ZodError): Answer => ({ status: 422, body: { message: 'Validation Failed', errors: error.issues } })

export const deploymentRoutes: Route[] = [
  at('GET', /^\/repos\/([\w.-]+\/[\w.-]+)\/deployments$/, 'deployments', ({ deployments }, { query }) => {
    const wanted = ['sha', 'environment'] as const
    const found = deployments.filter((one) => wanted.every((key) => !query.has(key) || query.get(key) === one[key]))
    return { status: 200, body: found.toReversed().map(({ statuses: _, ...one }) => one) }
  }),
  at('POST', /^\/repos\/([\w.-]+\/[\w.-]+)\/deployments$/, 'deployments', ({ deployments }, { state, body }) => {
    const { data, error } = Deployment.safeParse(body)
    if (error) return refused(error)
    const made = { id: state.nextId++, sha: data.ref, environment: data.environment, payload: data.payload, statuses: [] }
    deployments.push(made)
    return { status: 201, body: made }
  }),
  at(
    'POST',
    /^\/repos\/([\w.-]+\/[\w.-]+)\/deployments\/(\d+)\/statuses$/,
    'deployments',
    ({ deployments }, { params, body }) => {
      const deployment = deployments.find(({ id }) => id === Number(params[1]))
      const { data, error } = DeploymentStatus.safeParse(body)
      if (!deployment) return { status: 404, body: { message: 'Not Found' } }
      if (error) return refused(error)
      deployment.statuses.push(data)
      return { status: 201, body: data }
    },
  ),
  at('POST', /^\/repos\/([\w.-]+\/[\w.-]+)\/statuses\/([0-9a-f]{40})$/, 'statuses', ({ statuses }, { params, body }) => {
    const { data, error } = CommitStatus.safeParse(body)
    if (error) return refused(error)
    statuses.push({ sha: params[1], ...data })
    return { status: 201, body: data }
  }),
]
