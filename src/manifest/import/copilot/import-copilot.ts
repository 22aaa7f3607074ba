// AWS Copilot's manifests, as a manifest of kiban. Copilot's services stand in CloudFormation stacks of its own, whose names
// nobody can know from its files: kiban makes services beside them.
import { imports } from '../../../core/messages/import.ts'
import type { Text } from '../../../core/text.ts'
import type { Path } from '../../problem.ts'
import { serviceShape } from '../../service.ts'
import { isFargateSize, sizeText } from '../../size.ts'
import { yamlDocument } from '../../yaml-document.ts'
import { scheduleOf } from '../aws-cron.ts'
import { type ForeignFiles, type Imported, isMap, type Members, type ReadFile, type Remark, remarkAt, slug } from '../foreign.ts'
import { type EnvironmentKeys, manifestOfKeys } from '../manifest-of.ts'
import type { Keys } from '../service-keys.ts'

const MANIFEST = /^copilot\/([^/]+)\/manifest\.ya?ml$/
const ENVIRONMENT = /^copilot\/environments\/([^/]+)\/manifest\.ya?ml$/

const types = ['Load Balanced Web Service', 'Backend Service', 'Worker Service', 'Scheduled Job']

/** Undefined where there are none. Throws nothing: what cannot be read is told. */
export async function importCopilot(files: ForeignFiles, product: string): Promise<Imported | undefined> {
  const manifests = files.files.filter((file) => MANIFEST.test(file) && !file.startsWith('copilot/pipelines/'))
  if (manifests.length === 0) return undefined
  const lost: Remark[] = []
  const notes: Remark[] = []
  const workspace = yamlDocument((await files.read('copilot/.workspace')) ?? '', 'foreign').value
  const application = isMap(workspace) && typeof workspace.application === 'string' ? workspace.application : product
  const read = await Promise.all(
    manifests.map(async (file) => ({ file, document: yamlDocument((await files.read(file)) ?? '', 'foreign') })),
  )
  const sound = read.filter(({ file, document }) => {
    for (const { line, column, text } of document.problems) lost.push({ file, line, column, path: '', text, blocks: true })
    return isMap(document.value)
  })
  const names = environmentsOf(files, sound)
  const environments = names.map((name): EnvironmentKeys => {
    const here: EnvironmentKeys = {
      name,
      more: isProduction(name) ? { protected: true } : {},
      services: new Map(),
      tasks: new Map(),
      schedules: new Map(),
    }
    for (const one of sound) addWorkload(here, { read: one, application, environment: name, lost, notes })
    return here
  })
  const manifest = manifestOfKeys({ product: slug(application) ?? product, environments, workflows: {}, auto_deploy: {} })
  return { read: manifests, manifest, lost: once(lost), notes: once(notes) }
}

const isProduction = (name: string) => /^prod(uction)?$|^prd$/.test(name)

const once = (remarks: readonly Remark[]): Remark[] => [...new Map(remarks.map((one) => [JSON.stringify(one), one])).values()]

/** Those with a manifest of their own, and those that a workload names. */
function environmentsOf(files: ForeignFiles, manifests: readonly ReadFile[]): string[] {
  const own = files.files.flatMap((file) => ENVIRONMENT.exec(file)?.[1] ?? [])
  const named = manifests.flatMap(({ document }) => {
    const { environments } = document.value as Members
    return isMap(environments) ? Object.keys(environments) : []
  })
  const all = [...new Set([...own, ...named])].filter((name) => slug(name) === name)
  return all.length > 0 ? all : ['staging', 'production']
}

interface Reading {
  read: ReadFile
  application: string
  environment: string
  lost: Remark[]
  notes: Remark[]
}

function addWorkload(here: EnvironmentKeys, reading: Reading): void {
  const { read, environment, lost, notes } = reading
  const whole = read.document.value as Members
  const type = String(whole.type)
  const name = slug(String(whole.name ?? MANIFEST.exec(read.file)?.[1] ?? ''))
  if (!types.includes(type) || !name) {
    lost.push(remarkAt(read, ['type'], name ? imports.typeUnknown(type) : imports.noName(String(whole.name))))
    return
  }
  const { environments, ...base } = whole
  const patch = isMap(environments) && isMap(environments[environment]) ? environments[environment] : {}
  const manifest = filled(merged(base, patch), reading) as Members
  const service = serviceKeys(name, type, manifest, reading)
  notes.push(remarkAt(read, ['name'], imports.besideStack))
  if (type !== 'Scheduled Job') {
    here.services.set(name, service)
    return
  }
  const { count: _, load_balancer: __, ...keys } = service
  here.services.set(name, { ...keys, tasks_only: true })
  const schedule = isMap(manifest.on) ? String(manifest.on.schedule ?? '') : ''
  const when = whenOf(schedule)
  if (schedule === 'none') return
  if (when)
    here.schedules.set(name, {
      service: name,
      ...when,
      ...(typeof manifest.timeout === 'string' ? { timeout: manifest.timeout } : {}),
    })
  else lost.push(remarkAt(read, ['on', 'schedule'], imports.scheduleUnknown(schedule)))
}

const words: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/** https://aws.github.io/copilot-cli/docs/manifest/scheduled-job/#on-schedule */
function whenOf(schedule: string): Keys | undefined {
  if (words[schedule]) return { cron: words[schedule] }
  const [, amount, unit] = /^@every (\d+)(m|h)$/.exec(schedule) ?? []
  if (amount && unit) return { rate: `${amount} ${unit === 'm' ? 'minute' : 'hour'}${amount === '1' ? '' : 's'}` }
  if (/^(cron|rate)\(/.test(schedule)) return scheduleOf(schedule)
  return schedule.trim().split(/\s+/).length === 5 ? { cron: schedule.trim() } : undefined
}

/** An environment's manifest over the whole one, map by map. */
function merged(base: Members, patch: Members): Members {
  const result: Members = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    const before = result[key]
    result[key] = isMap(value) && isMap(before) ? merged(before, value) : value
  }
  return result
}

function filled(value: unknown, reading: Reading): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\{COPILOT_(APPLICATION|ENVIRONMENT)_NAME\}/g, (_, what: string) =>
      what === 'APPLICATION' ? reading.application : reading.environment,
    )
  if (Array.isArray(value)) return value.map((inner) => filled(inner, reading))
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, reading)])) : value
}

const READ = [
  'name',
  'type',
  'image',
  'http',
  'cpu',
  'memory',
  'platform',
  'count',
  'exec',
  'network',
  'variables',
  'secrets',
  'command',
  'entrypoint',
  'storage',
  'sidecars',
  'deployment',
  'on',
  'timeout',
]
const INFRASTRUCTURE = ['nlb', 'alias', 'observability', 'publish', 'subscribe']

function serviceKeys(name: string, type: string, manifest: Members, reading: Reading): Keys {
  const { read, lost } = reading
  const tell = (path: Path, text: Text) => lost.push(remarkAt(read, path, text))
  for (const key of Object.keys(manifest).filter((one) => !READ.includes(one)))
    tell([key], INFRASTRUCTURE.includes(key) ? imports.ownByInfra(key) : imports.notCarried(key))
  const image = isMap(manifest.image) ? manifest.image : {}
  for (const key of Object.keys(image).filter((one) => !['build', 'location', 'port', 'healthcheck'].includes(one)))
    tell(['image', key], imports.notCarried(key))
  const port = typeof image.port === 'number' ? image.port : undefined
  const balanced = type === 'Load Balanced Web Service' && manifest.http !== false
  const keys: Keys = {
    ...(image.build === undefined ? {} : { build: buildKeys(image.build, tell) }),
    ...(typeof image.location === 'string' ? { image: image.location } : {}),
    ...(port === undefined ? {} : { port, ...(balanced ? {} : { load_balancer: false }) }),
    ...sizeKeys(manifest, tell),
    ...platformKeys(manifest.platform, tell),
    ...countKeys(manifest.count, tell),
    ...(manifest.exec === true ? { exec: true } : {}),
    ...commandKeys('command', manifest.command, tell),
    ...commandKeys('entrypoint', manifest.entrypoint, tell),
    ...networkKeys(manifest.network, tell),
    ...deployKeys(manifest.deployment, tell),
    names: {
      log_group: `/copilot/${reading.application}-{env}-${name}`,
      repository: `${reading.application}/${name}`,
    },
  }
  const health = {
    ...(balanced ? httpHealth(manifest.http, tell) : {}),
    ...(isMap(image.healthcheck) ? containerHealth(image.healthcheck) : {}),
  }
  if (Object.keys(health).length > 0) {
    if (serviceShape.health.safeParse(health).success) keys.health = health
    else tell(['http', 'healthcheck'], imports.outOfRange('healthcheck'))
  }
  const storage = isMap(manifest.storage) ? manifest.storage : {}
  if (storage.ephemeral !== undefined) keys.storage = storage.ephemeral
  for (const key of Object.keys(storage).filter((one) => one !== 'ephemeral')) tell(['storage', key], imports.notCarried(key))
  Object.assign(keys, variableKeys(manifest, tell))
  const { secrets, containers } = secretKeys(manifest, name, tell)
  if (secrets) keys.secrets = secrets
  const beside = { ...(containers as Keys | undefined), ...sidecarKeys(manifest.sidecars, tell) }
  if (Object.keys(beside).length > 0) keys.containers = beside
  return keys
}

type Tell = (path: Path, text: Text) => void

function buildKeys(build: unknown, tell: Tell): Keys {
  if (typeof build === 'string') return folderOf(build)
  const { dockerfile = 'Dockerfile', context, target, args, ...others } = isMap(build) ? build : {}
  for (const key of Object.keys(others)) tell(['image', 'build', key], imports.notCarried(key))
  const file = String(dockerfile)
  // The Dockerfile is given from the repository's root, kiban's from the context.
  const root = plainPath(context === undefined ? folderOf(file).context : String(context))
  const inside = plainPath(file)
  const isInside = root === '.' || inside.startsWith(`${root}/`)
  if (!isInside) tell(['image', 'build', 'dockerfile'], imports.outside(file))
  const own = root === '.' ? inside : inside.slice(root.length + 1)
  return {
    context: root,
    ...(isInside && own !== 'Dockerfile' ? { dockerfile: own } : {}),
    ...(isMap(args) ? { args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)])) } : {}),
    ...(typeof target === 'string' ? { target } : {}),
  }
}

const plainPath = (path: string) => path.replace(/^(\.\/)+/, '').replace(/\/+$/, '') || '.'

function folderOf(dockerfile: string): { context: string; dockerfile?: string } {
  const path = plainPath(dockerfile)
  const at = path.lastIndexOf('/')
  const file = path.slice(at + 1)
  return { context: at < 0 ? '.' : path.slice(0, at), ...(file === 'Dockerfile' ? {} : { dockerfile: file }) }
}

function sizeKeys({ cpu, memory }: Members, tell: Tell): Keys {
  if (cpu === undefined && memory === undefined) return {}
  const size = { cpu: Number(cpu ?? 256), memory: Number(memory ?? 512) }
  if (isFargateSize(size)) return { size: sizeText(size) }
  tell(['cpu'], imports.outOfRange('cpu, memory'))
  return {}
}

function platformKeys(platform: unknown, tell: Tell): Keys {
  if (platform === undefined) return {}
  const text = isMap(platform)
    ? `${String(platform.osfamily ?? 'linux').toLowerCase()}/${platform.architecture}`
    : String(platform)
  if (/^linux\/(x86_64|amd64)$/.test(text)) return {}
  if (/^linux\/arm64$/.test(text)) return { architecture: 'arm64' }
  tell(['platform'], imports.notCarried(text))
  return {}
}

function countKeys(count: unknown, tell: Tell): Keys {
  if (typeof count === 'number') return { count: { min: count, max: count } }
  if (!isMap(count)) return {}
  const { range, cpu_percentage, memory_percentage, requests, spot, ...others } = count
  const from = isMap(range) ? `${range.min}-${range.max}` : String(range ?? '')
  const [, min, max] = /^(\d+)-(\d+)$/.exec(from) ?? []
  for (const key of Object.keys(others)) tell(['count', key], imports.notCarried(key))
  if (isMap(range) && range.spot_from !== undefined) tell(['count', 'range', 'spot_from'], imports.notCarried('spot_from'))
  if (typeof spot === 'number') return { capacity: 'fargate-spot', count: { min: spot, max: spot } }
  if (min === undefined || max === undefined) return {}
  const percent = (value: unknown) => (isMap(value) ? value.value : value)
  return {
    count: {
      min: Number(min),
      max: Number(max),
      ...(cpu_percentage === undefined ? {} : { cpu: percent(cpu_percentage) }),
      ...(memory_percentage === undefined ? {} : { memory: percent(memory_percentage) }),
      ...(requests === undefined ? {} : { requests: percent(requests) }),
    },
  }
}

function commandKeys(key: 'command' | 'entrypoint', value: unknown, tell: Tell): Keys {
  if (value === undefined || value === null) return {}
  const list = Array.isArray(value)
    ? value.map(String)
    : /[$`|&;<>(){}*?"'\\]/.test(String(value))
      ? undefined
      : String(value).trim().split(/\s+/)
  if (list && list.length > 0) return { [key]: list }
  tell([key], imports.needsShell)
  return {}
}

function networkKeys(network: unknown, tell: Tell): Keys {
  const vpc = isMap(network) && isMap(network.vpc) ? network.vpc : {}
  if (isMap(network))
    for (const key of Object.keys(network).filter((one) => one !== 'vpc')) tell(['network', key], imports.ownByInfra(key))
  const groups = vpc.security_groups
  const named = Array.isArray(groups) ? groups.filter((one) => typeof one === 'string') : []
  if (groups !== undefined && !Array.isArray(groups))
    tell(['network', 'vpc', 'security_groups'], imports.notCarried('security_groups'))
  if (isMap(vpc.placement)) tell(['network', 'vpc', 'placement'], imports.ownByInfra('placement'))
  const own = {
    ...(named.length > 0 ? { security_groups: named } : {}),
    ...(vpc.placement === 'private' ? {} : { public_ip: true }),
  }
  return { network: own }
}

function deployKeys(deployment: unknown, tell: Tell): Keys {
  if (!isMap(deployment)) return {}
  const { rolling, rollback_alarms, ...others } = deployment
  for (const key of Object.keys(others)) tell(['deployment', key], imports.notCarried(key))
  const alarms = Array.isArray(rollback_alarms) ? rollback_alarms.map(String) : undefined
  if (rollback_alarms !== undefined && !alarms) tell(['deployment', 'rollback_alarms'], imports.notCarried('rollback_alarms'))
  const deploy = {
    // "recreate": the old tasks stop first.
    ...(rolling === 'recreate' ? { minimum_percent: 0, maximum_percent: 100 } : {}),
    ...(alarms && alarms.length > 0 ? { alarms } : {}),
  }
  return Object.keys(deploy).length > 0 ? { deploy } : {}
}

function httpHealth(http: unknown, tell: Tell): Keys {
  const { path: _, healthcheck, ...others } = isMap(http) ? http : {}
  for (const key of Object.keys(others)) tell(['http', key], imports.ownByInfra(key))
  if (typeof healthcheck === 'string') return { path: healthcheck }
  if (!isMap(healthcheck)) return { path: '/' }
  const {
    path = '/',
    success_codes,
    healthy_threshold,
    unhealthy_threshold,
    interval,
    timeout,
    grace_period,
    ...more
  } = healthcheck
  for (const key of Object.keys(more)) tell(['http', 'healthcheck', key], imports.ownByInfra(key))
  return defined({
    path,
    matcher: success_codes === undefined ? undefined : String(success_codes),
    healthy: healthy_threshold,
    unhealthy: unhealthy_threshold,
    interval,
    timeout,
    grace: grace_period,
  })
}

const containerHealth = ({ command, interval, retries, timeout, start_period }: Members): Keys =>
  defined({
    command: Array.isArray(command) ? command : command === undefined ? undefined : ['CMD-SHELL', String(command)],
    interval,
    unhealthy: retries,
    timeout,
    grace: start_period,
  })

const defined = (keys: Keys): Keys => Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined))

function variableKeys({ variables }: Members, tell: Tell): Keys {
  const entries = Object.entries(isMap(variables) ? variables : {})
  for (const [name, value] of entries) if (isMap(value)) tell(['variables', name], imports.notCarried('from_cfn'))
  const plain = entries.filter(([, value]) => !isMap(value)).map(([name, value]) => [name, String(value)])
  return plain.length > 0 ? { env: Object.fromEntries(plain) } : {}
}

/**
 * A parameter by its bare name is of the account, not of the product: the list stays in ECS's words. Beside a secret of Secrets
 * Manager, which ECS takes by ARN only, it cannot.
 */
function secretKeys({ secrets }: Members, name: string, tell: Tell): Keys {
  const found: [string, string][] = []
  for (const [variable, value] of Object.entries(isMap(secrets) ? secrets : {})) {
    const manager = isMap(value) ? value.secretsmanager : undefined
    if (typeof value === 'string') found.push([variable, value])
    else if (typeof manager === 'string')
      found.push([variable, manager.startsWith('arn:') ? manager : `secretsmanager:${manager.replace(/:*$/, '')}`])
    else tell(['secrets', variable], imports.notCarried('from_cfn'))
  }
  const isBare = ([, from]: [string, string]) => !/^(\/|arn:|secretsmanager:)/.test(from)
  const others = found.filter((one) => !isBare(one))
  if (others.length === found.length) return found.length > 0 ? { secrets: Object.fromEntries(found) } : {}
  if (!others.some(([, from]) => from.startsWith('secretsmanager:')))
    return { containers: { [name]: { secrets: found.map(([variable, valueFrom]) => ({ name: variable, valueFrom })) } } }
  for (const [variable] of found.filter(isBare)) tell(['secrets', variable], imports.bareParameter)
  return { secrets: Object.fromEntries(others) }
}

function sidecarKeys(sidecars: unknown, tell: Tell): Record<string, Keys> {
  const made: Record<string, Keys> = {}
  for (const [name, sidecar] of Object.entries(isMap(sidecars) ? sidecars : {})) {
    if (!isMap(sidecar)) continue
    const { image, port, essential, variables, command, entrypoint, depends_on, labels, ...others } = sidecar
    for (const key of Object.keys(others)) tell(['sidecars', name, key], imports.notCarried(key))
    const location = isMap(image) ? (image.location ?? image.build) : image
    const isBuilt = isMap(image) && image.build !== undefined
    made[name] = defined({
      ...(isBuilt ? { build: buildKeys(image.build, tell) } : { image: location }),
      portMappings: port === undefined ? undefined : [{ containerPort: Number(String(port).split('/')[0]) }],
      essential,
      environment: isMap(variables)
        ? Object.entries(variables).map(([key, value]) => ({ name: key, value: String(value) }))
        : undefined,
      command: commandKeys('command', command, tell).command,
      entryPoint: commandKeys('entrypoint', entrypoint, tell).entrypoint,
      dependsOn: isMap(depends_on)
        ? Object.entries(depends_on).map(([containerName, condition]) => ({
            containerName,
            condition: String(condition).toUpperCase(),
          }))
        : undefined,
      dockerLabels: labels,
    })
  }
  return made
}
