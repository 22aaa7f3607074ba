// What the action starts: a deployment, or a run of a workflow. Both are followed in the same way.

import type { CauseShape, DeploymentItem } from '../../src/capabilities/deploy/shapes.ts'
import { showCause } from '../../src/capabilities/deploy/show-cause.ts'
import { showProgress } from '../../src/capabilities/deploy/show-progress.ts'
import { showWorkflow } from '../../src/capabilities/deploy/workflows/show-workflow.ts'
import type { WorkflowItem } from '../../src/capabilities/deploy/workflows/workflow-shapes.ts'
import type { Text } from '../../src/core/text.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import type { Block, View } from '../../src/core/view.ts'
import type { Wanted } from './inputs.ts'

/** How it stands, and what there is to print of an item. */
export interface Seen {
  id: string
  url: string
  commit: string | undefined
  /** Undefined while it goes on. */
  verdict: Verdict | undefined
  services: string[]
  /** Milliseconds, once it has ended. */
  took: number | undefined
  causes: CauseShape[]
  error: { text: Text; hint?: Text } | undefined
  lines: View
  /** What stops it. */
  cancel: { path: string; body: object }
}

interface Start {
  path: string
  body: object
  seenIn(item: unknown): Seen
}

export function startOf(wanted: Wanted): Start {
  const { product, environment, workflow, services, ref, commit, reason, wait } = wanted
  const at = `/products/${encodeURIComponent(product)}/environments/${encodeURIComponent(environment)}`
  const body = { ref, commit, reason, detach: !wait }
  const page = (rest: string) => new URL(`/p/${encodeURIComponent(product)}/${rest}`, wanted.server).href
  if (workflow !== undefined)
    return {
      path: `${at}/workflow-runs`,
      body: { ...body, workflow },
      seenIn: (item) => runSeen(item as WorkflowItem, at, page('timeline')),
    }
  return {
    path: `${at}/deployments`,
    body: { ...body, services },
    seenIn: (item) => deploymentSeen(item as DeploymentItem, at, page),
  }
}

function deploymentSeen(item: DeploymentItem, at: string, page: (rest: string) => string): Seen {
  const { deployment, rollouts } = item
  const { lines = [], passing = [] } = showProgress(item)
  const { id, commit, verdict, services, createdAt, endedAt, error } = deployment
  return {
    id,
    url: page(`deploys/${id}`),
    commit,
    verdict,
    services: services.length > 0 ? services : rollouts.map(({ service }) => service),
    took: endedAt === undefined ? undefined : endedAt - createdAt,
    causes: deployment.causes ?? [],
    error,
    lines: [...passing, ...lines],
    cancel: { path: `${at}/cancellations`, body: { id } },
  }
}

function runSeen(item: WorkflowItem, at: string, url: string): Seen {
  const { run } = item
  if (!run) throw new Error('A run without a run')
  const { lines = [], passing = [] } = showWorkflow(item)
  const parts = run.steps.flatMap((step) => step.parts)
  return {
    id: run.id,
    url,
    commit: run.commit,
    verdict: run.verdict,
    services: parts.flatMap(({ kind, names }) => (kind === 'deploy' ? names : [])),
    took: run.endedAt === undefined ? undefined : run.endedAt - run.createdAt,
    causes: parts.flatMap(({ children }) => children.flatMap(({ causes = [] }) => causes)),
    error: run.error ?? parts.find((part) => part.error)?.error,
    lines: [...passing, ...lines],
    cancel: { path: `${at}/workflow-runs/${encodeURIComponent(run.id)}/cancellations`, body: {} },
  }
}

export const causeLines = (causes: readonly CauseShape[]): Block[] => causes.flatMap(showCause)
