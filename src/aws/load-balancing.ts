import type { ElasticLoadBalancingV2, TargetGroup, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const elb: Api<ElasticLoadBalancingV2> = {
  service: 'elbv2',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2(config),
}

/** A target group by name or ARN; undefined when there is none. */
export async function targetGroup(
  session: AwsSession,
  nameOrArn: string,
  signal?: AbortSignal,
): Promise<TargetGroup | undefined> {
  const which = nameOrArn.startsWith('arn:') ? { TargetGroupArns: [nameOrArn] } : { Names: [nameOrArn] }
  try {
    const { TargetGroups = [] } = await session.ask(elb, (client, options) => client.describeTargetGroups(which, options), signal)
    return TargetGroups[0]
  } catch (error) {
    if (/^TargetGroupNotFound/.test(awsErrorName(error) ?? '')) return undefined
    throw error
  }
}

/** The health of every target of a group. */
export async function targetHealth(session: AwsSession, arn: string, signal?: AbortSignal): Promise<TargetHealthDescription[]> {
  const { TargetHealthDescriptions = [] } = await session.ask(
    elb,
    (client, options) => client.describeTargetHealth({ TargetGroupArn: arn }, options),
    signal,
  )
  return TargetHealthDescriptions
}
