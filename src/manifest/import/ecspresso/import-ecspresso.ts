// ecspresso's configurations with their task and service definitions, as a manifest.
import { posix } from 'node:path'
import { KibanError } from '../../../core/error.ts'
import { imports } from '../../../core/messages/import.ts'
import { containerMembers } from '../../container-parts.ts'
import { yamlDocument } from '../../yaml-document.ts'
import { environmentNames, withoutEnvironment } from '../environment-name.ts'
import {
  type ForeignEnvironment,
  type ForeignFiles,
  type Imported,
  isMap,
  type Members,
  type ReadFile,
  type Remark,
  remarkAt,
  slug,
  type Unit,
} from '../foreign.ts'
import { manifestOf } from '../manifest-of.ts'
import { registryOf } from '../service-keys.ts'
import { type Given, resolved } from './functions.ts'

const CONFIG = /(^|\/)ecspresso[\w.-]*\.(ya?ml|json|jsonnet)$/

const KNOWN = ['region', 'cluster', 'service', 'service_definition', 'task_definition']
/** What ecspresso itself does with a configuration; nothing of it is a service's. */
const OWN = ['timeout', 'plugins', 'required_version', 'ignore', 'filter_command', 'codedeploy', 'appspec']

/** Undefined where there are none. `given` is what template functions may be resolved from. */
export async function importEcspresso(files: ForeignFiles, product: string, given: Given): Promise<Imported | undefined> {
  const configs = files.files.filter((file) => CONFIG.test(file))
  if (configs.length === 0) return undefined
  const reading: Reading = { files, product, given, lost: [], notes: [] }
  const read = await Promise.all(configs.map((file) => readConfig(file, reading)))
  const clusters = environmentNames([...new Set(read.map(({ cluster }) => cluster))])
  const environments = new Map<string, ForeignEnvironment>()
  for (const config of read) {
    const name = clusters.get(config.cluster) ?? config.cluster
    if (!environments.has(name))
      reading.notes.push(remarkAt(config.read, ['cluster'], imports.environmentOf(config.cluster, name)))
    const environment = environments.get(name) ?? {
      name,
      account: undefined,
      region: config.region,
      more: { ...(name === 'production' ? { protected: true } : {}), cluster: config.cluster },
      services: new Map(),
      tasks: new Map(),
      schedules: new Map(),
    }
    environments.set(name, environment)
    await addService(environment, config, reading)
  }
  const { lost, notes } = reading
  return {
    read: configs,
    manifest: manifestOf({ product, environments: [...environments.values()], workflows: {}, auto_deploy: {} }),
    lost,
    notes,
  }
}

interface Reading {
  files: ForeignFiles
  product: string
  given: Given
  lost: Remark[]
  notes: Remark[]
}

interface Config {
  read: ReadFile
  region: string | undefined
  cluster: string
  service: string | undefined
  serviceDefinition: string | undefined
  taskDefinition: string
}

async function readConfig(file: string, reading: Reading): Promise<Config> {
  const { value, read } = await readFile(file, reading)
  const text = (key: string) => (typeof value[key] === 'string' && value[key] !== '' ? value[key] : undefined)
  for (const key of Object.keys(value).filter((key) => !KNOWN.includes(key) && !OWN.includes(key)))
    reading.lost.push(remarkAt(read, [key], imports.unknownKey(key)))
  const beside = (path: string | undefined) => path && posix.normalize(posix.join(posix.dirname(file), path))
  return {
    read,
    region: text('region'),
    // A cluster may be named by its ARN.
    cluster: (text('cluster') ?? 'default').split('/').at(-1) ?? 'default',
    service: text('service'),
    serviceDefinition: beside(text('service_definition')),
    taskDefinition: beside(text('task_definition')) ?? '',
  }
}

/** A file with its functions resolved. Throws `import.blocked` for a program, and for what is neither JSON nor YAML. */
async function readFile(file: string, reading: Reading): Promise<{ value: Members; read: ReadFile }> {
  if (file.endsWith('.jsonnet'))
    throw new KibanError('invalid', 'import.blocked', imports.isProgram(file), { hint: imports.jsonnet(file) })
  const text = await reading.files.read(file)
  if (text === undefined) throw new KibanError('not-found', 'import.nothing-found', imports.templateMissing(file))
  const { text: plain, missing } = resolved(text, reading.given)
  const document = yamlDocument(plain, 'foreign')
  const read = { file, document }
  for (const { line, column, call, isKnown } of missing)
    reading.lost.push({
      file,
      line,
      column,
      path: '',
      text: isKnown ? imports.functionUnset(call) : imports.functionUnknown(call),
      blocks: true,
    })
  if (!isMap(document.value) || document.problems.length > 0) {
    throw new KibanError('invalid', 'import.blocked', imports.notJson(file), { hint: imports.correctHint })
  }
  return { value: document.value, read }
}

async function addService(environment: ForeignEnvironment, config: Config, reading: Reading): Promise<void> {
  const { value: definition, read } = await readFile(config.taskDefinition, reading)
  const service = config.serviceDefinition === undefined ? undefined : await readFile(config.serviceDefinition, reading)
  const containers = Array.isArray(definition.containerDefinitions) ? definition.containerDefinitions.filter(isMap) : []
  const [balancer] = Array.isArray(service?.value.loadBalancers) ? service.value.loadBalancers.filter(isMap) : []
  const own =
    containers.find(({ name }) => name === balancer?.containerName) ?? containers.find(({ essential }) => essential !== false)
  if (!own) {
    reading.lost.push({ ...remarkAt(read, [], imports.templateEmpty(config.taskDefinition)), blocks: true })
    return
  }
  for (const [at, container] of containers.entries()) {
    for (const member of Object.keys(container).filter(
      (one) => one !== 'name' && !(containerMembers as readonly string[]).includes(one),
    )) {
      reading.lost.push(remarkAt(read, ['containerDefinitions', at, member], imports.memberUnknown(member)))
      delete container[member]
    }
  }
  environment.account ??= registryOf(own.image)?.account
  const unit: Unit = { definition: { ...definition, containerDefinitions: containers }, container: String(own.name), builds: {} }
  const family = typeof definition.family === 'string' ? definition.family : undefined
  const name = [config.service, family, String(own.name)].flatMap((one) =>
    one ? [withoutProduct(withoutEnvironment(one), reading.product), withoutEnvironment(one), slug(one)] : [],
  )
  const free = name.find((one) => one !== undefined && !environment.services.has(one) && !environment.tasks.has(one))
  if (free === undefined) {
    reading.lost.push({ ...remarkAt(config.read, ['service'], imports.nameTaken(config.service ?? '')), blocks: true })
    return
  }
  // A configuration without a service is there for `ecspresso run`.
  if (config.service === undefined) environment.tasks.set(free, { unit, more: {} })
  else {
    const { keys, network, launch, count } = serviceKeys(service?.value ?? {}, service?.read ?? config.read, balancer, reading)
    const of: Unit = { ...unit, ...(network ? { network } : {}), ...(launch ? { launch } : {}) }
    environment.services.set(free, { unit: of, service: config.service, ...(count === undefined ? {} : { count }), more: keys })
  }
}

/** `shop-api` of the product shop is its api. */
const withoutProduct = (name: string | undefined, product: string): string | undefined =>
  name?.startsWith(`${product}-`) ? slug(name.slice(product.length + 1)) : name

/** Members that belong to a service that stands: kiban leaves them as they are. */
const ofLive = [
  'availabilityZoneRebalancing',
  'enableECSManagedTags',
  'placementConstraints',
  'placementStrategy',
  'platformFamily',
  'platformVersion',
  'propagateTags',
  'schedulingStrategy',
  'serviceConnectConfiguration',
  'serviceRegistries',
  'volumeConfigurations',
  'vpcLatticeConfigurations',
  'deploymentController',
  'pendingCount',
  'runningCount',
]

function serviceKeys(definition: Members, read: ReadFile, balancer: Members | undefined, { lost, notes }: Reading) {
  const {
    desiredCount,
    launchType,
    capacityProviderStrategy,
    deploymentConfiguration,
    healthCheckGracePeriodSeconds: grace,
    enableExecuteCommand,
    networkConfiguration,
    loadBalancers,
    tags,
    ...others
  } = definition
  const keys: Record<string, unknown> = {}
  if (Array.isArray(capacityProviderStrategy) && capacityProviderStrategy.length > 0) {
    keys.capacity = {
      providers: capacityProviderStrategy.filter(isMap).map(({ capacityProvider, weight, base }) => ({
        provider: capacityProvider,
        ...(weight === undefined ? {} : { weight }),
        ...(base === undefined ? {} : { base }),
      })),
    }
  }
  const deploy = deployKeys(isMap(deploymentConfiguration) ? deploymentConfiguration : {}, read, lost)
  if (Object.keys(deploy).length > 0) keys.deploy = deploy
  if (enableExecuteCommand === true) {
    keys.exec = true
    notes.push(remarkAt(read, ['enableExecuteCommand'], imports.initProcess))
  }
  if (balancer) {
    keys.load_balancer = true
    const [, group] = /:targetgroup\/([^/]+)\//.exec(String(balancer.targetGroupArn)) ?? []
    if (group) keys.names = { target_group: group }
    if (Array.isArray(loadBalancers) && loadBalancers.length > 1)
      lost.push(remarkAt(read, ['loadBalancers', 1], imports.ownByInfra('loadBalancers')))
  }
  if (typeof grace === 'number' && balancer) keys.health = { grace }
  if (Array.isArray(tags) && tags.length > 0)
    keys.tags = Object.fromEntries(tags.filter(isMap).map(({ key, value }) => [String(key), String(value ?? '')]))
  for (const key of Object.keys(others)) {
    lost.push(remarkAt(read, [key], ofLive.includes(key) ? imports.ownByInfra(key) : imports.notCarried(key)))
  }
  const vpc =
    isMap(networkConfiguration) && isMap(networkConfiguration.awsvpcConfiguration)
      ? networkConfiguration.awsvpcConfiguration
      : undefined
  return {
    keys,
    network: vpc && {
      ...(Array.isArray(vpc.subnets) && vpc.subnets.length > 0 ? { subnets: vpc.subnets as string[] } : {}),
      ...(Array.isArray(vpc.securityGroups) && vpc.securityGroups.length > 0
        ? { security_groups: vpc.securityGroups as string[] }
        : {}),
      ...(vpc.assignPublicIp === 'ENABLED' ? { public_ip: true } : {}),
    },
    launch: launchType === 'EC2' || launchType === 'FARGATE' ? (launchType as 'EC2' | 'FARGATE') : undefined,
    // ecspresso leaves the number of tasks alone where it is not written.
    count: typeof desiredCount === 'number' ? desiredCount : undefined,
  }
}

function deployKeys(configuration: Members, read: ReadFile, lost: Remark[]): Record<string, unknown> {
  const {
    minimumHealthyPercent,
    maximumPercent,
    deploymentCircuitBreaker: breaker,
    alarms,
    strategy,
    bakeTimeInMinutes,
    ...others
  } = configuration
  for (const key of Object.keys(others)) lost.push(remarkAt(read, ['deploymentConfiguration', key], imports.notCarried(key)))
  const strategies: Record<string, string> = { ROLLING: 'rolling', BLUE_GREEN: 'blue-green', CANARY: 'canary', LINEAR: 'linear' }
  return {
    ...(typeof strategy === 'string' && strategy !== 'ROLLING' ? { strategy: strategies[strategy] ?? strategy } : {}),
    ...(typeof bakeTimeInMinutes === 'number' && strategy !== undefined && strategy !== 'ROLLING'
      ? { bake: `${bakeTimeInMinutes}m` }
      : {}),
    ...(minimumHealthyPercent === undefined ? {} : { minimum_percent: minimumHealthyPercent }),
    ...(maximumPercent === undefined ? {} : { maximum_percent: maximumPercent }),
    ...(isMap(breaker) && breaker.enable === false ? { circuit_breaker: { enabled: false } } : {}),
    ...(isMap(breaker) && breaker.enable === true && breaker.rollback === false ? { rollback: false } : {}),
    ...(isMap(alarms) && alarms.enable === true && Array.isArray(alarms.alarmNames) ? { alarms: alarms.alarmNames } : {}),
  }
}
