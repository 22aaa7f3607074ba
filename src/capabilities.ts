// Every capability, a line each.
import { type ApprovalDependencies, approvalOperations } from './capabilities/approvals/operations.ts'
import { type DeployDependencies, deployOperations } from './capabilities/deploy/operations.ts'
import type { IdentityDependencies } from './capabilities/identity/identity.ts'
import { identityOperations } from './capabilities/identity/operations.ts'
import { type LogDependencies, logOperations } from './capabilities/logs/operations.ts'
import type { CatalogueDependencies } from './capabilities/products/catalogue-operations.ts'
import { productOperations } from './capabilities/products/operations.ts'
import { type SlackDependencies, slackOperations } from './capabilities/slack/operations.ts'
import { type TimelineDependencies, timelineOperations } from './capabilities/timeline/operations.ts'
import type { Operation } from './core/operation.ts'

/** What the capabilities stand on; app.ts opens it. */
export type Dependencies = DeployDependencies &
  ApprovalDependencies &
  LogDependencies &
  CatalogueDependencies &
  TimelineDependencies &
  SlackDependencies &
  IdentityDependencies

/** All operations, in the order in which help lists them. */
export function operations(dependencies: Dependencies): Operation[] {
  const list: Operation[] = [
    ...deployOperations(dependencies),
    ...logOperations(dependencies),
    ...approvalOperations(dependencies),
    ...productOperations(dependencies),
    ...timelineOperations(dependencies),
    ...identityOperations(dependencies, () => list),
    ...slackOperations(dependencies),
  ]
  return list
}
