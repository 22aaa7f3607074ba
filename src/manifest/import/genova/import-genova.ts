// genova's config/deploy.yml and its templates, as a manifest.
import { posix } from 'node:path'
import { imports } from '../../../core/messages/import.ts'
import { EnvironmentVariable } from '../../field.ts'
import type { Path } from '../../problem.ts'
import { scheduleOf } from '../aws-cron.ts'
import { environmentNames, withoutEnvironment } from '../environment-name.ts'
import {
  type ForeignEnvironment,
  type ForeignFiles,
  type ForeignService,
  type ForeignTask,
  type Imported,
  type ReadFile,
  type Remark,
  remarkAt,
  slug,
} from '../foreign.ts'
import { manifestOf } from '../manifest-of.ts'
import { registryOf } from '../service-keys.ts'
import { branchRules } from './auto-deploy.ts'
import { type Cluster, DeployConfig, isDeployConfig, readForeign } from './deploy-config.ts'
import { type ReadUnit, shareBuilds, unitOf } from './unit.ts'

const CONFIG = /^(?:(.+)\/)?config\/deploy\.ya?ml$/

/** The deploy files of genova, one for each base path; Kamal and others have files of the same name. */
export async function genovaFiles(files: ForeignFiles): Promise<{ file: string; base: string; text: string }[]> {
  const candidates = files.files.flatMap((file) => {
    const match = CONFIG.exec(file)
    return match ? [{ file, base: match[1] ?? '' }] : []
  })
  const read = await Promise.all(candidates.map(async (one) => ({ ...one, text: (await files.read(one.file)) ?? '' })))
  return read.filter(({ text }) => isDeployConfig(text))
}

/** What is under way: what was read, and what is to be told of it. */
export interface Reading {
  files: ForeignFiles
  /** Of the repository that deploy.yml stands in; a monorepo has several. */
  base: string
  read: ReadFile
  /** Everything read of this file so far. */
  units: ReadUnit[]
  /** Where the parameters of the environment are that is being read. */
  parameters: string
  lost: Remark[]
  notes: Remark[]
}

/** Undefined where there are no files of genova. Throws `manifest.invalid` for files that genova could not read either. */
export async function importGenova(files: ForeignFiles, product: string): Promise<Imported | undefined> {
  const found = await genovaFiles(files)
  if (found.length === 0) return undefined
  const lost: Remark[] = []
  const notes: Remark[] = []
  const configs = found.map(({ file, base, text }) => {
    const { data, read, unknown } = readForeign(DeployConfig, file, text)
    lost.push(...unknown)
    return { data, reading: { files, base, read, units: [], parameters: '', lost, notes } satisfies Reading }
  })
  const clusters = [...new Set(configs.flatMap(({ data }) => data.clusters.map(({ name }) => name)))]
  const names = environmentNames(clusters)
  const environments = new Map<string, ForeignEnvironment>()
  const workflows: Parameters<typeof manifestOf>[0]['workflows'] = {}
  const rules: Parameters<typeof manifestOf>[0]['auto_deploy'] = {}
  for (const { data, reading } of configs) {
    for (const [at, cluster] of data.clusters.entries()) {
      const name = names.get(cluster.name) ?? cluster.name
      if (!environments.has(name))
        notes.push(remarkAt(reading.read, ['clusters', at, 'name'], imports.environmentOf(cluster.name, name)))
      const environment = environments.get(name) ?? emptyEnvironment(name, cluster.name)
      environments.set(name, environment)
      await addCluster(environment, cluster, ['clusters', at], { ...reading, parameters: `/${product}/${name}/applications` })
    }
  }
  for (const { reading } of configs) shareBuilds(reading.units, reading)
  for (const { data, reading } of configs) branchRules(data, reading, { names, environments, workflows, rules })
  const [first] = configs
  if (first) notes.push(remarkAt(first.reading.read, ['clusters'], imports.ownedSettings))
  for (const environment of environments.values()) placeOf(environment)
  const manifest = manifestOf({ product, environments: [...environments.values()], workflows, auto_deploy: rules })
  return { read: found.map(({ file }) => file), manifest, lost: once(lost), notes: once(notes) }
}

/** A template that several use is told of once. */
const once = (remarks: readonly Remark[]): Remark[] => {
  const seen = new Map(remarks.map((remark) => [JSON.stringify(remark), remark]))
  return [...seen.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
}

const emptyEnvironment = (name: string, cluster: string): ForeignEnvironment => ({
  name,
  account: undefined,
  region: undefined,
  more: { ...(name === 'production' ? { protected: true } : {}), cluster },
  services: new Map(),
  tasks: new Map(),
  schedules: new Map(),
})

/** Account and region are those of the registry that images are pushed to. */
function placeOf(environment: ForeignEnvironment): void {
  const units = [environment.services, environment.tasks, environment.schedules].flatMap((all) =>
    [...all.values()].map(({ unit }) => unit),
  )
  const registries = units.flatMap(({ definition, container }) => {
    const own = (definition.containerDefinitions as { name?: string; image?: string }[]).find(({ name }) => name === container)
    return registryOf(own?.image) ?? []
  })
  environment.account = registries[0]?.account
  environment.region = registries[0]?.region
}

async function addCluster(environment: ForeignEnvironment, cluster: Cluster, path: Path, reading: Reading): Promise<void> {
  for (const [name, service] of Object.entries(cluster.services ?? {})) {
    const at = [...path, 'services', name]
    const made = await unitOf(service, at, reading)
    if (made) keep(environment.services, name, serviceOf(name, service, made, at, reading), at, reading)
  }
  for (const [name, task] of Object.entries(cluster.run_tasks ?? {})) {
    const at = [...path, 'run_tasks', name]
    const made = await unitOf({ ...task, execution_role: task.task_execution_role }, at, reading)
    if (made) keep(environment.tasks, name, taskOf(task, made, at, reading), at, reading)
  }
  for (const [index, scheduled] of (cluster.scheduled_tasks ?? []).entries()) {
    for (const [target, one] of scheduled.targets.entries()) {
      const at = [...path, 'scheduled_tasks', index, 'targets', target]
      const made = await unitOf(one, at, reading)
      const keys = made && scheduleKeys(scheduled, one, made, [...path, 'scheduled_tasks', index], at, reading)
      if (!made || !keys) continue
      const name =
        scheduled.targets.length > 1 || environment.schedules.has(slug(one.name) ?? '')
          ? `${scheduled.rule}-${one.name}`
          : one.name
      keep(environment.schedules, name, { unit: made.unit, more: keys }, at, reading)
    }
  }
}

/** Under its name without the word for its environment, or its whole name where that is another's already. */
function keep<Kept>(into: Map<string, Kept>, name: string, value: Kept, path: Path, { read, lost }: Reading): void {
  const free = [withoutEnvironment(name), slug(name)].find((one) => one !== undefined && !into.has(one))
  if (free !== undefined) into.set(free, value)
  else lost.push({ ...remarkAt(read, path, slug(name) ? imports.nameTaken(name) : imports.noName(name)), blocks: true })
}

type GenovaService = NonNullable<Cluster['services']>[string]

function serviceOf(
  name: string,
  service: GenovaService,
  { unit }: ReadUnit,
  path: Path,
  { read, lost, notes }: Reading,
): ForeignService {
  const more: Record<string, unknown> = {}
  const deploy: Record<string, number> = {}
  for (const [key, ours, least, most] of [
    ['minimum_healthy_percent', 'minimum_percent', 0, 100],
    ['maximum_percent', 'maximum_percent', 100, 1000],
  ] as const) {
    const value = service[key]
    if (value === undefined) continue
    if (Number.isInteger(value) && value >= least && value <= most) deploy[ours] = value
    else lost.push(remarkAt(read, [...path, key], imports.outOfRange(key)))
  }
  if (Object.keys(deploy).length > 0) more.deploy = deploy
  if (service.force_new_deployment !== undefined)
    lost.push(remarkAt(read, [...path, 'force_new_deployment'], imports.forceDeployment))
  const grace = service.health_check_grace_period_seconds
  if (grace !== undefined) {
    const key = [...path, 'health_check_grace_period_seconds']
    if (hasPort(unit)) {
      Object.assign(more, { load_balancer: true, health: { grace } })
      notes.push(remarkAt(read, key, imports.graceSent))
    } else lost.push(remarkAt(read, key, imports.graceWithoutPort))
  }
  if (service.desired_count !== undefined) notes.push(remarkAt(read, [...path, 'desired_count'], imports.countSent))
  return { unit, service: name, ...(service.desired_count === undefined ? {} : { count: service.desired_count }), more }
}

function hasPort({ definition, container }: ReadUnit['unit']): boolean {
  const own = (definition.containerDefinitions as Record<string, unknown>[]).find(({ name }) => name === container)
  return definition.networkMode === 'awsvpc' && Array.isArray(own?.portMappings) && own.portMappings.length > 0
}

type RunTask = NonNullable<Cluster['run_tasks']>[string]

function taskOf(task: RunTask, { unit }: ReadUnit, path: Path, reading: Reading): ForeignTask {
  const { read, lost } = reading
  if ((task.desired_count ?? 1) !== 1) lost.push(remarkAt(read, [...path, 'desired_count'], imports.taskCount))
  if (task.group !== undefined) lost.push(remarkAt(read, [...path, 'group'], imports.taskGroup))
  const overrides = (task.container_overrides ?? []).map(({ environment, ...one }) => ({
    ...one,
    environment: Object.fromEntries((environment ?? []).map(({ name, value }) => [name, value])),
  }))
  return { unit, more: overrideKeys(overrides, unit.container, [...path, 'container_overrides'], reading) }
}

type Scheduled = NonNullable<Cluster['scheduled_tasks']>[number]

function scheduleKeys(
  scheduled: Scheduled,
  target: Scheduled['targets'][number],
  { unit }: ReadUnit,
  rulePath: Path,
  path: Path,
  reading: Reading,
): Record<string, unknown> | undefined {
  const { read, lost, notes } = reading
  const when = scheduleOf(scheduled.expression)
  if (!when) {
    lost.push({ ...remarkAt(read, [...rulePath, 'expression'], imports.cron(scheduled.expression)), blocks: true })
    return undefined
  }
  if (target.depend_service !== undefined)
    lost.push(remarkAt(read, [...path, 'depend_service'], imports.noMeaning('depend_service')))
  if (target.cloudwatch_event_iam_role !== undefined)
    lost.push(remarkAt(read, [...path, 'cloudwatch_event_iam_role'], imports.eventsRole))
  if (target.task_count !== undefined)
    notes.push(remarkAt(read, [...path, 'task_count'], imports.oldSpelling('task_count', 'desired_count')))
  if (target.overrides !== undefined)
    notes.push(remarkAt(read, [...path, 'overrides'], imports.oldSpelling('overrides', 'container_overrides')))
  const given =
    target.container_overrides ??
    ((target.overrides?.container_overrides ?? []) as NonNullable<typeof target.container_overrides>)
  const overrides = given.map(({ environment, ...one }) => ({
    ...one,
    environment: Object.fromEntries((environment ?? []).flatMap((pair) => Object.entries(pair))),
  }))
  const count = target.desired_count ?? target.task_count ?? 1
  notes.push(remarkAt(read, [...rulePath, 'rule'], imports.ruleGoesOn(scheduled.rule, scheduled.enabled !== false)))
  return {
    ...when,
    ...(scheduled.description === undefined ? {} : { description: scheduled.description }),
    // The rule goes on starting it: two would start it twice.
    enabled: false,
    ...(count === 1 ? {} : { count }),
    ...overrideKeys(overrides, unit.container, [...path, 'container_overrides'], reading),
  }
}

interface Override {
  name: string
  command?: unknown[]
  environment: Record<string, unknown>
}

function overrideKeys(overrides: Override[], container: string, path: Path, { read, lost }: Reading): Record<string, unknown> {
  const keys: Record<string, unknown> = {}
  for (const [at, { name, command, environment, ...more }] of overrides.entries()) {
    if (name !== container) {
      lost.push({ ...remarkAt(read, [...path, at], imports.otherContainer(name)), blocks: true })
      continue
    }
    for (const key of Object.keys(more))
      lost.push({ ...remarkAt(read, [...path, at, key], imports.overrideMember(key)), blocks: true })
    if (command && command.length > 0) keys.command = command.map(String)
    const variables = Object.entries(environment).map(
      ([variable, value]) => [variable, value === null ? '' : String(value)] as const,
    )
    const odd = variables.filter(([variable]) => !EnvironmentVariable.safeParse(variable).success)
    for (const [variable] of odd) lost.push({ ...remarkAt(read, [...path, at], imports.overrideMember(variable)), blocks: true })
    if (variables.length > odd.length) keys.env = Object.fromEntries(variables.filter((one) => !odd.includes(one)))
  }
  return keys
}

/** A path of deploy.yml, from `config/`; undefined when it leads out of the repository. */
export function pathIn(base: string, ...parts: string[]): string | undefined {
  const path = posix.normalize(posix.join('.', base, ...parts)).replace(/\/$/, '')
  return path.startsWith('..') || posix.isAbsolute(path) ? undefined : path
}

/** The names of all services, as genova has them. */
export async function servicesOf(files: ForeignFiles): Promise<string[]> {
  const found = await genovaFiles(files)
  return found.flatMap(({ file, text }) =>
    readForeign(DeployConfig, file, text).data.clusters.flatMap(({ services }) => Object.keys(services ?? {})),
  )
}
