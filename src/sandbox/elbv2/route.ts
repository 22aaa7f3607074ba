// Which action a request gets: the rules of a listener, ready to be asked.
import type { IncomingMessage } from 'node:http'
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import { type Condition, conditionOf, type RequestFacts } from './conditions.ts'
import { forwardedTo, type Records, rulesOf } from './records.ts'

export interface Route {
  action: Action
  /** For a forward: the target group whose turn it is. */
  targetGroup(): string | undefined
}

export class Router {
  readonly #rules: { conditions: Condition[]; route: Route }[]

  constructor(kept: Records, listenerArn: string) {
    this.#rules = rulesOf(kept, listenerArn).flatMap(({ conditions, actions: [action] }) => {
      if (!action) return []
      return [{ conditions: conditions.map(conditionOf), route: { action, targetGroup: weightedTurn(forwardedTo(action)) } }]
    })
  }

  route(facts: RequestFacts): Route | undefined {
    return this.#rules.find(({ conditions }) => conditions.every((matches) => matches(facts)))?.route
  }
}

/** Undefined when the request target is none that an origin server can serve. */
export function requestFacts(incoming: IncomingMessage): RequestFacts | undefined {
  const target = originForm(incoming.url ?? '')
  if (target === undefined) return undefined
  const mark = target.indexOf('?')
  return {
    method: incoming.method ?? '',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    host: (incoming.headers.host ?? '').toLowerCase().replace(/:\d+$/, ''),
    headers: incoming.headersDistinct,
    address: incoming.socket.remoteAddress ?? '',
  }
}

/** The path and query of a request target (RFC 9112 §3.2), which may be given in absolute form. */
export function originForm(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return target
  const absolute = /^https?:\/\/[^/?#]*([^#]*)$/i.exec(target)
  if (!absolute) return undefined
  const rest = absolute[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Smooth weighted round robin: exact shares, spread evenly, so that five per cent is every twentieth request. */
export function weightedTurn(groups: { arn: string; weight: number }[]): () => string | undefined {
  const total = groups.reduce((sum, group) => sum + group.weight, 0)
  const credits = groups.map(() => 0)
  return () => {
    if (total === 0) return undefined
    let best = 0
    groups.forEach((group, at) => {
      credits[at] = (credits[at] ?? 0) + group.weight
      if ((credits[at] ?? 0) > (credits[best] ?? 0)) best = at
    })
    credits[best] = (credits[best] ?? 0) - total
    return groups[best]?.arn
  }
}
