// What a deployment will do, from what is declared and what was found; pure.
import { createHash } from 'node:crypto'
import type { CreateServiceRequest, RegisterTaskDefinitionRequest, Service, TaskDefinition } from '../../aws/ecs-shapes.ts'
import type { EnvironmentManifest, ScheduleManifest, ServiceManifest, TaskManifest } from '../../manifest/environment.ts'
import { type Account, ownAddress, taskDefinition } from './definition.ts'
import { type Difference, differences } from './differences.ts'
import { concealed } from './kms-values.ts'
import {
  familyOf,
  type RulePlan,
  rulePlans,
  type SchedulePlan,
  type SchedulesSeen,
  schedulePlans,
} from './schedules/schedule-plan.ts'
import { newService, type ServiceSettings, type Surroundings, serviceSettings, standingSettings } from './service-settings.ts'
import { settingsDifferences } from './settings-differences.ts'

export interface Plan extends Account {
  product: string
  environment: string
  commit: string
  /** Names of the services that were asked for. */
  chosen: string[]
  /** In name order, then those whose definition only a migration needs. */
  services: ServicePlan[]
  /** Run to their end, one after the other, before any service rolls. */
  migrations: OneOffPlan[]
  /** Of those services, once all of them run the release. */
  schedules: SchedulePlan[]
  rules: RulePlan[]
  /** How many people must agree to it. */
  approvals: number
  /** Equal for plans that do the same. */
  fingerprint: string
}

export interface ServicePlan {
  service: string
  /** Its own container in the definition. */
  container: string
  /** `for-task`: only its definition is needed, by a migration. */
  action: 'create' | 'update' | 'unchanged' | 'for-task'
  cluster: string
  name: string
  /** Undefined: to be built from the commit. */
  image: string | undefined
  definition: RegisterTaskDefinitionRequest
  settings: ServiceSettings
  /** What held where the settings change something: a way back brings it. */
  before: ServiceSettings | undefined
  create: Omit<CreateServiceRequest, 'taskDefinition' | 'clientToken' | 'tags'> | undefined
  differences: Difference[]
  /** Who registered the live definition, and when, where it is not the one that kiban deployed last. */
  outside: { by: string; at: number | undefined } | undefined
  /** The definition that a way back brings. */
  previous: string | undefined
  /** The service deployment that was current when this was planned. */
  plannedFrom: string | undefined
  deadlineSeconds: number
  earlySuccess: boolean
  tags: Record<string, string>
  place: ServicePlace
}

/** Where a service's tasks stand, or are to: what is checked before anything changes. */
export interface ServicePlace {
  network: CreateServiceRequest['networkConfiguration']
  /** ARNs; the first carries the traffic. */
  targetGroups: string[]
  /** Tasks that are wanted now. */
  count: number
  missing: Surroundings['missing']
}

/** A task that runs once, with the definition of a service. */
export interface OneOffPlan {
  task: string
  service: string
  container: string
  cluster: string
  command: string[] | undefined
  env: Record<string, string>
  size: { cpu: number; memory: number } | undefined
  network: CreateServiceRequest['networkConfiguration']
  launchType: 'FARGATE' | 'EC2'
  timeoutSeconds: number
}

export interface ReleaseImages {
  commit: string
  /** Image reference with digest by service, and by `service/container` of a sidecar; what is missing must still be built. */
  images: Record<string, string>
  /** Task definitions that services start from, by service. */
  definitions: Record<string, Record<string, unknown>>
}

/** Under what a release keeps the image of a sidecar; no service has a slash in its name. */
export const sidecarKey = (service: string, container: string): string => `${service}/${container}`

/** What was found in AWS. */
export interface Survey extends Account {
  /** By the manifest's name. */
  services: Record<string, FoundService>
  /** Undefined where nobody asked. */
  schedules?: SchedulesSeen
}

export interface FoundService {
  live: { service: Service; definition: TaskDefinition | undefined } | undefined
  surroundings: Surroundings
}

export interface PlanInput {
  manifest: EnvironmentManifest
  release: ReleaseImages
  /** Names of the services to deploy. */
  services: readonly string[]
  survey: Survey
  /** What kiban last brought here, by service. */
  deployed: Record<string, Deployed | undefined>
  /** Roll even what has not changed. */
  force: boolean
  /** An earlier release is brought back. */
  goesBack: boolean
  /** These schedules alone; otherwise those of the services. */
  schedules?: readonly string[]
}

export type Deployed = Pick<ServicePlan, 'definition' | 'settings'>

/** The image of a definition that can only be rendered in full once its image is built. */
export const TO_BE_BUILT = 'to be built from '

export function plan(input: PlanInput): Plan {
  const { manifest, release, survey } = input
  const chosen = [...input.services].sort()
  const rolling = chosen.map((name) => servicePlan(input, name))
  const needed = rolling.filter(({ action }) => action !== 'unchanged').map(({ service }) => service)
  const migrations = migrationsBefore(needed, input)
  const ruled = survey.schedules && !input.schedules ? ruledServices(manifest, survey.schedules) : []
  const lenders = [
    ...[...migrations, ...schedulesToBring(manifest, chosen, input.schedules)].map(({ service }) => service),
    ...ruled,
  ]
  const others = new Set(lenders.filter((service) => !chosen.includes(service)))
  const services = [...rolling, ...[...others].map((name) => ({ ...servicePlan(input, name), action: 'for-task' as const }))]
  // A migration runs with the new definition even where its own service has not changed.
  const borrowed = new Set(migrations.map(({ service }) => service))
  const all = services.map((one) =>
    one.action === 'unchanged' && borrowed.has(one.service) ? { ...one, action: 'for-task' as const } : one,
  )
  const seen = survey.schedules
  const oneOffOf = (job: ScheduleManifest) =>
    oneOffPlan(job, manifest.services[job.service] as ServiceManifest, foundFor(input, job.service))
  const schedules = seen ? schedulePlans({ ...survey, manifest, services: all, seen, named: input.schedules, oneOffOf }) : []
  const rules = seen && !input.schedules ? rulePlans(all, seen) : []
  return {
    product: manifest.product,
    environment: manifest.environment,
    commit: release.commit,
    chosen,
    account: survey.account,
    region: survey.region,
    services: all,
    migrations,
    schedules,
    rules,
    approvals: manifest.approvals,
    fingerprint: fingerprint({
      migrations,
      ...(schedules.length > 0
        ? { schedules: schedules.map(({ schedule, action, settings }) => ({ schedule, action, settings })) }
        : {}),
      ...(rules.length > 0 ? { rules } : {}),
      services: all.map(({ service, action, definition, settings, create }) => ({
        service,
        action,
        definition: asAgreed(definition, manifest.services[service], release.commit),
        settings,
        create,
      })),
    }),
  }
}

function outsideChange(compared: readonly Difference[], live: TaskDefinition | undefined): ServicePlan['outside'] {
  if (!live?.registeredBy || compared.every(({ by }) => by === 'release')) return undefined
  return { by: live.registeredBy, at: live.registeredAt?.getTime() }
}

/** What a deployment would make of one service. */
export function servicePlan(input: PlanInput, name: string): ServicePlan {
  const service = input.manifest.services[name] as ServiceManifest
  const { live: standing, surroundings: around } = input.survey.services[name] as FoundService
  const surroundings = ownAddress(service, input.release.definitions[name]) ? around : withoutNetwork(around)
  const image = input.release.images[name]
  const toBeBuilt = `${TO_BE_BUILT}${input.release.commit}`
  const beside = Object.keys(service.sidecars).map((container) => [
    container,
    input.release.images[sidecarKey(name, container)] ?? toBeBuilt,
  ])
  const definition = taskDefinition(service, { own: image ?? toBeBuilt, beside: Object.fromEntries(beside) }, input.survey, {
    base: input.release.definitions[name],
    commit: input.release.commit,
  })
  const settings = asManyAsRun(input, serviceSettings(service, input.survey, standing?.service), standing?.service)
  const deployed = input.deployed[name]
  const seen = standing?.definition && concealed(standing.definition, definition, deployed?.definition)
  const live = standing && { ...standing, definition: seen }
  const compared = differences(definition, deployed?.definition, live?.definition)
  return {
    service: name,
    container: service.names.container,
    action: live ? (changes(input, live, definition, settings) ? 'update' : 'unchanged') : 'create',
    cluster: service.names.cluster,
    name: service.names.service,
    image,
    definition,
    settings,
    before: live && settingsBefore(live.service, settings),
    create: live ? undefined : newService(service, surroundings),
    differences: [...compared, ...settingsDifferences({ declared: settings, deployed: deployed?.settings, live: live?.service })],
    outside: outsideChange(compared, live?.definition),
    previous: live && lastSteady(live.service),
    plannedFrom: live?.service.currentServiceDeployment,
    deadlineSeconds: service.deploy.deadline,
    earlySuccess: service.deploy.earlySuccess !== undefined,
    tags: service.tags,
    place: servicePlace(service, live, surroundings),
  }
}

/** Tasks that share the network of their instance have none of their own to be told of. */
function withoutNetwork(surroundings: Surroundings): Surroundings {
  return { ...surroundings, network: undefined, missing: { ...surroundings.missing, subnets: undefined } }
}

/**
 * The newest definition with which the service was steady, as where ECS itself rolls back to; else the one that it runs. What a
 * rollout left that never ended well is nothing to go back to.
 */
function lastSteady({ taskDefinition, deployments = [] }: Service): string | undefined {
  const steady = deployments.filter(({ rolloutState }) => rolloutState === 'COMPLETED')
  const [newest] = steady.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
  return newest?.taskDefinition ?? taskDefinition
}

/** Whoever goes back is in trouble: the release brings its number of tasks, but takes none away from those that carry the load. */
function asManyAsRun({ goesBack }: PlanInput, settings: ServiceSettings, live: Service | undefined): ServiceSettings {
  const { desiredCount } = settings
  if (!goesBack || desiredCount === undefined) return settings
  return { ...settings, desiredCount: Math.max(desiredCount, live?.desiredCount ?? 0) }
}

function settingsBefore(live: Service, settings: ServiceSettings): ServiceSettings | undefined {
  const before = standingSettings(live, settings)
  return settingsDifferences({ declared: settings, deployed: undefined, live: before }).length > 0 ? before : undefined
}

function servicePlace(service: ServiceManifest, live: FoundService['live'], surroundings: Surroundings): ServicePlace {
  const { network, targetGroup, alternateTargetGroup, missing } = surroundings
  const balancers = live?.service.loadBalancers ?? []
  const groups = live
    ? balancers.flatMap(({ targetGroupArn, advancedConfiguration }) => [
        targetGroupArn,
        advancedConfiguration?.alternateTargetGroupArn,
      ])
    : [targetGroup, alternateTargetGroup]
  const own = service.count.autoscaled || service.count.kept ? live?.service.desiredCount : undefined
  return { network, targetGroups: groups.filter((arn) => arn !== undefined), count: own ?? service.count.min, missing }
}

function changes(
  input: PlanInput,
  live: NonNullable<FoundService['live']>,
  definition: RegisterTaskDefinitionRequest,
  settings: ServiceSettings,
): boolean {
  const [only, ...others] = live.service.deployments ?? []
  const settled = others.length === 0 && (only?.rolloutState ?? 'COMPLETED') === 'COMPLETED'
  return (
    input.force ||
    !settled ||
    live.definition === undefined ||
    differences(definition, undefined, live.definition).length > 0 ||
    settingsDifferences({ declared: settings, deployed: undefined, live: live.service }).length > 0
  )
}

function migrationsBefore(services: readonly string[], input: PlanInput): OneOffPlan[] {
  const { manifest } = input
  const names = new Set(services.flatMap((service) => manifest.services[service]?.before ?? []))
  return [...names].flatMap((name) => {
    const task = manifest.tasks[name]
    const service = task && manifest.services[task.service]
    if (!task || !service) return []
    return oneOffPlan(task, service, foundFor(input, task.service))
  })
}

/** The named ones; else those of the chosen services, and of services that are there for tasks alone. */
export const schedulesToBring = (
  { schedules, services }: EnvironmentManifest,
  chosen: readonly string[],
  named?: readonly string[],
): ScheduleManifest[] =>
  Object.values(schedules).filter(({ name, service }) =>
    named ? named.includes(name) : chosen.includes(service) || services[service]?.tasksOnly,
  )

/** Services that are there for tasks alone and whose definition a rule of EventBridge runs. */
export const ruledServices = ({ services }: EnvironmentManifest, { rules }: SchedulesSeen): string[] => {
  const families = new Set(rules.map(({ target }) => familyOf(target.EcsParameters?.TaskDefinitionArn ?? '')))
  return Object.values(services).flatMap(({ name, names, tasksOnly }) => (tasksOnly && families.has(names.family) ? [name] : []))
}

interface FoundForTask extends FoundService {
  /** The definition that a release brought, as in `taskDefinition`. */
  base: Record<string, unknown> | undefined
}

const foundFor = ({ survey, release }: PlanInput, service: string): FoundForTask => ({
  ...(survey.services[service] as FoundService),
  base: release.definitions[service],
})

/** How a task of the manifest runs, with what its service has. */
export function oneOffPlan(task: TaskManifest, service: ServiceManifest, found: FoundForTask): OneOffPlan {
  return {
    task: task.name,
    service: task.service,
    container: service.names.container,
    cluster: service.names.cluster,
    command: task.command,
    env: task.env,
    size: task.size,
    network: ownAddress(service, found.base)
      ? (found.live?.service.networkConfiguration ?? found.surroundings.network)
      : undefined,
    launchType: 'launch' in service.capacity && service.capacity.launch === 'ec2' ? 'EC2' : 'FARGATE',
    timeoutSeconds: task.timeout,
  }
}

/** An image is what its commit makes of it: people agree to a plan before it is built. */
function asAgreed(
  definition: RegisterTaskDefinitionRequest,
  service: ServiceManifest | undefined,
  commit: string,
): RegisterTaskDefinitionRequest {
  const built = new Set(service ? [...(service.build ? [service.names.container] : []), ...Object.keys(service.sidecars)] : [])
  const containerDefinitions = definition.containerDefinitions?.map((container) =>
    built.has(container.name ?? '') ? { ...container, image: `${TO_BE_BUILT}${commit}` } : container,
  )
  return { ...definition, containerDefinitions }
}

const fingerprint = (what: unknown): string => createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)
