// Attributes of load balancers and target groups: their defaults, bounds, and those whose other values are refused.
import { invalid } from './records.ts'

type Rule = { default: string; accepts: (value: string) => boolean }

const flag = (value: 'true' | 'false'): Rule => ({ default: value, accepts: (given) => given === 'true' || given === 'false' })
const only = (value: string): Rule => ({ default: value, accepts: (given) => given === value })
const oneOf = (first: string, ...rest: string[]): Rule => ({
  default: first,
  accepts: (given) => given === first || rest.includes(given),
})
const text = (value: string): Rule => ({ default: value, accepts: () => true })
const seconds = (value: number, least: number, most: number, also?: number): Rule => ({
  default: String(value),
  accepts: (given) => /^\d+$/.test(given) && ((Number(given) >= least && Number(given) <= most) || Number(given) === also),
})

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html */
const LOAD_BALANCER: Record<string, Rule> = {
  'access_logs.s3.enabled': only('false'),
  'access_logs.s3.bucket': text(''),
  'access_logs.s3.prefix': text(''),
  'client_keep_alive.seconds': seconds(3600, 60, 604_800),
  'connection_logs.s3.enabled': only('false'),
  'connection_logs.s3.bucket': text(''),
  'connection_logs.s3.prefix': text(''),
  'deletion_protection.enabled': flag('false'),
  'health_check_logs.s3.enabled': only('false'),
  'idle_timeout.timeout_seconds': seconds(60, 1, 4000),
  'load_balancing.cross_zone.enabled': only('true'),
  'routing.http2.enabled': flag('true'),
  'routing.http.desync_mitigation_mode': oneOf('defensive', 'monitor', 'strictest'),
  'routing.http.drop_invalid_header_fields.enabled': flag('false'),
  'routing.http.preserve_host_header.enabled': flag('false'),
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': flag('false'),
  'routing.http.xff_client_port.enabled': flag('false'),
  'routing.http.xff_header_processing.mode': oneOf('append', 'preserve', 'remove'),
  'waf.fail_open.enabled': flag('false'),
  'zonal_shift.config.enabled': only('false'),
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html */
const TARGET_GROUP: Record<string, Rule> = {
  'deregistration_delay.timeout_seconds': seconds(300, 0, 3600),
  'load_balancing.algorithm.anomaly_mitigation': only('off'),
  'load_balancing.algorithm.type': oneOf('round_robin', 'least_outstanding_requests'),
  'load_balancing.cross_zone.enabled': oneOf('use_load_balancer_configuration', 'true'),
  'slow_start.duration_seconds': seconds(0, 30, 900, 0),
  'stickiness.app_cookie.cookie_name': text(''),
  'stickiness.app_cookie.duration_seconds': seconds(86_400, 1, 604_800),
  'stickiness.enabled': only('false'),
  'stickiness.lb_cookie.duration_seconds': seconds(86_400, 1, 604_800),
  'stickiness.type': oneOf('lb_cookie', 'app_cookie'),
  'target_group_health.dns_failover.minimum_healthy_targets.count': only('1'),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': only('off'),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': only('1'),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': only('off'),
}

interface Attribute {
  Key?: string | undefined
  Value?: string | undefined
}

const defaults = (rules: Record<string, Rule>) =>
  Object.fromEntries(Object.entries(rules).map(([key, rule]) => [key, rule.default]))

export const loadBalancerDefaults = (): Record<string, string> => defaults(LOAD_BALANCER)
export const targetGroupDefaults = (): Record<string, string> => defaults(TARGET_GROUP)

/** The kept attributes with the given ones laid over; all are checked before any counts. */
export function loadBalancerAttributes(kept: Record<string, string>, given: Attribute[] | undefined) {
  return changed(LOAD_BALANCER, 'Load balancer', kept, given)
}

export function targetGroupAttributes(kept: Record<string, string>, given: Attribute[] | undefined) {
  return changed(TARGET_GROUP, 'Target group', kept, given)
}

export function attributeList(attributes: Record<string, string>): { Key: string; Value: string }[] {
  return Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }))
}

function changed(rules: Record<string, Rule>, what: string, kept: Record<string, string>, given: Attribute[] = []) {
  const next = { ...kept }
  for (const { Key: key = '', Value: value = '' } of given) {
    const rule = rules[key]
    if (!rule) throw invalid(`${what} attribute key '${key}' is not recognized`)
    if (!rule.accepts(value)) throw invalid(`${what} attribute value '${value}' is not valid for '${key}' (or not simulated)`)
    next[key] = value
  }
  return next
}
