// What CloudWatch is told of requests: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
import type { Cloud, MetricSeries } from '../cloud.ts'
import { loadBalancerPath, targetGroupPath } from './records.ts'

const NAMESPACE = 'AWS/ApplicationELB'

export class GroupMetrics {
  readonly #cloud: Cloud
  readonly #series = new Map<string, MetricSeries[]>()

  constructor(cloud: Cloud) {
    this.#cloud = cloud
  }

  /** A request for which a target was chosen. */
  chosen(loadBalancerArn: string, groupArn: string): void {
    this.#add('RequestCount', 1, loadBalancerArn, groupArn)
  }

  /** A target's answer began `seconds` after it was asked. */
  answered(loadBalancerArn: string, groupArn: string, status: number, seconds: number): void {
    this.#add(`HTTPCode_Target_${Math.floor(status / 100)}XX_Count`, 1, loadBalancerArn, groupArn)
    this.#add('TargetResponseTime', seconds, loadBalancerArn, groupArn)
  }

  /** The balancer's own answer. */
  own(loadBalancerArn: string, status: number): void {
    this.#add(`HTTPCode_ELB_${Math.floor(status / 100)}XX_Count`, 1, loadBalancerArn)
    if (status >= 500) this.#add(`HTTPCode_ELB_${status}_Count`, 1, loadBalancerArn)
  }

  #add(name: string, value: number, loadBalancerArn: string, groupArn = ''): void {
    const key = `${name} ${loadBalancerArn} ${groupArn}`
    let series = this.#series.get(key)
    if (!series) {
      const balancer = { LoadBalancer: loadBalancerPath(loadBalancerArn) }
      const dimensions = groupArn ? [balancer, { ...balancer, TargetGroup: targetGroupPath(groupArn) }] : [balancer]
      series = dimensions.map((each) => this.#cloud.metrics.series(NAMESPACE, name, each))
      this.#series.set(key, series)
    }
    for (const each of series) each.add(value)
  }
}
