import type { IAM, Role } from '@aws-sdk/client-iam'
import type { ServiceInputTypes, ServiceOutputTypes, STS } from '@aws-sdk/client-sts'
import type { FinalizeRequestMiddleware } from '@smithy/types'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const iam: Api<IAM> = {
  service: 'iam',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-iam')).IAM(config),
}
const sts: Api<STS> = {
  service: 'sts',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-sts')).STS(config),
}

const hosts = new WeakMap<STS, Host>()

interface Host {
  protocol: string
  hostname: string
  port?: number
}

/** Who one is does not depend on the region: without one it is asked where the global endpoint signs. */
const identity: Api<STS> = {
  service: 'sts',
  bucket: 'identity',
  async load(config) {
    const regional = await sts.load(config)
    const client = await regional.config.region().then(
      () => regional,
      () => sts.load({ ...config, region: 'us-east-1' }),
    )
    const remember: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => (args) => {
      hosts.set(client, args.request as Host)
      return next(args)
    }
    client.middlewareStack.add(remember, { step: 'finalizeRequest', name: 'kibanHost' })
    return client
  },
}

/** Who the credentials are, and of which account. */
export async function callerIdentity(session: AwsSession, signal?: AbortSignal): Promise<{ account: string; arn: string }> {
  const { Account = '', Arn = '' } = await session.ask(
    identity,
    (client, options) => client.getCallerIdentity({}, options),
    signal,
  )
  return { account: Account, arn: Arn }
}

/** An account as its callers reach it: at AWS itself, or at an endpoint that stands in its place. */
export interface Cloud {
  account: string
  /** Left out for AWS itself, whose account ids name one account in all the world. */
  endpoint?: string
}

/** Where AWS itself answers: https://docs.aws.amazon.com/general/latest/gr/rande.html */
const AWS_HOST = /(^|\.)(amazonaws\.com|amazonaws\.com\.cn|api\.aws|api\.amazonwebservices\.com\.cn)$/
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Which cloud the credentials are of. */
export async function cloudOf(session: AwsSession, signal?: AbortSignal): Promise<Cloud> {
  const { account } = await callerIdentity(session, signal)
  const host = await session.ask(identity, async (client) => hosts.get(client))
  if (!host || AWS_HOST.test(host.hostname)) return { account }
  const name = LOOPBACK.has(host.hostname) ? 'localhost' : host.hostname
  return { account, endpoint: `${host.protocol}//${name}${host.port === undefined ? '' : `:${host.port}`}` }
}

export const sameCloud = (a: Cloud, b: Cloud): boolean => a.account === b.account && a.endpoint === b.endpoint

/** A role by its name, path left out; undefined when there is none. */
export async function getRole(session: AwsSession, name: string, signal?: AbortSignal): Promise<Role | undefined> {
  try {
    const { Role } = await session.ask(iam, (client, options) => client.getRole({ RoleName: name }, options), signal)
    return Role
  } catch (error) {
    if (/^NoSuchEntity/.test(awsErrorName(error) ?? '')) return undefined
    throw error
  }
}

/** Roles of the account by name, as many as one answer holds: up to a thousand, trust policies included. */
export async function firstRoles(session: AwsSession, signal?: AbortSignal): Promise<Map<string, Role>> {
  const { Roles = [] } = await session.ask(iam, (client, options) => client.listRoles({ MaxItems: 1000 }, options), signal)
  return new Map(Roles.map((role) => [role.RoleName ?? '', role]))
}

/** What one action on one resource would be answered. */
export interface Simulated {
  action: string
  resource: string
  decision: 'allowed' | 'implicitDeny' | 'explicitDeny'
  /** Conditions could not be judged for want of these keys. */
  missing: readonly string[]
}

/**
 * Asks IAM's simulator what a role's own policies say of each action on each resource. Policies of the resources
 * themselves are not asked: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function simulated(
  session: AwsSession,
  roleArn: string,
  actions: readonly string[],
  resources: readonly string[],
  signal?: AbortSignal,
): Promise<Simulated[]> {
  const found: Simulated[] = []
  let Marker: string | undefined
  do {
    const page = await session.ask(
      iam,
      (client, options) =>
        client.simulatePrincipalPolicy(
          { PolicySourceArn: roleArn, ActionNames: [...actions], ResourceArns: [...resources], Marker },
          options,
        ),
      signal,
    )
    for (const one of page.EvaluationResults ?? [])
      found.push({
        action: one.EvalActionName ?? '',
        resource: one.EvalResourceName ?? '*',
        decision: (one.EvalDecision ?? 'implicitDeny') as Simulated['decision'],
        missing: one.MissingContextValues ?? [],
      })
    Marker = page.IsTruncated ? page.Marker : undefined
  } while (Marker)
  return found
}

/** The region that requests go to. Throws `aws.no-region` when nothing says it. */
export const regionOf = (session: AwsSession): Promise<string> => session.ask(sts, (client) => client.config.region())
