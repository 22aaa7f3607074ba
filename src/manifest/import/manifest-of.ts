// A manifest of what another tool's files say of each environment: what is the same everywhere stands once, what differs
// stands under its environment, and no task or schedule has a definition of its own that a service has too.
import {
  type ForeignEnvironment,
  type ForeignNetwork,
  type ForeignProduct,
  type ForeignService,
  type ForeignTask,
  isMap,
} from './foreign.ts'
import { type Keys, type Place, serviceKeys } from './service-keys.ts'

/** An environment with the keys of what runs there, each in its long form. */
export interface EnvironmentKeys {
  name: string
  account?: string
  region?: string
  more: Keys
  services: Map<string, Keys>
  tasks: Map<string, Keys>
  schedules: Map<string, Keys>
}

export function manifestOf({ environments, ...product }: ForeignProduct): Record<string, unknown> {
  return manifestOfKeys({ ...product, environments: environments.map((environment) => keysOfAll(product.product, environment)) })
}

export function manifestOfKeys({
  product,
  environments,
  workflows,
  auto_deploy,
}: Omit<ForeignProduct, 'environments'> & { environments: EnvironmentKeys[] }): Record<string, unknown> {
  const services = spread(environments.map((one) => one.services))
  const tasks = spread(environments.map((one) => one.tasks))
  const schedules = spread(environments.map((one) => one.schedules))
  const [first] = environments
  return {
    ...withoutEmpty({ product, account: first?.account, region: first?.region }),
    environments: Object.fromEntries(
      environments.map((environment, at) => [
        environment.name,
        withoutEmpty({
          ...environment.more,
          account: environment.account === first?.account ? undefined : environment.account,
          region: environment.region === first?.region ? undefined : environment.region,
          services: shortened(services.patches[at] ?? {}),
          schedules: schedules.patches[at],
          tasks: tasks.patches[at],
        }),
      ]),
    ),
    services: shortened(services.base),
    ...withoutEmpty({ schedules: schedules.base, tasks: tasks.base, workflows, auto_deploy }),
  }
}

function keysOfAll(product: string, environment: ForeignEnvironment): EnvironmentKeys {
  const { name, account, region } = environment
  const place: Place = { product, environment: name, account, region }
  const network = sharedNetwork(environment)
  if (network) environment.more.network = network
  const made: EnvironmentKeys = {
    name,
    account,
    region,
    more: environment.more,
    services: new Map(),
    tasks: new Map(),
    schedules: new Map(),
  }
  /** Services by the definition that they run with. */
  const known = new Map<string, string>()
  for (const [service, foreign] of environment.services) {
    const keys = keysOf(service, foreign, place, network)
    known.set(signature(keys, service), known.get(signature(keys, service)) ?? service)
    made.services.set(service, ofService(keys, foreign))
  }
  const lenderOf = (task: string, { unit }: ForeignTask): string => {
    const keys = keysOf(task, { unit }, place, network)
    const sign = signature(keys, task)
    const lender = known.get(sign)
    if (lender !== undefined) return lender
    const own = made.services.has(task) ? `${task}-task` : task
    known.set(sign, own)
    made.services.set(own, { ...keysOf(own, { unit }, place, network), tasks_only: true, ...unbalanced(keys) })
    return own
  }
  for (const kind of ['tasks', 'schedules'] as const)
    for (const [name, task] of environment[kind]) made[kind].set(name, { service: lenderOf(name, task), ...task.more })
  return made
}

function keysOf(name: string, { unit }: { unit: ForeignTask['unit'] }, place: Place, shared: ForeignNetwork | undefined): Keys {
  const network = JSON.stringify(unit.network) === JSON.stringify(shared) ? undefined : unit.network
  return serviceKeys(name, { ...unit, network }, place)
}

/** Equal for definitions that are the same; only whoever has it calls its container otherwise. */
function signature({ names, ...keys }: Keys, name: string): string {
  return JSON.stringify({ ...keys, names: { container: name, ...(names as Keys) } })
}

function ofService(keys: Keys, { service, count, more }: ForeignService): Keys {
  const { names, health, ...others } = keys
  const { health: check, load_balancer, names: named, ...rest } = more
  const balanced = load_balancer === true
  return {
    ...others,
    ...(health || check ? { health: { ...(health as Keys), ...(check as Keys) } } : {}),
    ...(balanced ? {} : unbalanced(keys)),
    count: count ?? 'keep',
    names: { service, ...(names as Keys), ...(named as Keys) },
    ...rest,
  }
}

/** What load balancer a service has, its live self knows. */
const unbalanced = ({ port, ports }: Keys): Keys => (port === undefined && ports === undefined ? {} : { load_balancer: false })

/** The network of all that runs in an environment, where all that say one say the same. */
function sharedNetwork({ services, tasks, schedules }: ForeignEnvironment): ForeignNetwork | undefined {
  const networks = [...services.values(), ...tasks.values(), ...schedules.values()].flatMap(({ unit }) => unit.network ?? [])
  return new Set(networks.map((network) => JSON.stringify(network))).size === 1 ? networks[0] : undefined
}

/** Keys whose map is one choice. */
const whole = new Set(['size', 'capacity'])

/**
 * What all environments share, and what each adds or changes. Nothing has to be taken away by null again: what is not
 * everywhere is not shared; only what an environment has not at all is null there.
 */
function spread(everywhere: Map<string, Keys>[]): { base: Record<string, Keys>; patches: Record<string, Keys | null>[] } {
  const names = [...new Set(everywhere.flatMap((one) => [...one.keys()]))]
  const base: Record<string, Keys> = {}
  const patches: Record<string, Keys | null>[] = everywhere.map(() => ({}))
  for (const name of names) {
    const having = everywhere.map((one) => one.get(name)).filter((one) => one !== undefined)
    base[name] = common(having)
    for (const [at, one] of everywhere.entries()) {
      const own = one.get(name)
      const patch = own && difference(own, base[name])
      if (patch === undefined) (patches[at] as Keys)[name] = null
      else if (Object.keys(patch).length > 0) (patches[at] as Keys)[name] = patch
    }
  }
  return { base, patches }
}

/** Of a key that all have, the first's value may stand for all: a patch replaces it. */
function common(maps: Keys[]): Keys {
  const [first = {}, ...others] = maps
  return Object.fromEntries(
    Object.entries(first).flatMap(([key, value]) => {
      if (!others.every((other) => Object.hasOwn(other, key))) return []
      const values = [value, ...others.map((other) => other[key])]
      const maps = values.filter(isMap)
      if (maps.length < values.length || whole.has(key)) return [[key, values.includes('keep') ? 'keep' : value]]
      const shared = common(maps)
      return Object.keys(shared).length > 0 ? [[key, shared]] : []
    }),
  )
}

function difference(own: Keys, base: Keys): Keys {
  return Object.fromEntries(
    Object.entries(own).flatMap(([key, value]) => {
      const shared = base[key]
      if (JSON.stringify(shared) === JSON.stringify(value)) return []
      if (!isMap(value) || !isMap(shared) || whole.has(key)) return [[key, value]]
      const inner = difference(value, shared)
      return Object.keys(inner).length > 0 ? [[key, inner]] : []
    }),
  )
}

/** Long forms that say one thing, as a team would write them; a patch keeps its long forms, which merge the same. */
function shortened<Value extends Keys | null>(services: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(services).map(([name, keys]) => {
      if (keys === null) return [name, keys]
      const { build, logs } = keys
      const short = {
        ...keys,
        ...(build === undefined ? {} : { build: oneOf(build, 'context') }),
        ...(logs === undefined ? {} : { logs: oneOf(logs, 'driver') }),
      }
      return [name, inOrder(short)]
    }),
  ) as Record<string, Value>
}

/** What people look for first stands first. */
const order = ['build', 'image', 'tasks_only', 'names', 'port', 'ports', 'load_balancer', 'health', 'capacity', 'size', 'count']

const inOrder = (keys: Keys): Keys => {
  const first = order.filter((key) => Object.hasOwn(keys, key)).map((key) => [key, keys[key]])
  return { ...Object.fromEntries(first), ...keys }
}

const oneOf = (value: unknown, key: string): unknown =>
  isMap(value) && Object.keys(value).length === 1 && Object.hasOwn(value, key) ? value[key] : value

const withoutEmpty = (keys: Keys): Keys =>
  Object.fromEntries(
    Object.entries(keys).filter(([, value]) => {
      const isEmpty = isMap(value) && Object.keys(value).length === 0
      return value !== undefined && !isEmpty
    }),
  )
