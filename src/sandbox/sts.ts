import { AwsError, type Call, type Handlers, type Service, type SessionCredentials } from './cloud.ts'
import { type Authorization, contextOf, denied } from './identity/authorization.ts'
import type { Context } from './identity/condition.ts'
import type { Directory, Role } from './identity/directory.ts'
import { identityDocument } from './identity/iam-answer.ts'
import { provenMfa } from './identity/mfa.ts'
import { openSession } from './identity/roles.ts'
import { signIn } from './identity/sign-in.ts'
import { trustOf } from './identity/trust.ts'

type StsHandlers = Handlers<typeof import('@aws-sdk/client-sts')>
type AssumeRoleInput = Parameters<NonNullable<StsHandlers['AssumeRole']>>[0]

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, …/API_GetSessionToken.html */
const DEFAULT_ROLE_SECONDS = 3600
const MAX_CHAINED_SECONDS = 3600
const DEFAULT_SESSION_SECONDS = 12 * 3600

/** Security Token Service. */
export function sts(directory: Directory, authorization: Authorization): Service {
  const handlers: StsHandlers = {
    GetCallerIdentity: (_, { principal }) => ({
      UserId: principal.userId,
      Account: principal.account,
      Arn: principal.arn,
    }),

    AssumeRole(input, call) {
      const { RoleArn = '', RoleSessionName = '', Policy, SourceIdentity } = input
      const role = directory.roleByArn(RoleArn)
      const mfaAt = provenMfa(directory, userOf(call), input.SerialNumber, input.TokenCode) ?? call.principal.session?.mfaAt
      if (!role || !isTrusted(role, input, call, mfaAt)) throw denied(call.principal, 'sts:AssumeRole', RoleArn, 'plain', 'query')
      const seconds = checkedSeconds(input.DurationSeconds, role, call)
      const managed = (input.PolicyArns ?? []).map(({ arn = '' }) => defaultDocument(arn))
      const policies = [...(Policy === undefined ? [] : [identityDocument(Policy)]), ...managed]
      const credentials = openSession(directory, role, RoleSessionName, seconds, {
        ...(mfaAt !== undefined && { mfaAt }),
        ...(policies.length > 0 && { policies }),
      })
      return {
        Credentials: answer(credentials),
        AssumedRoleUser: {
          AssumedRoleId: `${role.id}:${RoleSessionName}`,
          Arn: `arn:aws:sts::${directory.cloud.account}:assumed-role/${role.name}/${RoleSessionName}`,
        },
        ...(policies.length > 0 && { PackedPolicySize: 1 }),
        ...(SourceIdentity !== undefined && { SourceIdentity }),
      }
    },

    GetSessionToken({ DurationSeconds = DEFAULT_SESSION_SECONDS, SerialNumber, TokenCode }, call) {
      const { accessKeyId: _, session, ...principal } = call.principal
      if (session) throw new AwsError('AccessDenied', 'Cannot call GetSessionToken with session credentials', {}, 403)
      const mfaAt = provenMfa(directory, userOf(call), SerialNumber, TokenCode)
      const opened = { issuedAt: 0, expiresAt: 0, ...(mfaAt !== undefined && { mfaAt }) }
      return { Credentials: answer(directory.keys.open({ ...principal, session: opened }, DurationSeconds)) }
    },

    GetAccessKeyInfo({ AccessKeyId = '' }) {
      const key = directory.keys.find(AccessKeyId)
      if (!key) throw new AwsError('ValidationError', `Access key ${AccessKeyId} does not exist`)
      return { Account: key.principal.account }
    },
  }

  /** The trust policy must let the caller in; where it trusts the account only, the caller's own policies must agree. */
  function isTrusted(role: Role, input: AssumeRoleInput, call: Call, mfaAt: number | undefined): boolean {
    const { principal } = call
    const key = directory.keys.find(principal.accessKeyId)
    if (!key) return false
    const context: Context = {
      ...contextOf(principal, directory.cloud.region),
      'sts:externalid': input.ExternalId,
      'sts:rolesessionname': input.RoleSessionName,
      'sts:sourceidentity': input.SourceIdentity,
    }
    if (mfaAt !== undefined) {
      context['aws:multifactorauthpresent'] = 'true'
      context['aws:multifactorauthage'] = String(Math.floor((Date.now() - mfaAt) / 1000))
    }
    const who = { arn: principal.arn, account: principal.account, roleArn: principal.session?.roleArn }
    const trust = trustOf(role.trust, who, 'sts:AssumeRole', context)
    const own = authorization.decision(key, 'sts:AssumeRole', role.arn, context)
    return trust === 'direct' ? own !== 'explicitDeny' : trust === 'account' && own === 'allowed'
  }

  function defaultDocument(arn: string): string {
    const policy = directory.policy(arn)
    return policy.versions.find(({ id }) => id === policy.defaultVersion)?.document ?? ''
  }

  return { client: () => import('@aws-sdk/client-sts'), signingName: 'sts', handlers, http: signIn(directory.keys) }
}

/** Users alone have MFA devices. */
const userOf = ({ principal }: Call): string | undefined =>
  principal.session?.roleArn ? undefined : principal.arn.slice(principal.arn.lastIndexOf('/') + 1)

function checkedSeconds(asked: number | undefined, role: Role, { principal }: Call): number {
  const seconds = asked ?? DEFAULT_ROLE_SECONDS
  if (principal.session?.roleArn && seconds > MAX_CHAINED_SECONDS) {
    const message = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'
    throw new AwsError('ValidationError', message)
  }
  if (seconds > role.maxSessionSeconds) {
    throw new AwsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  return seconds
}

const answer = (credentials: SessionCredentials) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: credentials.expiration,
})
