/**
 * What policies say of a request. An explicit deny wins over every allow; nothing said is a no.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

import { matchesWildcard } from '../wildcard.ts'
import { type Context, conditionOutcome, substituted } from './condition.ts'
import type { Statement } from './policy.ts'

export interface PolicyRequest {
  action: string
  resource: string
  context: Context
}

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny'

export function decisionOf(statements: Iterable<Statement>, request: PolicyRequest): Decision {
  let decision: Decision = 'implicitDeny'
  for (const statement of statements) {
    if (!concerns(statement, request)) continue
    if (statement.effect === 'Deny') return 'explicitDeny'
    decision = 'allowed'
  }
  return decision
}

/** Whether a statement is about a request: its action, its resource, its conditions. */
export function concerns(statement: Statement, { action, resource, context }: PolicyRequest): boolean {
  const { actions, notActions, resources, notResources } = statement
  if (actions && !actions.some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase()))) return false
  if (notActions?.some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase()))) return false
  const onResource = (pattern: string) => matchesWildcard(substituted(pattern, context), resource)
  if (resources && !resources.some(onResource)) return false
  if (notResources?.some(onResource)) return false
  const outcome = conditionOutcome(statement.conditions, context)
  return outcome === 'holds' || (outcome === 'unknown' && statement.effect === 'Deny')
}

/** Several policies that must all agree: an identity's own and those that narrow its session. */
export function combined(decisions: Decision[]): Decision {
  if (decisions.includes('explicitDeny')) return 'explicitDeny'
  return decisions.every((decision) => decision === 'allowed') ? 'allowed' : 'implicitDeny'
}
