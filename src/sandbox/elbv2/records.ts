// What a load balancer is made of, as it is kept, and the names that tie the parts together.
import { randomBytes } from 'node:crypto'
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError, type Cloud, type Handlers, type Table } from '../cloud.ts'

export type ElbHandlers = Handlers<typeof import('@aws-sdk/client-elastic-load-balancing-v2')>

export interface LoadBalancerRecord {
  arn: string
  name: string
  scheme: 'internet-facing' | 'internal'
  vpcId: string
  subnets: { id: string; zone: string }[]
  securityGroups: string[]
  ipAddressType: 'ipv4' | 'dualstack'
  createdAt: Date
  attributes: Record<string, string>
}

export interface ListenerRecord {
  arn: string
  loadBalancerArn: string
  /** The port that was asked for; the one on this machine may differ. */
  port: number
  /** The loopback port on which it really listens; 0 until it does. */
  listensOn: number
}

export interface RuleRecord {
  arn: string
  listenerArn: string
  loadBalancerArn: string
  /** `default` is the listener's default action. */
  priority: number | 'default'
  conditions: RuleCondition[]
  actions: Action[]
}

export interface HealthCheckSettings {
  path: string
  /** `traffic-port` or a number. */
  port: string
  interval: number
  timeout: number
  healthyThreshold: number
  unhealthyThreshold: number
  matcher: string
}

export interface TargetGroupRecord {
  arn: string
  name: string
  targetType: 'ip' | 'instance'
  port: number
  vpcId: string
  healthCheck: HealthCheckSettings
  attributes: Record<string, string>
  targets: TargetRecord[]
}

export interface TargetRecord {
  id: string
  port: number
  availabilityZone?: string
  connect: { host: string; port: number }
}

export interface Records {
  loadBalancers: Table<LoadBalancerRecord>
  listeners: Table<ListenerRecord>
  rules: Table<RuleRecord>
  targetGroups: Table<TargetGroupRecord>
  tags: Table<Record<string, string>>
}

export function records(cloud: Cloud): Records {
  return {
    loadBalancers: cloud.table('elbv2/load-balancers'),
    listeners: cloud.table('elbv2/listeners'),
    rules: cloud.table('elbv2/rules'),
    targetGroups: cloud.table('elbv2/target-groups'),
    tags: cloud.table('elbv2/tags'),
  }
}

export function elbArn(cloud: Cloud, resource: string): string {
  return `arn:aws:elasticloadbalancing:${cloud.region}:${cloud.account}:${resource}`
}

export const elbId = (): string => randomBytes(8).toString('hex')

/** `app/NAME/ID` of a load balancer, its listeners and their rules: also CloudWatch's dimension. */
export function loadBalancerPath(arn: string): string {
  const [, kind, name, id] = arn.slice(arn.lastIndexOf(':') + 1).split('/')
  return `${kind}/${name}/${id}`
}

/** `targetgroup/NAME/ID`: CloudWatch's dimension. */
export const targetGroupPath = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1)

export function rulesOf(kept: Records, listenerArn: string): RuleRecord[] {
  const order = (rule: RuleRecord) => (rule.priority === 'default' ? Number.POSITIVE_INFINITY : rule.priority)
  return [...kept.rules.values()].filter((rule) => rule.listenerArn === listenerArn).sort((a, b) => order(a) - order(b))
}

/** The target groups that an action forwards to, with their weights. */
export function forwardedTo(action: Action): { arn: string; weight: number }[] {
  if (action.Type !== 'forward') return []
  const groups = action.ForwardConfig?.TargetGroups
  if (groups?.length) return groups.map((group) => ({ arn: group.TargetGroupArn ?? '', weight: group.Weight ?? 1 }))
  return action.TargetGroupArn ? [{ arn: action.TargetGroupArn, weight: 1 }] : []
}

/** The load balancers whose listeners forward to a target group. */
export function loadBalancersOf(kept: Records, targetGroupArn: string): string[] {
  const arns = new Set<string>()
  for (const rule of kept.rules.values()) {
    if (rule.actions.some((action) => forwardedTo(action).some((group) => group.arn === targetGroupArn))) {
      arns.add(rule.loadBalancerArn)
    }
  }
  return [...arns]
}

export function listenerAt(kept: Records, arn: string | undefined): ListenerRecord {
  const found = kept.listeners.get(arn ?? '')
  if (!found) throw new AwsError('ListenerNotFoundException', 'One or more listeners not found')
  return found
}

export function ruleAt(kept: Records, arn: string | undefined): RuleRecord {
  const found = kept.rules.get(arn ?? '')
  if (!found) throw new AwsError('RuleNotFoundException', 'One or more rules not found')
  return found
}

export function loadBalancerAt(kept: Records, arn: string | undefined): LoadBalancerRecord {
  const found = kept.loadBalancers.get(arn ?? '')
  if (!found) throw new AwsError('LoadBalancerNotFoundException', `Load balancer '${arn}' not found`)
  return found
}

export function targetGroupAt(kept: Records, arn: string | undefined): TargetGroupRecord {
  const found = kept.targetGroups.get(arn ?? '')
  if (!found) throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found')
  return found
}

export const invalid = (message: string) => new AwsError('ValidationError', message, {}, 400)
