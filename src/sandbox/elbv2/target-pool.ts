// The targets as they live: their health, what is in flight to them, their draining, and whose turn it is.
import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Timer } from '../../core/clock.ts'
import type { Cloud, Target, TargetHealth } from '../cloud.ts'
import { type ProbePace, REGISTERING, startHealthCheck } from './health-check.ts'
import { isLoopback } from './loopback.ts'
import { loadBalancersOf, type Records, type TargetRecord, targetGroupAt } from './records.ts'

export interface LiveTarget extends TargetRecord {
  groupArn: string
  health: TargetHealth
  inFlight: number
  /** Kept-alive connections, for requests that may be sent twice. */
  kept: Agent
  /** A connection for one request: nothing can close it in the moment in which it is used again. */
  fresh: Agent
  /** Upgraded connections. */
  tunnels: Set<Duplex>
  healthySince: number
  check: { stop(): void } | undefined
  draining: { timer: Timer; drained: (() => void)[] } | undefined
}

type Address = { id: string; port: number }
type Watcher = (targetGroupArn: string, target: Address, health: TargetHealth) => void

/** Below what common servers wait before they close an idle connection (Node 5 s); a shorter hint of theirs counts. */
const IDLE_CONNECTION_MS = 4000
const IDLE_CONNECTIONS_MAX = 64
/** Requests are real, and have this real time to end before their target goes, unless the whole delay is shorter. */
const DRAIN_REAL_MS = 30_000

const NOT_IN_USE: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
}
const DRAINING: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
}

export class TargetPool {
  readonly #cloud: Cloud
  readonly #kept: Records
  readonly #pace: ProbePace
  readonly #groups = new Map<string, Map<string, LiveTarget>>()
  readonly #watchers = new Set<Watcher>()
  readonly #turns = new Map<string, number>()

  constructor(cloud: Cloud, kept: Records, pace: ProbePace) {
    this.#cloud = cloud
    this.#kept = kept
    this.#pace = pace
    for (const group of kept.targetGroups.values()) for (const target of group.targets) this.#enter(group.arn, target)
  }

  /** Registers a target, or one again that is still draining. */
  register(groupArn: string, target: Target): void {
    const group = targetGroupAt(this.#kept, groupArn)
    const known = this.#find(groupArn, target)
    if (known && !known.draining && known.connect.host === target.connect.host && known.connect.port === target.connect.port)
      return
    if (known && !known.draining) this.#leave(known)
    const record: TargetRecord = { id: target.id, port: target.port, connect: target.connect }
    if (target.availabilityZone !== undefined) record.availabilityZone = target.availabilityZone
    const others = group.targets.filter((other) => !sameAddress(other, target))
    this.#kept.targetGroups.set(groupArn, { ...group, targets: [...others, record] })
    this.#enter(groupArn, record)
  }

  deregister(groupArn: string, address: Address, drained: () => void): void {
    const target = this.#find(groupArn, address)
    if (!target) {
      queueMicrotask(drained)
      return
    }
    if (target.draining) {
      target.draining.drained.push(drained)
      return
    }
    const group = this.#kept.targetGroups.get(groupArn)
    // A target that drains is not kept: after a restart nothing is in flight to it any more.
    if (group) {
      const targets = group.targets.filter((other) => !sameAddress(other, address))
      this.#kept.targetGroups.set(groupArn, { ...group, targets })
    }
    target.check?.stop()
    closeIdle(target.kept)
    const { clock } = this.#cloud
    const delay = Number(group?.attributes['deregistration_delay.timeout_seconds'] ?? 0) * 1000
    const wait = Math.max(delay, Math.min(delay, DRAIN_REAL_MS) * clock.factor)
    target.draining = { drained: [drained], timer: clock.after(wait, () => this.#leave(target)) }
    this.#become(target, DRAINING)
    if (target.inFlight === 0) queueMicrotask(() => target.inFlight === 0 && this.#leave(target))
  }

  targets(groupArn: string): LiveTarget[] {
    return [...(this.#groups.get(groupArn)?.values() ?? [])]
  }

  health(groupArn: string, address: Address): TargetHealth | undefined {
    return this.#find(groupArn, address)?.health
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /**
   * Takes the target whose turn it is, one that has not been tried where there is one; every `take` needs its
   * `release`. When none is healthy any will do, as ALB fails open.
   */
  take(groupArn: string, tried: Set<LiveTarget>): LiveTarget | undefined {
    const all = this.targets(groupArn).filter((target) => !target.draining && isLoopback(target.connect.host))
    const healthy = all.filter((target) => target.health.state === 'healthy')
    const open = healthy.length > 0 ? healthy : all
    const untried = open.filter((target) => !tried.has(target))
    const target = this.#next(groupArn, untried.length > 0 ? untried : open)
    if (target) target.inFlight++
    return target
  }

  release(target: LiveTarget): void {
    target.inFlight--
    if (target.draining && target.inFlight === 0) this.#leave(target)
  }

  /** Starts and stops checks after rules have changed: only a group that a rule forwards to is checked. */
  refresh(): void {
    for (const [groupArn, targets] of this.#groups) {
      const attached = loadBalancersOf(this.#kept, groupArn).length > 0
      for (const target of targets.values()) {
        if (target.draining || attached === Boolean(target.check)) continue
        if (attached) {
          this.#become(target, REGISTERING)
          this.#check(target)
        } else {
          target.check?.stop()
          target.check = undefined
          this.#become(target, NOT_IN_USE)
        }
      }
    }
  }

  forget(groupArn: string): void {
    for (const target of this.targets(groupArn)) this.#leave(target)
    this.#groups.delete(groupArn)
    this.#turns.delete(groupArn)
  }

  close(): void {
    for (const groupArn of [...this.#groups.keys()]) for (const target of this.targets(groupArn)) cut(target)
  }

  #find(groupArn: string, address: Address): LiveTarget | undefined {
    return this.#groups.get(groupArn)?.get(key(address))
  }

  #enter(groupArn: string, record: TargetRecord): void {
    const target: LiveTarget = {
      ...record,
      groupArn,
      health: NOT_IN_USE,
      inFlight: 0,
      kept: new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS, maxFreeSockets: IDLE_CONNECTIONS_MAX }),
      fresh: new Agent({ keepAlive: false }),
      tunnels: new Set(),
      healthySince: 0,
      check: undefined,
      draining: undefined,
    }
    const group = this.#groups.get(groupArn) ?? new Map<string, LiveTarget>()
    this.#groups.set(groupArn, group.set(key(record), target))
    if (loadBalancersOf(this.#kept, groupArn).length === 0) return
    this.#become(target, REGISTERING)
    this.#check(target)
  }

  #check(target: LiveTarget): void {
    const settings = () => targetGroupAt(this.#kept, target.groupArn).healthCheck
    const admitted = () => this.#isAdmitted(target)
    const changed = (health: TargetHealth) => this.#become(target, health)
    target.check = startHealthCheck(this.#cloud.clock, this.#pace, target, { settings, admitted, changed })
  }

  /** Whether the target's security groups let a load balancer of its group in. */
  #isAdmitted({ groupArn, id, port }: LiveTarget): boolean {
    const balancers = loadBalancersOf(this.#kept, groupArn).flatMap((arn) => this.#kept.loadBalancers.get(arn) ?? [])
    return balancers.some(({ securityGroups }) => this.#cloud.network.admits(id, port, securityGroups))
  }

  #become(target: LiveTarget, health: TargetHealth): void {
    if (health.state === 'healthy' && target.health.state !== 'healthy') target.healthySince = this.#cloud.clock.elapsed()
    target.health = health
    for (const watcher of this.#watchers) watcher(target.groupArn, { id: target.id, port: target.port }, health)
  }

  /** The end of a target: whatever is still in flight to it is cut, as at the end of ALB's deregistration delay. */
  #leave(target: LiveTarget): void {
    const group = this.#groups.get(target.groupArn)
    if (group?.get(key(target)) === target) group.delete(key(target))
    target.draining?.timer.cancel()
    const drained = target.draining?.drained.splice(0) ?? []
    cut(target)
    for (const run of drained) run()
  }

  #next(groupArn: string, open: LiveTarget[]): LiveTarget | undefined {
    const attributes = this.#kept.targetGroups.get(groupArn)?.attributes
    const turn = (this.#turns.get(groupArn) ?? -1) + 1
    this.#turns.set(groupArn, turn)
    const start = open.length === 0 ? 0 : turn % open.length
    const inTurn = [...open.slice(start), ...open.slice(0, start)]
    if (attributes?.['load_balancing.algorithm.type'] === 'least_outstanding_requests') {
      return inTurn.reduce<LiveTarget | undefined>(
        (least, each) => (!least || each.inFlight < least.inFlight ? each : least),
        undefined,
      )
    }
    const slowStart = Number(attributes?.['slow_start.duration_seconds'] ?? 0) * 1000
    return inTurn.find((target) => this.#isWarm(target, slowStart)) ?? inTurn[0]
  }

  /** In slow start a target takes its turn with a chance that grows linearly to one. */
  #isWarm(target: LiveTarget, slowStart: number): boolean {
    const age = this.#cloud.clock.elapsed() - target.healthySince
    return age >= slowStart || Math.random() < age / slowStart
  }
}

const key = (address: Address) => `${address.id}:${address.port}`
const sameAddress = (a: Address, b: Address) => a.id === b.id && a.port === b.port

/** Closes the connections that nobody uses, and each other one as soon as it is free. */
function closeIdle(agent: Agent): void {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

function cut(target: LiveTarget): void {
  target.check?.stop()
  target.check = undefined
  target.kept.destroy()
  target.fresh.destroy()
  for (const tunnel of target.tunnels) tunnel.destroy()
}
