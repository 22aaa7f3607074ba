// Target groups and their attributes, as the API makes and changes them.
import type {
  CreateTargetGroupCommandInput,
  ModifyTargetGroupCommandInput,
  TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError, type Cloud } from '../cloud.ts'
import { attributeList, targetGroupAttributes, targetGroupDefaults } from './attributes.ts'
import { parsedMatcher } from './matcher.ts'
import { page } from './page.ts'
import {
  type ElbHandlers,
  elbArn,
  elbId,
  type HealthCheckSettings,
  invalid,
  loadBalancersOf,
  type Records,
  type TargetGroupRecord,
  targetGroupAt,
} from './records.ts'
import { tag, tagMap } from './tags.ts'
import type { TargetPool } from './target-pool.ts'

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html */
const HEALTH_CHECK_DEFAULTS: HealthCheckSettings = {
  path: '/',
  port: 'traffic-port',
  interval: 30,
  timeout: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: '200',
}
const PATH_LENGTH_MAX = 1024
const NAME_LENGTH_MAX = 32

export function targetGroupHandlers(cloud: Cloud, kept: Records, pool: TargetPool): ElbHandlers {
  return {
    CreateTargetGroup(input) {
      const made = newTargetGroup(cloud, input)
      const tags = tagMap(input.Tags)
      const twin = [...kept.targetGroups.values()].find((group) => group.name === made.name)
      if (twin && settings(twin) !== settings(made)) {
        throw new AwsError(
          'DuplicateTargetGroupNameException',
          `A target group with the same name '${made.name}' exists, but with different settings`,
        )
      }
      const group = twin ?? made
      kept.targetGroups.set(group.arn, group)
      if (!twin) tag(kept, group.arn, tags)
      return { TargetGroups: [targetGroupShape(kept, group)] }
    },
    DescribeTargetGroups(input) {
      const { items, NextMarker } = page(chosenTargetGroups(kept, input), input)
      return { TargetGroups: items.map((group) => targetGroupShape(kept, group)), NextMarker }
    },
    ModifyTargetGroup(input) {
      const group = targetGroupAt(kept, input.TargetGroupArn)
      const healthCheck = healthCheckOf(input, group.healthCheck)
      kept.targetGroups.set(group.arn, { ...group, healthCheck })
      return { TargetGroups: [targetGroupShape(kept, targetGroupAt(kept, group.arn))] }
    },
    DeleteTargetGroup(input) {
      const group = kept.targetGroups.get(input.TargetGroupArn ?? '')
      if (!group) return {}
      if (loadBalancersOf(kept, group.arn).length > 0) {
        throw new AwsError('ResourceInUseException', `Target group '${group.arn}' is currently in use by a listener or a rule`)
      }
      pool.forget(group.arn)
      kept.targetGroups.delete(group.arn)
      kept.tags.delete(group.arn)
      return {}
    },
    DescribeTargetGroupAttributes(input) {
      return { Attributes: attributeList(targetGroupAt(kept, input.TargetGroupArn).attributes) }
    },
    ModifyTargetGroupAttributes(input) {
      const group = targetGroupAt(kept, input.TargetGroupArn)
      const attributes = targetGroupAttributes(group.attributes, input.Attributes)
      kept.targetGroups.set(group.arn, { ...group, attributes })
      return { Attributes: attributeList(attributes) }
    },
  }
}

function newTargetGroup(cloud: Cloud, input: CreateTargetGroupCommandInput): TargetGroupRecord {
  const name = input.Name ?? ''
  mustBeName('Target group', name)
  const targetType = input.TargetType ?? 'instance'
  if (targetType !== 'ip' && targetType !== 'instance') throw notSimulated(`target type '${targetType}'`)
  if (input.Protocol === undefined) throw invalid('A protocol must be specified')
  if (input.Protocol !== 'HTTP')
    throw new AwsError('UnsupportedProtocolException', `Protocol '${input.Protocol}' is not simulated, only HTTP`)
  if ((input.ProtocolVersion ?? 'HTTP1') !== 'HTTP1') throw notSimulated(`protocol version '${input.ProtocolVersion}'`)
  if ((input.IpAddressType ?? 'ipv4') !== 'ipv4') throw notSimulated(`IP address type '${input.IpAddressType}'`)
  if (input.HealthCheckEnabled === false)
    throw invalid(`Health check enabled must be true for target groups with target type '${targetType}'`)
  if (input.Port === undefined) throw invalid('A port must be specified')
  mustBeWithin('port', input.Port, 1, 65_535)
  if (!input.VpcId) throw invalid('A VPC ID must be specified')
  if (!cloud.network.vpcExists(input.VpcId)) throw invalid(`The VPC ID '${input.VpcId}' is not found`)
  return {
    arn: elbArn(cloud, `targetgroup/${name}/${elbId()}`),
    name,
    targetType,
    port: input.Port,
    vpcId: input.VpcId,
    healthCheck: healthCheckOf(input, HEALTH_CHECK_DEFAULTS),
    attributes: targetGroupDefaults(),
    targets: [],
  }
}

const notSimulated = (what: string) => new AwsError('InvalidConfigurationRequestException', `The ${what} is not simulated`)

export function mustBeName(what: string, name: string): void {
  if (name.length > NAME_LENGTH_MAX) throw invalid(`${what} name '${name}' cannot be longer than '${NAME_LENGTH_MAX}' characters`)
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    throw invalid(`${what} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`)
  }
  if (name.startsWith('-') || name.endsWith('-')) throw invalid(`${what} name '${name}' cannot begin or end with '-'`)
}

/** The text in which AWS services report a broken constraint of the model. */
export function mustBeWithin(member: string, value: number, least: number, most: number): void {
  const broken = value < least ? `greater than or equal to ${least}` : value > most ? `less than or equal to ${most}` : undefined
  if (broken) {
    throw invalid(
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value ${broken}`,
    )
  }
}

type HealthCheckInput = Pick<
  CreateTargetGroupCommandInput & ModifyTargetGroupCommandInput,
  | 'HealthCheckProtocol'
  | 'HealthCheckPort'
  | 'HealthCheckPath'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'UnhealthyThresholdCount'
  | 'Matcher'
>

function healthCheckOf(input: HealthCheckInput, before: HealthCheckSettings): HealthCheckSettings {
  if ((input.HealthCheckProtocol ?? 'HTTP') !== 'HTTP') throw notSimulated(`health check protocol '${input.HealthCheckProtocol}'`)
  if (input.Matcher?.GrpcCode !== undefined) throw notSimulated('gRPC matcher')
  const next = {
    path: input.HealthCheckPath ?? before.path,
    port: input.HealthCheckPort ?? before.port,
    interval: input.HealthCheckIntervalSeconds ?? before.interval,
    timeout: input.HealthCheckTimeoutSeconds ?? before.timeout,
    healthyThreshold: input.HealthyThresholdCount ?? before.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? before.unhealthyThreshold,
    matcher: input.Matcher?.HttpCode ?? before.matcher,
  }
  mustBeWithin('healthCheckIntervalSeconds', next.interval, 5, 300)
  mustBeWithin('healthCheckTimeoutSeconds', next.timeout, 2, 120)
  mustBeWithin('healthyThresholdCount', next.healthyThreshold, 2, 10)
  mustBeWithin('unhealthyThresholdCount', next.unhealthyThreshold, 2, 10)
  if (next.timeout >= next.interval) {
    throw invalid(`Health check timeout '${next.timeout}' must be smaller than the interval '${next.interval}'`)
  }
  if (!next.path.startsWith('/')) throw invalid(`Health check path '${next.path}' must begin with a '/' character`)
  if (next.path.length > PATH_LENGTH_MAX) throw invalid(`Health check path cannot be longer than '${PATH_LENGTH_MAX}' characters`)
  if (!isHeaderText(next.path)) throw invalid(`Health check path '${next.path}' has a character that is not valid`)
  if (next.port !== 'traffic-port' && !(/^\d{1,5}$/.test(next.port) && Number(next.port) >= 1 && Number(next.port) <= 65_535)) {
    throw invalid(`Health check port '${next.port}' must be in the range 1-65535 or 'traffic-port'`)
  }
  if (!parsedMatcher(next.matcher))
    throw invalid(`Health check matcher HTTP code '${next.matcher}' must be within '200-499' inclusive`)
  return next
}

const isHeaderText = (path: string) => /^[!-~]+$/.test(path)

/** What must be the same for CreateTargetGroup to give back the group that has the name. */
const settings = (group: TargetGroupRecord) => JSON.stringify([group.targetType, group.port, group.vpcId, group.healthCheck])

function chosenTargetGroups(kept: Records, input: { LoadBalancerArn?: string; TargetGroupArns?: string[]; Names?: string[] }) {
  const all = [...kept.targetGroups.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (input.TargetGroupArns?.length) return input.TargetGroupArns.map((arn) => targetGroupAt(kept, arn))
  if (input.Names?.length) {
    return input.Names.map((name) => {
      const found = all.find((group) => group.name === name)
      if (!found) throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found')
      return found
    })
  }
  const { LoadBalancerArn: arn } = input
  if (arn === undefined) return all
  if (!kept.loadBalancers.has(arn)) throw new AwsError('LoadBalancerNotFoundException', `Load balancer '${arn}' not found`)
  return all.filter((group) => loadBalancersOf(kept, group.arn).includes(arn))
}

function targetGroupShape(kept: Records, group: TargetGroupRecord): TargetGroup {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: 'HTTP',
    ProtocolVersion: 'HTTP1',
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: group.targetType,
    IpAddressType: 'ipv4',
    HealthCheckEnabled: true,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: group.healthCheck.port,
    HealthCheckPath: group.healthCheck.path,
    HealthCheckIntervalSeconds: group.healthCheck.interval,
    HealthCheckTimeoutSeconds: group.healthCheck.timeout,
    HealthyThresholdCount: group.healthCheck.healthyThreshold,
    UnhealthyThresholdCount: group.healthCheck.unhealthyThreshold,
    Matcher: { HttpCode: group.healthCheck.matcher },
    LoadBalancerArns: loadBalancersOf(kept, group.arn),
  }
}
