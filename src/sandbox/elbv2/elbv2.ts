// Elastic Load Balancing v2: Application Load Balancers that really balance HTTP on this machine.
import type { Balancing, Cloud, Service } from '../cloud.ts'
import { forwardTo, mustBeWeight } from './actions.ts'
import { FrontEnds } from './front-ends.ts'
import { PROBE_PACE, type ProbePace } from './health-check.ts'
import { listenerHandlers } from './listeners.ts'
import { loadBalancerHandlers } from './load-balancers.ts'
import { type ElbHandlers, loadBalancersOf, records, ruleAt, rulesOf, targetGroupAt } from './records.ts'
import { ruleHandlers } from './rules.ts'
import { tagHandlers } from './tags.ts'
import { targetGroupHandlers } from './target-groups.ts'
import { TargetPool } from './target-pool.ts'
import { targetHandlers } from './targets.ts'

export interface ListenerAddress {
  loadBalancer: string
  listenerArn: string
  /** As asked for; `url` tells where it really listens. */
  port: number
  url: string
}

export interface ElasticLoadBalancing extends Service, Balancing {
  handlers: ElbHandlers
  /** Settles once the listeners that were kept from before listen again. */
  ready: Promise<void>
  listeners(): ListenerAddress[]
}

/** On the sandbox's endpoint: all listeners and where they really listen, as JSON, for whoever has no AWS client at hand. */
export const LISTENERS_PATH = '/_sandbox/listeners'

/**
 * Every listener listens on a loopback port: its own where that is free and needs no privilege, else a free one.
 * A load balancer's DNSName is 127.0.0.1; the listener's tag `sandbox:listener-url` and
 * `GET /_sandbox/listeners` tell the port.
 */
export function elbv2(cloud: Cloud, options: { probes?: Partial<ProbePace> } = {}): ElasticLoadBalancing {
  const kept = records(cloud)
  const pool = new TargetPool(cloud, kept, { ...PROBE_PACE, ...options.probes })
  const fronts = new FrontEnds(cloud, kept, pool)
  cloud.onClose(() => {
    fronts.close()
    pool.close()
  })

  const listeners = (): ListenerAddress[] =>
    [...kept.listeners.values()].map(({ arn, loadBalancerArn, port, listensOn }) => ({
      loadBalancer: kept.loadBalancers.get(loadBalancerArn)?.name ?? '',
      listenerArn: arn,
      port,
      url: `http://127.0.0.1:${listensOn}`,
    }))

  return {
    client: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
    signingName: 'elasticloadbalancing',
    handlers: {
      ...loadBalancerHandlers(cloud, kept, fronts),
      ...targetGroupHandlers(cloud, kept, pool),
      ...listenerHandlers(cloud, kept, fronts),
      ...ruleHandlers(cloud, kept, fronts),
      ...targetHandlers(kept, pool),
      ...tagHandlers(kept),
    },
    ready: fronts.reopen(),
    listeners,
    http(request, response) {
      if (request.method !== 'GET' || request.url !== LISTENERS_PATH) return false
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(listeners()))
      return true
    },

    targetGroup(arn) {
      const group = kept.targetGroups.get(arn)
      if (!group) return undefined
      return {
        name: group.name,
        targetType: group.targetType,
        protocol: 'HTTP',
        port: group.port,
        healthCheckPath: group.healthCheck.path,
        attached: loadBalancersOf(kept, arn).length > 0,
      }
    },
    register: (groupArn, target) => pool.register(groupArn, target),
    deregister: (groupArn, target, drained) => pool.deregister(groupArn, target, drained),
    health: (groupArn, target) => pool.health(groupArn, target),
    watch: (changed) => pool.watch(changed),
    setWeights(ruleArn, weights) {
      const rule = kept.listeners.has(ruleArn) ? rulesOf(kept, ruleArn).at(-1) : ruleAt(kept, ruleArn)
      if (!rule) return
      for (const { targetGroupArn, weight } of weights) {
        targetGroupAt(kept, targetGroupArn)
        mustBeWeight(weight)
      }
      const groups = weights.map(({ targetGroupArn, weight }) => ({ arn: targetGroupArn, weight }))
      const actions = rule.actions.map((action) => (action.Type === 'forward' ? { ...action, ...forwardTo(groups) } : action))
      kept.rules.set(rule.arn, { ...rule, actions })
      fronts.changed()
    },
  }
}
