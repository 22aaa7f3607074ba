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

export interface ToldDeployment {
  /** kiban's. */
  id: string
  /** `owner/name` */
  repository: string
  commit: string
  environment: string
  product: string
  description: string
  /** The deployment's page in the console. */
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
  const description = cut(of.description)
  const status = { state, log_url: of.url, description }
  await app.ask(of.repository, { method: 'POST', path: `/deployments/${githubId}/statuses`, body: status, signal })
  const context = `kiban/${of.product}/${of.environment}`
  const onCommit = { state: commitStates[state], target_url: of.url, description, context }
  await app.ask(of.repository, { method: 'POST', path: `/statuses/${of.commit}`, body: onCommit, signal })
}

const cut = (text: string): string => (text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION - 1)}…` : text)
