// A stage for scheduler tests: ECS with a clock that the test turns, a scripted runtime, and the smallest neighbours that
// answer as the real ones do.
import { type Clock, realClock, type Timer } from '../../core/clock.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { bareCloud } from '../bare-cloud.ts'
import type { Call, Table, TargetHealth } from '../cloud.ts'
import type { EcsHandlers } from './context.ts'
import { type Ecs, ecs } from './ecs.ts'
import { targetKey } from './live-task.ts'
import type { TaskPlan } from './runtime.ts'
import { type Script, type ScriptedRuntime, scriptedRuntime } from './scripted-runtime.ts'
import type { Timings } from './timings.ts'

type Api = { [Name in keyof EcsHandlers]-?: (input: Input<EcsHandlers[Name]>) => Promise<Output<EcsHandlers[Name]>> }
type Input<Handler> = NonNullable<Handler> extends (input: infer Given, call: Call) => unknown ? Given : never
type Output<Handler> = NonNullable<Handler> extends (...call: never[]) => infer Answer ? Awaited<Answer> : never

export interface BusEvent {
  source: string
  detailType: string
  resources: string[]
  detail: Record<string, unknown>
}

export interface Stage {
  clock: ManualClock
  ecs: Ecs
  api: Api
  runtime: ScriptedRuntime
  /** What went over the event bus, oldest first, as JSON. */
  bus: BusEvent[]
  balancing: BalancingStandIn
  alarms: { set(name: string, state: 'OK' | 'ALARM'): void }
  /** Answers of Lambda functions, by ARN. */
  functions: Map<string, (payload: unknown) => unknown>
  network: { free: Map<string, number> }
  roles: { refused: Set<string> }
  lags: Map<string, number>
  /** Ends this ECS as if it had been killed, and brings another one up on what it had kept after what happens `meanwhile`. */
  restart(meanwhile?: () => void): Stage
}

export interface StageOptions {
  script?: (task: TaskPlan) => Script
  timings?: Partial<Timings>
  subnets?: Record<string, { zone: string; free: number }>
  clock?: ManualClock
}

const SUBNETS = {
  'subnet-a': { zone: 'ap-northeast-1a', free: 200 },
  'subnet-c': { zone: 'ap-northeast-1c', free: 200 },
}
const CALL: Call = {
  service: 'ecs',
  operation: '',
  requestId: 'test',
  principal: { accessKeyId: 'AKIA', arn: 'arn:aws:iam::123456789012:user/test', account: '123456789012', userId: 'AIDA' },
  endpoint: 'http://127.0.0.1:4566',
  signal: new AbortController().signal,
}

export function newStage(options: StageOptions = {}): Stage {
  const clock = options.clock ?? new ManualClock()
  const subnets = options.subnets ?? SUBNETS
  const free = new Map(Object.entries(subnets).map(([name, each]) => [name, each.free]))
  const interfaces = new Map<string, string>()
  const bus: BusEvent[] = []
  const states = new Map<string, 'OK' | 'ALARM'>()
  const watchers = new Set<(name: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') => void>()
  const functions = new Map<string, (payload: unknown) => unknown>()
  const refused = new Set<string>()
  const lags = new Map<string, number>()
  const balancing = new BalancingStandIn()
  const kept = new Map<string, Map<string, unknown>>()
  let addresses = 0
  const cloudOf = (life: Life) =>
    bareCloud({
      clock: life.clock,
      table<T>(name: string) {
        const table = life.tables.get(name) ?? new Map<string, unknown>()
        life.tables.set(name, table)
        return table as Table<T>
      },
      lag: (api) => lags.get(api) ?? 0,
      delivery: () => ({ duplicate: 0, disorderMs: 0 }),
      roles: {
        exists: () => true,
        trusts: (role) => !refused.has(role),
        allows: () => true,
        assume: () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't', expiration: new Date(0) }),
      },
      bus: { put: (event) => void (life.isOver || bus.push(JSON.parse(JSON.stringify({ ...event, detail: event.detail() })))) },
      alarms: {
        state: (name) => states.get(name),
        watch(changed) {
          watchers.add(changed)
          return () => watchers.delete(changed)
        },
      },
      functions: {
        async invoke(arn, payload) {
          const run = functions.get(arn)
          if (!run) throw new Error(`Function not found: ${arn}`)
          return run(payload)
        },
      },
      network: {
        vpcExists: () => true,
        vpcOf: () => 'vpc-1',
        subnetExists: (subnet) => subnet in subnets,
        securityGroupExists: (group) => group === 'sg-1',
        admits: () => true,
        letsOut: () => true,
        freeAddresses: (subnet) => free.get(subnet) ?? 0,
        availabilityZone: (subnet) => subnets[subnet as keyof typeof subnets]?.zone ?? 'ap-northeast-1a',
        allocate(subnet) {
          const left = free.get(subnet) ?? 0
          if (left === 0) throw new Error('InsufficientFreeAddressesInSubnet')
          free.set(subnet, left - 1)
          addresses++
          const networkInterfaceId = `eni-${String(addresses).padStart(17, '0')}`
          interfaces.set(networkInterfaceId, subnet)
          return { address: `10.0.${addresses >> 8}.${addresses & 255}`, networkInterfaceId, macAddress: '02:00:00:00:00:01' }
        },
        release(id) {
          const subnet = interfaces.get(id)
          if (subnet === undefined) throw new Error(`${id} was released twice`)
          interfaces.delete(id)
          free.set(subnet, (free.get(subnet) ?? 0) + 1)
        },
      },
      balancing,
    })
  const raise = (tables: Life['tables']): Stage => {
    const life = newLife(clock, tables)
    balancing.begin(life.clock)
    const runtime = scriptedRuntime(life.clock, options.script, { keepPlans: true })
    const service = ecs(cloudOf(life), { runtime, timings: options.timings })
    return {
      clock,
      ecs: service,
      api: apiOf(service),
      runtime,
      bus,
      balancing,
      alarms: {
        set(name, state) {
          states.set(name, state)
          for (const changed of watchers) changed(name, state)
        },
      },
      functions,
      network: { free },
      roles: { refused },
      lags,
      restart(meanwhile) {
        life.end()
        watchers.clear()
        meanwhile?.()
        return raise(structuredClone(life.tables))
      },
    }
  }
  return raise(kept)
}

/** One process of a sandbox: when it is over, its timers are, and nothing but its tables is left. */
interface Life {
  clock: Clock
  tables: Map<string, Map<string, unknown>>
  isOver: boolean
  end(): void
}

function newLife(clock: Clock, tables: Life['tables']): Life {
  const timers = new Set<Timer>()
  const life: Life = {
    clock: {
      factor: clock.factor,
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after(ms, run) {
        const timer = clock.after(ms, () => {
          timers.delete(timer)
          run()
        })
        timers.add(timer)
        return timer
      },
    },
    tables,
    isOver: false,
    end() {
      life.isOver = true
      for (const timer of timers) timer.cancel()
    },
  }
  return life
}

/** Handlers called as the wire calls them, errors as rejections. */
function apiOf({ handlers }: Ecs): Api {
  const entries = Object.entries(handlers) as [string, (input: unknown, call: Call) => unknown][]
  return Object.fromEntries(entries.map(([name, run]) => [name, async (input: unknown) => run(input, CALL)])) as Api
}

/** Target groups whose targets become healthy after a while, unless a test says otherwise. */
export class BalancingStandIn {
  #clock: Clock = realClock
  readonly #targets = new Map<string, { group: string; id: string; port: number; health: TargetHealth }>()
  readonly #watchers = new Set<(group: string, target: { id: string; port: number }, health: TargetHealth) => void>()
  /** Milliseconds until a target is healthy; undefined for never. */
  healthyAfter: number | undefined = 10_000
  /** Of every group. */
  targetType: 'ip' | 'instance' = 'ip'
  /** Milliseconds of draining. */
  drainsFor = 5000
  /** Weights by listener rule, oldest first. */
  readonly weights: { rule: string; weights: Record<string, number> }[] = []
  readonly groups = new Set(['blue', 'green', 'web'])
  /** What becomes of a target; `healthyAfter` when left out. */
  fate: ((id: string) => { after: number; state: TargetHealth['state'] }[]) | undefined

  /** A process begins, which knows the targets of the one before and not who watched them. */
  begin(clock: Clock): void {
    this.#clock = clock
    this.#watchers.clear()
  }

  targetGroup(arn: string) {
    const name = arn.split('/')[1] ?? ''
    if (!this.groups.has(name)) return undefined
    return { name, targetType: this.targetType, protocol: 'HTTP', port: 80, attached: true }
  }

  register(group: string, { id, port }: { id: string; port: number }): void {
    this.#targets.set(targetKey(group, id, port), { group, id, port, health: { state: 'initial' } })
    const usual = this.healthyAfter === undefined ? [] : [{ after: this.healthyAfter, state: 'healthy' as const }]
    for (const { after, state } of this.fate?.(id) ?? usual) this.#clock.after(after, () => this.set(group, id, port, state))
  }

  deregister(group: string, { id, port }: { id: string; port: number }, drained: () => void): void {
    this.#targets.delete(targetKey(group, id, port))
    this.#clock.after(this.drainsFor, drained)
  }

  health(group: string, { id, port }: { id: string; port: number }): TargetHealth | undefined {
    return this.#targets.get(targetKey(group, id, port))?.health
  }

  watch(changed: (group: string, target: { id: string; port: number }, health: TargetHealth) => void): () => void {
    this.#watchers.add(changed)
    return () => this.#watchers.delete(changed)
  }

  setWeights(rule: string, weights: { targetGroupArn: string; weight: number }[]): void {
    this.weights.push({
      rule,
      weights: Object.fromEntries(weights.map(({ targetGroupArn, weight }) => [targetGroupArn.split('/')[1], weight])),
    })
  }

  set(group: string, id: string, port: number, state: TargetHealth['state'], description?: string): void {
    const target = this.#targets.get(targetKey(group, id, port))
    if (!target) return
    target.health = { state, description }
    for (const changed of this.#watchers) changed(group, { id, port }, target.health)
  }

  /** Ids of the targets of a group. */
  ids(group: string): string[] {
    return [...this.#targets.values()].filter((each) => each.group === group).map(({ id }) => id)
  }
}

export const groupArn = (name: string): string =>
  `arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/${name}/0123456789abcdef`
