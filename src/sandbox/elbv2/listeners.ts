// Listeners, as the API makes and changes them. A listener's default action is kept as its last rule.
import type { Listener } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError, type Cloud } from '../cloud.ts'
import { completedActions } from './actions.ts'
import type { FrontEnds } from './front-ends.ts'
import { page } from './page.ts'
import {
  type ElbHandlers,
  elbArn,
  elbId,
  invalid,
  type ListenerRecord,
  listenerAt,
  loadBalancerAt,
  type Records,
  rulesOf,
} from './records.ts'
import { tag, tagMap } from './tags.ts'
import { mustBeWithin } from './target-groups.ts'

export function listenerHandlers(cloud: Cloud, kept: Records, fronts: FrontEnds): ElbHandlers {
  const shape = (record: ListenerRecord): Listener => ({
    ListenerArn: record.arn,
    LoadBalancerArn: record.loadBalancerArn,
    Port: record.port,
    Protocol: 'HTTP',
    DefaultActions: rulesOf(kept, record.arn).at(-1)?.actions ?? [],
  })
  const atPort = (loadBalancerArn: string, port: number) =>
    [...kept.listeners.values()].find((listener) => listener.loadBalancerArn === loadBalancerArn && listener.port === port)
  const duplicate = (arn: string) =>
    new AwsError('DuplicateListenerException', `A listener already exists on this port for this load balancer '${arn}'`)

  return {
    async CreateListener(input) {
      const balancer = loadBalancerAt(kept, input.LoadBalancerArn)
      if (input.Protocol === undefined) throw invalid('A listener protocol must be specified')
      mustBeHttp(input.Protocol)
      if (input.Port === undefined) throw invalid('A listener port must be specified')
      mustBeWithin('port', input.Port, 1, 65_535)
      const actions = completedActions(kept, balancer.arn, input.DefaultActions)
      const tags = tagMap(input.Tags)
      const twin = atPort(balancer.arn, input.Port)
      if (twin) {
        const same = JSON.stringify(rulesOf(kept, twin.arn).at(-1)?.actions) === JSON.stringify(actions)
        if (!same) throw duplicate(balancer.arn)
        return { Listeners: [shape(twin)] }
      }
      const path = `${balancer.arn.split('loadbalancer/')[1]}/${elbId()}`
      const arn = elbArn(cloud, `listener/${path}`)
      kept.listeners.set(arn, { arn, loadBalancerArn: balancer.arn, port: input.Port, listensOn: 0 })
      const ruleArn = elbArn(cloud, `listener-rule/${path}/${elbId()}`)
      kept.rules.set(ruleArn, {
        arn: ruleArn,
        listenerArn: arn,
        loadBalancerArn: balancer.arn,
        priority: 'default',
        conditions: [],
        actions,
      })
      tag(kept, arn, tags)
      await fronts.open(arn)
      fronts.changed()
      return { Listeners: [shape(listenerAt(kept, arn))] }
    },
    DescribeListeners(input) {
      const { items, NextMarker } = page(chosenListeners(kept, input), input)
      return { Listeners: items.map(shape), NextMarker }
    },
    async ModifyListener(input) {
      const listener = listenerAt(kept, input.ListenerArn)
      if (input.Protocol !== undefined) mustBeHttp(input.Protocol)
      const port = input.Port ?? listener.port
      mustBeWithin('port', port, 1, 65_535)
      const rule = rulesOf(kept, listener.arn).at(-1)
      const actions = input.DefaultActions
        ? completedActions(kept, listener.loadBalancerArn, input.DefaultActions)
        : rule?.actions
      const other = atPort(listener.loadBalancerArn, port)
      if (other && other.arn !== listener.arn) throw duplicate(listener.loadBalancerArn)
      if (rule && actions) kept.rules.set(rule.arn, { ...rule, actions })
      if (port !== listener.port) {
        kept.listeners.set(listener.arn, { ...listener, port, listensOn: 0 })
        await fronts.open(listener.arn)
      }
      fronts.changed()
      return { Listeners: [shape(listenerAt(kept, listener.arn))] }
    },
    DeleteListener(input) {
      fronts.remove(listenerAt(kept, input.ListenerArn).arn)
      return {}
    },
    DescribeListenerAttributes(input) {
      listenerAt(kept, input.ListenerArn)
      return { Attributes: [{ Key: 'routing.http.response.server.enabled', Value: 'true' }] }
    },
  }
}

function mustBeHttp(protocol: string): void {
  if (protocol !== 'HTTP')
    throw new AwsError('UnsupportedProtocolException', `Listener protocol '${protocol}' is not simulated, only HTTP`)
}

function chosenListeners(kept: Records, input: { LoadBalancerArn?: string; ListenerArns?: string[] }): ListenerRecord[] {
  if (input.ListenerArns?.length) return input.ListenerArns.map((arn) => listenerAt(kept, arn))
  const { arn } = loadBalancerAt(kept, input.LoadBalancerArn)
  return [...kept.listeners.values()].filter((listener) => listener.loadBalancerArn === arn).sort((a, b) => a.port - b.port)
}
