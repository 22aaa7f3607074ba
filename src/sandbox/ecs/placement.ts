// Where a task goes: which capacity provider, zone and subnet, or why nowhere.
import { randomUUID } from 'node:crypto'
import type { CapacityProviderStrategyItem, LaunchType } from '@aws-sdk/client-ecs'
import type { Engine, LaunchBucket, LiveService } from './engine.ts'
import { closestMatch, type Seat } from './instance-placement.ts'
import type { LiveTask } from './live-task.ts'
import type { TaskRecord } from './state.ts'
import { LAUNCH_BURST, LAUNCHES_PER_SECOND } from './timings.ts'

/** Why a task could not be placed: the sentence of ECS, and the `reason` of its event on the bus. */
export interface Misplacement {
  reason: string
  /** On instances: which one lacks least, and what. */
  closest?: string
  busReason: string
}

export const VCPU_LIMIT = "You've reached the limit on the number of vCPUs you can run concurrently"
export const NO_INSTANCES = 'No Container Instances were found in your cluster'
const NO_CAPACITY = 'Capacity is unavailable at this time. Please try again later or in a different availability zone'
const CPU_UNITS_PER_VCPU = 1024

export interface Infrastructure {
  launchType: LaunchType | undefined
  capacityProvider: string | undefined
  /** EC2 launch type only. */
  seat?: Seat
}

/** What stands against one more task of `cpu` units there; undefined when nothing does. */
export function misplacement(engine: Engine, where: Infrastructure, cpu: string | undefined): Misplacement | undefined {
  const { capacity } = engine
  if (where.launchType === 'EC2' || where.launchType === 'EXTERNAL') return unseated(where.seat)
  const provider = where.capacityProvider ?? 'FARGATE'
  if (capacity.exhausted.has(provider)) return { reason: NO_CAPACITY, busReason: 'RESOURCE:FARGATE' }
  if (capacity.vcpus !== undefined && cpuInUse(engine) + Number(cpu ?? 0) > capacity.vcpus * CPU_UNITS_PER_VCPU) {
    return { reason: VCPU_LIMIT, busReason: 'RESOURCE:CPU' }
  }
  return undefined
}

function unseated(seat: Seat | undefined): Misplacement | undefined {
  if (seat && 'instance' in seat) return undefined
  const [closest] = seat?.lacking ?? []
  if (!closest) return { reason: NO_INSTANCES, busReason: 'RESOURCE:CPU' }
  return { reason: closest.lack, closest: closestMatch(closest), busReason: closest.lack }
}

function cpuInUse(engine: Engine): number {
  let units = 0
  for (const { record } of engine.tasks.values()) if (record.launchType !== 'EC2') units += Number(record.cpu ?? 0)
  return units
}

/**
 * Takes one launch of Fargate's token bucket, on demand or on Spot. When there is none, the service is looked at again once there
 * is one for it: those who wait have their turn one after the other, or each launch would have all of them look.
 */
export function takeLaunch(
  engine: Engine,
  service: LiveService,
  { launchType, capacityProvider = 'FARGATE' }: Infrastructure,
): boolean {
  if (launchType === 'EC2') return true
  const bucket = filledBucket(engine, capacityProvider)
  if (bucket.left < 1) {
    bucket.waiting.add(service)
    wakeNext(engine, bucket, capacityProvider)
    return false
  }
  bucket.left--
  return true
}

function filledBucket({ capacity, clock }: Engine, provider: string): LaunchBucket {
  const now = clock.elapsed()
  const bucket = capacity.launches.get(provider) ?? { left: LAUNCH_BURST, at: now, waiting: new Set(), timer: undefined }
  capacity.launches.set(provider, bucket)
  bucket.left = Math.min(LAUNCH_BURST, bucket.left + ((now - bucket.at) / 1000) * LAUNCHES_PER_SECOND)
  bucket.at = now
  return bucket
}

function wakeNext(engine: Engine, bucket: LaunchBucket, provider: string): void {
  const ms = Math.ceil((Math.max(0, 1 - bucket.left) * 1000) / LAUNCHES_PER_SECOND)
  bucket.timer ??= engine.clock.after(ms, () => {
    bucket.timer = undefined
    const [next] = bucket.waiting
    if (!next) return
    bucket.waiting.delete(next)
    engine.reconcile(next)
    if (bucket.waiting.size > 0) wakeNext(engine, filledBucket(engine, provider), provider)
  })
}

/**
 * The capacity provider for one more task: bases first, then by weight. Providers without capacity are not passed over:
 * a strategy's tasks wait for theirs (Developer Guide, "Fargate capacity providers").
 */
export function nextProvider(
  strategy: readonly CapacityProviderStrategyItem[],
  running: ReadonlyMap<string, number>,
): string | undefined {
  const count = (item: CapacityProviderStrategyItem) => running.get(item.capacityProvider ?? '') ?? 0
  for (const item of strategy) if (count(item) < (item.base ?? 0)) return item.capacityProvider
  let best: CapacityProviderStrategyItem | undefined
  let least = Number.POSITIVE_INFINITY
  for (const item of strategy) {
    if (!item.weight) continue
    const share = (count(item) - (item.base ?? 0)) / item.weight
    if (share < least) {
      least = share
      best = item
    }
  }
  return best?.capacityProvider
}

/** The zone and subnet of one more task: those of its container instance, or `nextZone` on Fargate. */
export function nextPlace(
  engine: Engine,
  { seat }: Infrastructure,
  zones: readonly { subnet: string; zone: string }[],
  own: readonly LiveTask[],
  others: readonly LiveTask[] = [],
): { subnet: string; zone: string } | undefined {
  if (!seat) return nextZone(engine, zones, own, others)
  return 'instance' in seat ? zones.find(({ zone }) => zone === seat.instance.availabilityZone) : undefined
}

/**
 * The zone with the fewest tasks of the service, and among equals with the fewest of `own`, of those with a free address;
 * else any, where the task will then fail for want of one.
 */
function nextZone(
  engine: Engine,
  zones: readonly { subnet: string; zone: string }[],
  own: readonly LiveTask[],
  others: readonly LiveTask[] = [],
): { subnet: string; zone: string } | undefined {
  if (zones.length < 2) return zones[0]
  const mine = zoneCounts(own)
  const theirs = zoneCounts(others)
  let best: { subnet: string; zone: string } | undefined
  let least = { all: Number.POSITIVE_INFINITY, own: 0 }
  for (const each of zones) {
    const count = mine.get(each.zone) ?? 0
    const all = count + (theirs.get(each.zone) ?? 0)
    const isLess = all < least.all || (all === least.all && count < least.own)
    if (!isLess || engine.cloud.network.freeAddresses(each.subnet) === 0) continue
    least = { all, own: count }
    best = each
  }
  return best ?? zones[0]
}

export function zoneCounts(tasks: Iterable<LiveTask>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { active, record } of tasks) {
    if (active) counts.set(record.availabilityZone, (counts.get(record.availabilityZone) ?? 0) + 1)
  }
  return counts
}

/** Takes an address for the task; gives the task's stoppedReason when the subnet has none left. */
export function attachInterface(
  engine: Engine,
  record: TaskRecord,
  subnet: string,
  securityGroups: readonly string[],
): string | undefined {
  try {
    record.interface = { attachmentId: randomUUID(), subnet, ...engine.cloud.network.allocate(subnet, securityGroups) }
    return undefined
  } catch {
    return `Unexpected EC2 error while attempting to Create Network Interface in subnet '${subnet}': InsufficientFreeAddressesInSubnet`
  }
}
