// A manifest as one environment sees it: patches merged, defaults filled in, names and references computed.
import { KibanError } from '../core/error.ts'
import { manifestErrors } from '../core/messages/manifest.ts'
import type { hookStages, strategies } from './deploy-settings.ts'
import type { Manifest } from './manifest.ts'
import { type EnvironmentNames, environmentNames, filled, names, type ServiceNames } from './names.ts'
import { nearest } from './nearest.ts'
import { merged } from './patch.ts'
import { valueFrom } from './secret.ts'
import type { Service } from './service.ts'
import type { Size } from './size.ts'

export interface EnvironmentManifest {
  product: string
  environment: string
  protected: boolean
  approvals: number
  account: string | undefined
  region: string | undefined
  owners: NonNullable<Manifest['owners']>
  names: EnvironmentNames
  network: Network
  services: Record<string, ServiceManifest>
  schedules: Record<string, ScheduleManifest>
  tasks: Record<string, TaskManifest>
}

/** Every time is in seconds; everything that has a default has a value. */
export interface ServiceManifest {
  name: string
  names: ServiceNames
  build: ServiceBuild | undefined
  image: string | undefined
  /** The first is the load balancer's. */
  ports: { port: number; protocol: 'tcp' | 'udp'; name: string | undefined }[]
  /** Whether a load balancer sends to the first port, through `names.targetGroup`. */
  balanced: boolean
  health: Health
  size: Size
  architecture: 'x86_64' | 'arm64'
  /** GiB beyond Fargate's own 20. */
  storage: number | undefined
  capacity: Capacity
  count: {
    min: number
    max: number
    autoscaled: boolean
    cpu: number | undefined
    memory: number | undefined
    requests: number | undefined
    /** The number that runs is left as it is. */
    kept: boolean
  }
  env: Record<string, string>
  /** Environment variable → `valueFrom` of a container definition. */
  secrets: Record<string, string>
  before: string[]
  command: string[] | undefined
  entrypoint: string[] | undefined
  stopTimeout: number
  exec: boolean
  logs: { driver: 'awslogs' | 'firelens' | 'none'; options: Record<string, string> }
  deploy: Rollout
  network: Network
  /** By container name, in AWS's words. */
  containers: Record<string, Record<string, unknown>>
  /** Containers beside its own whose images are built too. */
  sidecars: Record<string, { build: ServiceBuild; repository: string }>
  volumes: Record<string, unknown>[]
  /** A file's path, or the members themselves. */
  definition: string | Record<string, unknown> | undefined
  /** No ECS service is made of it. */
  tasksOnly: boolean
  tags: Record<string, string>
  /** As the team wrote it for this environment: what is not here is a default. */
  written: Service
}

export interface ServiceBuild {
  context: string
  dockerfile: string
  args: Record<string, string>
  target: string | undefined
}

export interface Health {
  path: string | undefined
  interval: number | undefined
  timeout: number | undefined
  healthy: number | undefined
  unhealthy: number | undefined
  grace: number
  matcher: string | undefined
  command: string[] | undefined
}

export type Capacity =
  | { launch: 'fargate' | 'fargate-spot' | 'ec2' }
  | { providers: { provider: string; weight?: number; base?: number }[] }

/** Undefined: found by name (subnets tagged `{vpc}-private…`, the security group `names.securityGroup`). */
export interface Network {
  subnets: string[] | undefined
  securityGroups: string[] | undefined
  publicIp: boolean
}

export interface Rollout {
  strategy: (typeof strategies)[number]
  /** Canary's first share or linear's step. */
  percent: number
  /** Between two shifts. */
  stepBake: number
  bake: number
  pause: (typeof hookStages)[number][]
  hooks: {
    stages: (typeof hookStages)[number][]
    function: string
    role: string | undefined
    timeout: number | undefined
    onTimeout: 'rollback' | 'continue'
  }[]
  alarms: string[]
  rollback: boolean
  circuitBreaker: { enabled: boolean; threshold: Threshold | undefined; resetOnHealthy: boolean }
  minimumPercent: number
  maximumPercent: number
  earlySuccess: { healthyPercent: number; cleanup: 'blocking' | 'deferred' } | undefined
  listenerRule: string | undefined
  testListenerRule: string | undefined
  deadline: number
}

export type Threshold = { tasks: number } | { percent: number }

export interface TaskManifest {
  name: string
  /** Runs with this service's definition. */
  service: string
  command: string[] | undefined
  env: Record<string, string>
  /** Undefined: the service's. */
  size: Size | undefined
  timeout: number
  description: string | undefined
}

export interface ScheduleManifest extends TaskManifest {
  when: { cron: string } | { rate: string }
  timezone: string
  count: number
  enabled: boolean
  /** What becomes of a run whose time comes while the one before still runs. */
  overlap: 'allow' | 'skip'
  /** Undefined members: as AWS has them. */
  retry: { attempts: number | undefined; withinSeconds: number | undefined } | undefined
  /** A queue's name or ARN. */
  deadLetter: string | undefined
  /** Name or ARN. */
  role: string
}

const MINUTE = 60
const HOUR = 3600

/** Where a product runs when its manifest names no environment. */
const usualEnvironments: NonNullable<Manifest['environments']> = { staging: {}, production: { protected: true } }

export function environmentsOf(manifest: Manifest): NonNullable<Manifest['environments']> {
  const own = manifest.environments
  return own && Object.keys(own).length > 0 ? own : usualEnvironments
}

/** Throws `environment.unknown`. */
export function forEnvironment(manifest: Manifest, environment: string): EnvironmentManifest {
  const environments = environmentsOf(manifest)
  const own = Object.hasOwn(environments, environment) ? environments[environment] : undefined
  if (!own) {
    const known = Object.keys(environments)
    const near = nearest(environment, known)
    throw new KibanError('not-found', 'environment.unknown', manifestErrors.environmentUnknown(manifest.product, environment), {
      hint: manifestErrors.environmentsHint(near ? [near, ...known.filter((one) => one !== near)] : known),
    })
  }
  const usual = environmentNames(manifest.product, environment)
  const place: Surroundings = {
    product: manifest.product,
    environment,
    account: own.account ?? manifest.account,
    region: own.region ?? manifest.region,
    names: {
      cluster: own.cluster ?? usual.cluster,
      vpc: own.vpc ?? usual.vpc,
      parameters: own.parameters ?? usual.parameters,
      schedules: usual.schedules,
    },
    network: networkOf(own.network, { subnets: undefined, securityGroups: undefined, publicIp: false }),
  }
  return {
    product: place.product,
    environment,
    protected: own.protected ?? false,
    approvals: own.approvals ?? 0,
    account: place.account,
    region: place.region,
    owners: manifest.owners ?? {},
    names: place.names,
    network: place.network,
    services: each(here(manifest.services, own.services), (service, name) =>
      serviceManifest(name, merged(service, own.services?.[name] ?? undefined), place),
    ),
    schedules: each(here(manifest.schedules, own.schedules), (schedule, name) => {
      const { cron, rate, timezone, count, enabled, overlap, retry, dead_letter, role, ...task } = merged(
        schedule,
        own.schedules?.[name] ?? undefined,
      )
      return {
        ...taskManifest(name, task),
        when: cron !== undefined ? { cron } : { rate: rate ?? '' },
        timezone: timezone ?? 'UTC',
        count: count ?? 1,
        enabled: enabled ?? true,
        overlap: overlap ?? 'allow',
        retry: retry && { attempts: retry.attempts, withinSeconds: retry.within },
        deadLetter: dead_letter,
        role: role ?? usual.schedulerRole,
      }
    }),
    tasks: each(here(manifest.tasks, own.tasks), (task, name) =>
      taskManifest(name, merged(task, own.tasks?.[name] ?? undefined)),
    ),
  }
}

/** What an environment has of a map: `null` in its patch takes one away. */
function here<Value>(declared: Record<string, Value> | undefined, patches: object | undefined): Record<string, Value> {
  const gone = (name: string) => patches !== undefined && Object.hasOwn(patches, name) && Reflect.get(patches, name) === null
  return Object.fromEntries(Object.entries(declared ?? {}).filter(([name]) => !gone(name)))
}

interface Surroundings {
  product: string
  environment: string
  account: string | undefined
  region: string | undefined
  names: EnvironmentNames
  network: Network
}

function serviceManifest(name: string, service: Service, place: Surroundings): ServiceManifest {
  const ports = service.ports ?? (service.port === undefined ? [] : [portOf(service.port)])
  const secret = {
    product: place.product,
    environment: place.environment,
    prefix: place.names.parameters,
    account: place.account,
    region: place.region,
  }
  const count = { min: service.count?.min ?? service.count?.max ?? 1, max: service.count?.max ?? service.count?.min ?? 1 }
  const autoscaled = count.max > count.min
  return {
    name,
    names: serviceNames(name, service, place),
    build: service.build && buildOf(service.build),
    image: service.image,
    ports: ports.map(({ port, protocol, name }) => ({
      port,
      protocol: protocol ?? 'tcp',
      name,
    })),
    balanced: ports.length > 0 && service.load_balancer !== false,
    health: {
      path: service.health?.path,
      interval: service.health?.interval,
      timeout: service.health?.timeout,
      healthy: service.health?.healthy,
      unhealthy: service.health?.unhealthy,
      grace: service.health?.grace ?? MINUTE,
      matcher: service.health?.matcher,
      command: service.health?.command,
    },
    size: service.size ?? { cpu: 256, memory: 512 },
    architecture: service.architecture ?? 'x86_64',
    storage: service.storage,
    capacity: service.capacity ?? { launch: 'fargate' },
    count: {
      ...count,
      autoscaled,
      cpu: service.count?.cpu ?? (autoscaled && !service.count?.memory && !service.count?.requests ? 60 : undefined),
      memory: service.count?.memory,
      requests: service.count?.requests,
      kept: service.count?.keep === true && service.count.min === undefined && service.count.max === undefined,
    },
    env: service.env ?? {},
    secrets: each(service.secrets ?? {}, (reference) => valueFrom(reference, secret) ?? reference),
    before: service.before ?? [],
    command: service.command,
    entrypoint: service.entrypoint,
    stopTimeout: service.stop_timeout ?? 30,
    exec: service.exec ?? false,
    logs: { driver: service.logs?.driver ?? 'awslogs', options: service.logs?.options ?? {} },
    deploy: rollout(service.deploy ?? {}),
    network: networkOf(service.network, place.network),
    ...containersOf(name, service, place),
    volumes: service.volumes ?? [],
    definition: service.definition,
    tasksOnly: service.tasks_only ?? false,
    tags: service.tags ?? {},
    written: service,
  }
}

const buildOf = ({
  context = '.',
  dockerfile = 'Dockerfile',
  args = {},
  target,
}: NonNullable<Service['build']>): ServiceBuild => ({
  context,
  dockerfile,
  args,
  target,
})

function containersOf(name: string, service: Service, place: Surroundings): Pick<ServiceManifest, 'containers' | 'sidecars'> {
  const containers: ServiceManifest['containers'] = {}
  const sidecars: ServiceManifest['sidecars'] = {}
  for (const [container, { build, repository, ...parts }] of Object.entries(service.containers ?? {})) {
    containers[container] = parts
    if (build === undefined) continue
    const named = repository ?? `${names(place.product, place.environment, name).repository}-${container}`
    sidecars[container] = { build: buildOf(build), repository: filled(named, place.product, place.environment, name) }
  }
  return { containers, sidecars }
}

const portOf = (port: number): NonNullable<Service['ports']>[number] => ({ port })

function serviceNames(name: string, service: Service, place: Surroundings): ServiceNames {
  const usual = names(place.product, place.environment, name)
  const own = (override: string | undefined, otherwise: string) =>
    override === undefined ? otherwise : filled(override, place.product, place.environment, name)
  return {
    cluster: own(service.names?.cluster, place.names.cluster),
    service: own(service.names?.service, usual.service),
    family: own(service.names?.family, usual.family),
    targetGroup: own(service.names?.target_group, usual.targetGroup),
    alternateTargetGroup: own(service.names?.alternate_target_group, usual.alternateTargetGroup),
    executionRole: own(service.names?.execution_role, usual.executionRole),
    taskRole: own(service.names?.task_role, usual.taskRole),
    loadBalancerRole: own(service.names?.load_balancer_role, usual.loadBalancerRole),
    logGroup: own(service.names?.log_group, usual.logGroup),
    repository: own(service.names?.repository, usual.repository),
    securityGroup: usual.securityGroup,
    container: own(service.names?.container, usual.container),
  }
}

function rollout(own: NonNullable<Service['deploy']>): Rollout {
  const strategy = own.strategy ?? 'rolling'
  const breaker = own.circuit_breaker
  return {
    strategy,
    percent: own.percent ?? (strategy === 'canary' ? 5 : 10),
    stepBake: own.step_bake ?? (strategy === 'canary' ? 10 : 6) * MINUTE,
    bake: own.bake ?? (strategy === 'rolling' ? 0 : 5 * MINUTE),
    pause: own.pause ?? [],
    hooks: (own.hooks ?? []).map((hook) => ({
      stages: hook.stages,
      function: hook.function,
      role: hook.role,
      timeout: hook.timeout,
      onTimeout: hook.on_timeout ?? 'rollback',
    })),
    alarms: own.alarms ?? [],
    rollback: own.rollback ?? true,
    circuitBreaker: {
      enabled: breaker?.enabled ?? true,
      threshold: threshold(breaker?.threshold),
      resetOnHealthy: breaker?.reset_on_healthy ?? true,
    },
    minimumPercent: own.minimum_percent ?? 100,
    maximumPercent: own.maximum_percent ?? 200,
    earlySuccess: own.early_success && {
      healthyPercent: own.early_success.healthy_percent ?? 100,
      cleanup: own.early_success.cleanup ?? 'blocking',
    },
    listenerRule: own.listener_rule,
    testListenerRule: own.test_listener_rule,
    deadline: own.deadline ?? 30 * MINUTE,
  }
}

function threshold(own: number | string | undefined): Threshold | undefined {
  if (own === undefined) return undefined
  return typeof own === 'number' ? { tasks: own } : { percent: Number.parseInt(own, 10) }
}

function networkOf(own: Service['network'], otherwise: Network): Network {
  return {
    subnets: own?.subnets ?? otherwise.subnets,
    securityGroups: own?.security_groups ?? otherwise.securityGroups,
    publicIp: own?.public_ip ?? otherwise.publicIp,
  }
}

function taskManifest(name: string, task: NonNullable<Manifest['tasks']>[string]): TaskManifest {
  return {
    name,
    service: task.service,
    command: task.command,
    env: task.env ?? {},
    size: task.size,
    timeout: task.timeout ?? HOUR,
    description: task.description,
  }
}

function each<From, To>(values: Record<string, From>, change: (value: From, name: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]))
}
