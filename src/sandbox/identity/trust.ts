/**
 * Trust policies: who may assume a role.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import type { Context } from './condition.ts'
import { concerns } from './evaluation.ts'
import { type Statement, statementsOf } from './policy.ts'

export type Who = { service: string } | { arn: string; account: string; roleArn: string | undefined }

/**
 * `direct`: the policy names this very principal, and needs nobody else's word. `account`: it trusts the account,
 * whose own policies then decide. `denied`: neither.
 */
export type Trust = 'direct' | 'account' | 'denied'

export function trustOf(document: string, who: Who, action: string, context: Context): Trust {
  let trust: Trust = 'denied'
  for (const statement of statementsOf(document, 'trust')) {
    if (!concerns(statement, { action, resource: '*', context })) continue
    const named = namedBy(statement, who)
    if (named === 'denied') continue
    if (statement.effect === 'Deny') return 'denied'
    if (trust !== 'direct') trust = named
  }
  return trust
}

function namedBy({ principals, notPrincipals }: Statement, who: Who): Trust {
  if (notPrincipals) return match(notPrincipals, who) === 'denied' ? 'direct' : 'denied'
  return principals ? match(principals, who) : 'denied'
}

function match(principals: Record<string, string[]>, who: Who): Trust {
  if (principals['*']) return 'direct'
  if ('service' in who) return principals.Service?.some((name) => name === who.service || name === '*') ? 'direct' : 'denied'
  const named = principals.AWS ?? []
  if (named.some((arn) => arn === '*' || arn === who.arn || arn === who.roleArn)) return 'direct'
  const account = `arn:aws:iam::${who.account}:root`
  return named.some((arn) => arn === who.account || arn === account) ? 'account' : 'denied'
}
