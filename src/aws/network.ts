import type { EC2, Filter, SecurityGroup, Subnet } from '@aws-sdk/client-ec2'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const ec2: Api<EC2> = {
  service: 'ec2',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-ec2')).EC2(config),
}

/** Subnets by their ids; those that do not exist are left out. */
export async function subnetsById(session: AwsSession, ids: readonly string[], signal?: AbortSignal): Promise<Subnet[]> {
  return subnets(session, [{ Name: 'subnet-id', Values: [...ids] }], signal)
}

/** Subnets that a filter finds, such as `tag:Name`. */
export async function subnets(session: AwsSession, Filters: Filter[], signal?: AbortSignal): Promise<Subnet[]> {
  const found: Subnet[] = []
  let NextToken: string | undefined
  do {
    const page = await session.ask(ec2, (client, options) => client.describeSubnets({ Filters, NextToken }, options), signal)
    found.push(...(page.Subnets ?? []))
    NextToken = page.NextToken
  } while (NextToken)
  return found
}

/** Security groups that a filter finds. */
export async function securityGroups(session: AwsSession, Filters: Filter[], signal?: AbortSignal): Promise<SecurityGroup[]> {
  try {
    const { SecurityGroups = [] } = await session.ask(
      ec2,
      (client, options) => client.describeSecurityGroups({ Filters }, options),
      signal,
    )
    return SecurityGroups
  } catch (error) {
    if (awsErrorName(error) === 'InvalidGroup.NotFound') return []
    throw error
  }
}
