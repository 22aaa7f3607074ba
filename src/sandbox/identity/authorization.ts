// Whether a request may be made: the policies of the key's owner, and those of its session.
import { AwsError, type Principal } from '../cloud.ts'
import type { WireProtocol } from '../wire/protocol.ts'
import type { AccessKey } from './access-keys.ts'
import type { Context } from './condition.ts'
import type { Directory, Identity } from './directory.ts'
import { combined, type Decision, decisionOf } from './evaluation.ts'
import { statementsOf } from './policy.ts'

/** Actions for which no permission is needed, or for which the service asks more than one policy. */
const UNCHECKED = new Set(['sts:GetCallerIdentity', 'sts:GetSessionToken', 'sts:AssumeRole'])

export class Authorization {
  readonly #directory: Directory

  constructor(directory: Directory) {
    this.#directory = directory
  }

  /** Throws the service's own refusal. */
  demand(key: AccessKey, action: string, resources: string[], protocol: WireProtocol['name']): void {
    if (UNCHECKED.has(action)) return
    for (const resource of resources) {
      const decision = this.decision(key, action, resource)
      if (decision !== 'allowed') throw denied(key.principal, action, resource, decision, protocol)
    }
  }

  decision(key: AccessKey, action: string, resource: string, more: Context = {}): Decision {
    const { principal } = key
    if (principal.arn.endsWith(':root')) return 'allowed'
    // A session token without MFA does not reach IAM: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    if (action.startsWith('iam:') && principal.session && !principal.session.roleArn && !principal.session.mfaAt) {
      return 'implicitDeny'
    }
    const identity = this.identityOf(principal)
    if (!identity) return 'implicitDeny'
    const request = { action, resource, context: { ...contextOf(principal, this.#directory.cloud.region), ...more } }
    const own = decisionOf(this.#directory.statements(identity), request)
    const narrowed = (key.policies ?? []).map((document) => decisionOf(statementsOf(document, 'identity'), request))
    // The policies of a session allow together what any one of them allows.
    const session: Decision[] =
      narrowed.length === 0 ? [] : [narrowed.includes('explicitDeny') ? 'explicitDeny' : anyAllowed(narrowed)]
    return combined([own, ...session])
  }

  /** The user or role behind a principal; undefined once it is deleted. */
  identityOf(principal: Principal): Identity | undefined {
    if (principal.session?.roleArn) return this.#directory.roleByArn(principal.session.roleArn)
    const user = this.#directory.users.get(principal.arn.slice(principal.arn.lastIndexOf('/') + 1))
    return user?.arn === principal.arn ? user : undefined
  }
}

const anyAllowed = (decisions: Decision[]): Decision => (decisions.includes('allowed') ? 'allowed' : 'implicitDeny')

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
export function contextOf(principal: Principal, region: string, now = Date.now()): Context {
  const { session, arn } = principal
  return {
    'aws:principalarn': session?.roleArn ?? arn,
    'aws:principalaccount': principal.account,
    'aws:principaltype': session?.roleArn ? 'AssumedRole' : arn.endsWith(':root') ? 'Account' : 'User',
    'aws:userid': principal.userId,
    'aws:username': session?.roleArn ? undefined : arn.slice(arn.lastIndexOf('/') + 1),
    'aws:currenttime': new Date(now).toISOString(),
    'aws:epochtime': String(Math.floor(now / 1000)),
    // Nothing leaves the machine; policies that insist on TLS are about a network that is not here.
    'aws:securetransport': 'true',
    'aws:sourceip': '127.0.0.1',
    'aws:requestedregion': region,
    // Long-lived keys carry no word on MFA at all, hence BoolIfExists in so many policies.
    'aws:multifactorauthpresent': session && String(session.mfaAt !== undefined),
    'aws:multifactorauthage': session?.mfaAt === undefined ? undefined : String(Math.floor((now - session.mfaAt) / 1000)),
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function denied(
  principal: Principal,
  action: string,
  resource: string,
  decision: Decision | 'plain',
  protocol: WireProtocol['name'],
): AwsError {
  const because = {
    explicitDeny: ' with an explicit deny in an identity-based policy',
    implicitDeny: ` because no identity-based policy allows the ${action} action`,
    allowed: '',
    plain: '',
  }[decision]
  const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}${because}`
  if (protocol === 'ec2') {
    return new AwsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${message}`, {}, 403)
  }
  if (protocol === 'query' || protocol === 's3') return new AwsError('AccessDenied', message, {}, 403)
  return new AwsError('AccessDeniedException', message, {}, protocol === 'rest-json' ? 403 : 400)
}
