// Deployments and commit statuses: https://docs.github.com/en/rest/deployments https://docs.github.com/en/rest/commits/statuses
import { z } from 'zod'
import type { GithubApp } from './app.ts'

/** GitHub's limit. */
const MAX_DESCRIPTION = 140
const PAGE = 100

export const deploymentStates = ['queued', 'in_progress', 'success', 'failure', 'error', 'inactive'] as const
export type DeploymentState = (typeof deploymentStates)[number]

/** The one word for a commit that means the same. */
const commitStates = {
  queued: 'pending',
  in_progress: 'pending',
  success: 'success',
  failure: 'failure',
  error: 'error',
  inactive: 'error',
} as const satisfies Record<DeploymentState, string>

export interface ToldDeployment extends Omit<ToldCommit, 'context'> {
  /** kiban's. */
  id: string
  environment: string
  product: string
}

export interface ToldCommit {
  /** `owner/name` */
  repository: string
  commit: string
  /** Which of the commit's statuses it is. */
  context: string
  description: string
  /** Its page in the console. */
  url: string
}

const Found = z.array(z.object({ id: z.int().positive(), payload: z.unknown() }))
const Made = z.object({ id: z.int().positive() })

/** GitHub's id of a deployment, made where there is none yet: one whose answer was lost is found again. */
export async function githubDeployment(app: GithubApp, of: ToldDeployment, signal: AbortSignal): Promise<number> {
  const query = new URLSearchParams({ sha: of.commit, environment: of.environment, per_page: String(PAGE) })
  const found = Found.parse(await app.ask(of.repository, { method: 'GET', path: `/deployments?${query}`, signal }))
  const known = found.find(({ payload }) => (payload as { kiban?: unknown } | null)?.kiban === of.id)
  if (known) return known.id
  const body = {
    ref: of.commit,
    environment: of.environment,
    description: cut(of.description),
    auto_merge: false,
    // kiban's own rules have let it through.
    required_contexts: [],
    payload: { kiban: of.id },
  }
  return Made.parse(await app.ask(of.repository, { method: 'POST', path: '/deployments', body, signal })).id
}

/** Says how it stands, on the deployment and on its commit. */
export async function tellState(
  app: GithubApp,
  githubId: number,
  of: ToldDeployment,
  state: DeploymentState,
  signal: AbortSignal,
): Promise<void> {
  const status = { state, log_url: of.url, description: cut(of.description) }
  await app.ask(of.repository, { method: 'POST', path: `/deployments/${githubId}/statuses`, body: status, signal })
  await tellCommit(app, { ...of, context: `kiban/${of.product}/${of.environment}` }, state, signal)
}

/** Says how it stands on the commit alone. */
export async function tellCommit(
  app: GithubApp,
  { repository, commit, context, description, url }: ToldCommit,
  state: DeploymentState,
  signal: AbortSignal,
): Promise<void> {
  const body = { state: commitStates[state], target_url: url, description: cut(description), context }
  await app.ask(repository, { method: 'POST', path: `/statuses/${commit}`, body, signal })
}

const cut = (text: string): string => (text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION - 1)}…` : text)
