// A task definition of another tool as keys of a manifest's service. What kiban has a key for becomes that key, if the
// definition that kiban renders from it is the same; the rest stays in AWS's own words, under `containers` and `definition`.

import { KMS_VALUE, valueFrom } from '../secret.ts'
import { serviceShape } from '../service.ts'
import { isFargateSize, sizeText } from '../size.ts'
import { isMap, type Members, type Unit } from './foreign.ts'

export interface Place {
  product: string
  environment: string
  account: string | undefined
  region: string | undefined
}

export type Keys = Record<string, unknown>

const ecrImage = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/

/** The account and region that images are kept in, and the repository of each. */
export function registryOf(image: unknown): { account: string; region: string; repository: string } | undefined {
  const [, account, region, repository] = ecrImage.exec(String(image)) ?? []
  return account && region && repository ? { account, region, repository } : undefined
}

/** Names, size, roles, ports, variables and the rest of a service, each in its long form. */
export function serviceKeys(name: string, { definition, container, builds, network, launch }: Unit, place: Place): Keys {
  const { containerDefinitions, family, executionRoleArn, taskRoleArn, ...members } = definition
  const containers = (Array.isArray(containerDefinitions) ? containerDefinitions : []).filter(isMap)
  const own = containers.find((one) => one.name === container) ?? {}
  const registry = registryOf(own.image)
  const names: Keys = {
    ...(typeof family === 'string' ? { family } : {}),
    ...(container === name ? {} : { container }),
    execution_role: roleName(executionRoleArn, place),
    task_role: roleName(taskRoleArn, place),
    ...(builds[container] && registry ? { repository: registry.repository } : {}),
  }
  const ec2 = launch === undefined ? isOnInstances(members) : launch === 'EC2'
  const { keys, rest } = taskKeys(members, ec2)
  const inside = containerKeys(own, place, { isAwsvpc: members.networkMode === 'awsvpc', container })
  const { log_group, ...containerOwn } = inside.keys
  const parts = Object.fromEntries(
    containers.flatMap((one) => {
      const { name: other, image, ...all } = one
      if (other === container) return Object.keys(inside.rest).length > 0 ? [[container, inside.rest]] : []
      const build = builds[String(other)]
      const repository = registryOf(image)?.repository
      return [
        [String(other), { ...(build ? { build: buildKeys(build), ...(repository ? { repository } : {}) } : { image }), ...all }],
      ]
    }),
  )
  const build = builds[container]
  return tidy({
    ...(build ? { build: buildKeys(build) } : own.image === undefined ? {} : { image: own.image }),
    ...(ec2 ? { capacity: 'ec2' } : {}),
    ...keys,
    ...containerOwn,
    network,
    names: { ...names, ...(log_group === undefined ? {} : { log_group }) },
    containers: parts,
    definition: rest,
  })
}

const buildKeys = ({ context, dockerfile, args, target }: Unit['builds'][string]): Keys =>
  tidy({ context, ...(dockerfile === 'Dockerfile' ? {} : { dockerfile }), args, target })

/** Without what says nothing. */
function tidy(keys: Keys): Keys {
  return Object.fromEntries(
    Object.entries(keys).filter(([, value]) => value !== undefined && !(isMap(value) && Object.keys(value).length === 0)),
  )
}

function roleName(role: unknown, { account }: Place): string {
  if (typeof role !== 'string' || role === '') return 'none'
  const [, owner, name] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(role) ?? []
  return name && owner === account ? name : role
}

/** As genova and its like leave it to the live service: a definition that Fargate takes goes there. */
function isOnInstances({ requiresCompatibilities, networkMode, cpu, memory }: Members): boolean {
  const list = Array.isArray(requiresCompatibilities) ? requiresCompatibilities : []
  if (list.includes('FARGATE')) return list.includes('EC2') && networkMode !== 'awsvpc'
  return list.includes('EC2') || networkMode !== 'awsvpc' || cpu === undefined || memory === undefined
}

function taskKeys(members: Members, ec2: boolean): { keys: Keys; rest: Members } {
  const { cpu, memory, networkMode, requiresCompatibilities, runtimePlatform, ephemeralStorage, volumes, tags, ...rest } = members
  const keys: Keys = {}
  const size = { cpu: unitsOf(cpu, 1024), memory: unitsOf(memory, 1024) }
  const text = size.cpu && size.memory ? sizeText({ cpu: size.cpu, memory: size.memory }) : undefined
  if (text && (ec2 ? isReadBack(text) : isFargateSize(size as { cpu: number; memory: number }))) keys.size = text
  else Object.assign(rest, { cpu: textOf(cpu), memory: textOf(memory) })
  if (networkMode !== 'awsvpc') rest.networkMode = networkMode ?? null
  if (JSON.stringify(requiresCompatibilities) !== JSON.stringify([ec2 ? 'EC2' : 'FARGATE']))
    rest.requiresCompatibilities = requiresCompatibilities ?? null
  const platform = JSON.stringify(runtimePlatform && sortedKeys(runtimePlatform))
  if (platform === JSON.stringify({ cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' })) keys.architecture = 'arm64'
  else if (platform === JSON.stringify({ cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' }))
    keys.architecture = 'x86_64'
  else if (runtimePlatform !== undefined) rest.runtimePlatform = runtimePlatform
  const storage = isMap(ephemeralStorage) ? ephemeralStorage.sizeInGiB : undefined
  if (serviceShape.storage.safeParse(storage).success && storage !== undefined) keys.storage = storage
  else if (ephemeralStorage !== undefined) rest.ephemeralStorage = ephemeralStorage
  if (Array.isArray(volumes) && volumes.length > 0) keys.volumes = volumes
  const tagMap = Array.isArray(tags)
    ? Object.fromEntries(tags.filter(isMap).map(({ key, value }) => [key, String(value ?? '')]))
    : {}
  if (Object.keys(tagMap).length > 0) keys.tags = tagMap
  return { keys, rest }
}

const isReadBack = (text: string): boolean => serviceShape.size.safeParse(text).success

/** `"1 vCPU"` and `"2 GB"` are as good as 1024 and 2048. */
function unitsOf(value: unknown, factor: number): number | undefined {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*(vcpus?|gb)?\s*$/i.exec(String(value ?? '')) ?? []
  if (number === undefined) return undefined
  const units = Number(number) * (unit ? factor : 1)
  return Number.isInteger(units) && units > 0 ? units : undefined
}

const textOf = (value: unknown): string | null => (value === undefined || value === null ? null : String(value))

const sortedKeys = (value: unknown): unknown =>
  isMap(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value

function containerKeys(
  own: Members,
  place: Place,
  { isAwsvpc, container }: { isAwsvpc: boolean; container: string },
): { keys: Keys; rest: Members } {
  const { name: _, image: __, ...members } = own
  const keys: Keys = {}
  const rest: Members = {}
  const encrypted = encryptedOf(members.environment)
  for (const [member, value] of Object.entries(members)) {
    const taken = value === null ? {} : takers[member]?.(value, { place, isAwsvpc, container })
    if (taken) Object.assign(keys, taken)
    else rest[member] = value
  }
  if (Object.keys(encrypted).length > 0 && !rest.environment) keys.secrets = { ...(keys.secrets as object), ...encrypted }
  if (members.logConfiguration === undefined) keys.logs = { driver: 'none' }
  return { keys, rest }
}

interface Around {
  place: Place
  isAwsvpc: boolean
  container: string
}

/** What each member becomes; undefined where kiban's key would not render the same. */
const takers: Record<string, (value: unknown, around: Around) => Keys | undefined> = {
  essential: (value) => (value === true ? {} : undefined),
  command: (value) => fits('command', value),
  entryPoint: (value) => fits('entrypoint', value),
  stopTimeout: (value) => fits('stop_timeout', value),
  environment(value) {
    const all = pairsOf(value, 'value')
    if (!all || !fits('secrets', encryptedOf(value))) return undefined
    const variables = Object.fromEntries(Object.entries(all).filter(([, one]) => !one.startsWith(KMS_VALUE)))
    return Object.keys(variables).length === 0 ? {} : fits('env', variables)
  },
  secrets(value, { place }) {
    const references = pairsOf(value, 'valueFrom')
    if (!references) return undefined
    if (Object.keys(references).length === 0) return {}
    const prefix = `/${place.product}/${place.environment}/applications`
    const isSame = Object.values(references).every((one) => valueFrom(one, { ...place, prefix }) === one)
    return isSame ? fits('secrets', references) : undefined
  },
  portMappings(value, { isAwsvpc }) {
    if (!Array.isArray(value)) return undefined
    if (value.length === 0) return {}
    if (!isAwsvpc || !value.every((one) => isMap(one) && isPlainPort(one))) return undefined
    const ports = (value as Members[]).map(({ containerPort: port, protocol, name }) => ({
      port,
      ...(protocol === undefined || protocol === 'tcp' ? {} : { protocol }),
      ...(name === undefined ? {} : { name }),
    }))
    const [first, ...others] = ports
    const isPlain = others.length === 0 && first && Object.keys(first).length === 1
    return isPlain ? fits('port', first.port) : fits('ports', ports)
  },
  healthCheck(value) {
    if (!isMap(value)) return undefined
    const { command, interval = 30, timeout = 5, retries = 3, startPeriod = 0, ...more } = value
    if (Object.keys(more).length > 0 || !Array.isArray(command) || !['CMD', 'CMD-SHELL'].includes(command[0])) return undefined
    if (Number(timeout) >= Number(interval)) return undefined
    return fits('health', { command, interval, timeout, unhealthy: retries, grace: startPeriod })
  },
  logConfiguration(value, { place, container }) {
    if (!isMap(value)) return undefined
    const { logDriver, options = {}, ...more } = value
    if (Object.keys(more).length > 0 || !isMap(options)) return undefined
    if (logDriver === 'awsfirelens') return fits('logs', tidy({ driver: 'firelens', options }))
    if (logDriver !== 'awslogs') return undefined
    const { 'awslogs-group': group, 'awslogs-region': region, 'awslogs-stream-prefix': prefix, ...others } = options
    if (typeof group !== 'string' || region === undefined || prefix === undefined) return undefined
    const own = tidy({
      'awslogs-region': region === place.region ? undefined : region,
      'awslogs-stream-prefix': prefix === container ? undefined : prefix,
      ...others,
    })
    const logs = fits('logs', tidy({ driver: 'awslogs', options: own }))
    return logs && { ...logs, log_group: group }
  },
}

/** Variables that KMS encrypted stand among the secrets of a manifest. */
function encryptedOf(environment: unknown): Record<string, string> {
  const all = Object.entries(pairsOf(environment, 'value') ?? {})
  return Object.fromEntries(all.filter(([, value]) => value.startsWith(KMS_VALUE)))
}

/** The key, if the manifest's schema takes the value as it is. */
function fits(key: keyof typeof serviceShape, value: unknown): Keys | undefined {
  return serviceShape[key].safeParse(value).success ? { [key]: value } : undefined
}

function pairsOf(list: unknown, member: 'value' | 'valueFrom'): Record<string, string> | undefined {
  if (!Array.isArray(list)) return undefined
  const pairs = list.map((one) => (isMap(one) ? ([one.name, one[member]] as const) : [undefined, undefined]))
  const names = new Set(pairs.map(([name]) => name))
  const isPlain = pairs.every(([name, value]) => typeof name === 'string' && typeof value === 'string')
  return isPlain && names.size === pairs.length ? (Object.fromEntries(pairs) as Record<string, string>) : undefined
}

/** In awsvpc mode the port of the host is the container's, said or not. */
function isPlainPort({ containerPort, hostPort, protocol: _, name: __, ...more }: Members): boolean {
  return Object.keys(more).length === 0 && (hostPort === undefined || hostPort === containerPort || hostPort === 0)
}
