// One entry of deploy.yml with its template: what its tasks run with, and what is built for them.
import { imports } from '../../../core/messages/import.ts'
import type { Text } from '../../../core/text.ts'
import { containerMembers } from '../../container-parts.ts'
import type { Path } from '../../problem.ts'
import { looksSecret } from '../../service-checks.ts'
import { yamlDocument } from '../../yaml-document.ts'
import { type ForeignBuild, isMap, type Members, type ReadFile, remarkAt, type Unit } from '../foreign.ts'
import { registryOf } from '../service-keys.ts'
import type { Container } from './deploy-config.ts'
import { pathIn, type Reading } from './import-genova.ts'
import { camelCased, isKmsReference, isTagged, overridden, resolved } from './template.ts'

interface Entry {
  path: string
  containers?: Container[]
  task_overrides?: Members
  launch_type?: string
  network_configuration?: { awsvpc_configuration: { subnets?: string[]; security_groups?: string[]; assign_public_ip?: string } }
  task_role?: string
  execution_role?: string
}

export interface ReadUnit {
  unit: Unit
  /** Where it stands in deploy.yml. */
  path: Path
}

/** Undefined when there is nothing to go by, which is told. */
export async function unitOf(entry: Entry, path: Path, reading: Reading): Promise<ReadUnit | undefined> {
  const { read, lost, notes } = reading
  const blocking = (at: Path, text: Text) => lost.push({ ...remarkAt(read, at, text), blocks: true })
  const template = await templateOf(entry, path, reading)
  if (!template) return undefined
  const { definition: whole, unmatched } = overridden(template.members, camelCased(entry.task_overrides ?? {}) as Members)
  for (const name of unmatched)
    lost.push(remarkAt(read, [...path, 'task_overrides', 'container_definitions'], imports.unmatched(name)))
  const { definition, unreadable } = resolved(whole)
  for (const variable of unreadable) blocking([...path, 'path'], imports.kmsUnreadable(variable))
  const containers = definition.containerDefinitions as Members[]
  tellValues(template, whole, path, reading)
  for (const container of containers) {
    const odd = Object.keys(container).filter(
      (member) => member !== 'name' && !(containerMembers as readonly string[]).includes(member),
    )
    for (const member of odd) {
      blocking([...path, 'path'], imports.memberUnknown(member))
      delete container[member]
    }
  }
  for (const container of containers) moveSecrets(container, path, reading)
  const known = containers.map(({ name }) => String(name))
  const listed = (entry.containers ?? []).filter(({ name }, at) => {
    if (known.includes(name)) return true
    blocking([...path, 'containers', at, 'name'], imports.containerUnknown(name, entry.path))
    return false
  })
  const [first] = listed
  if (!first) notes.push(remarkAt(read, path, imports.nothingBuilt))
  const builds: Unit['builds'] = {}
  for (const [at, container] of listed.entries()) {
    const build = buildOf(container, [...path, 'containers', at], reading)
    if (build) builds[container.name] = build
  }
  const own = first?.name ?? known[0] ?? ''
  const made: ReadUnit = {
    path,
    unit: {
      definition: {
        ...definition,
        ...(entry.task_role === undefined ? {} : { taskRoleArn: entry.task_role }),
        ...(entry.execution_role === undefined ? {} : { executionRoleArn: entry.execution_role }),
      },
      container: own,
      builds,
      ...(entry.network_configuration ? { network: networkOf(entry.network_configuration.awsvpc_configuration) } : {}),
      ...(entry.launch_type === 'EC2' || entry.launch_type === 'FARGATE' ? { launch: entry.launch_type } : {}),
    },
  }
  reading.units.push(made)
  return made
}

interface Template {
  members: Members
  read: ReadFile
}

async function templateOf(entry: Entry, path: Path, { files, base, read, lost }: Reading): Promise<Template | undefined> {
  const tell = (text: Text) => {
    lost.push({ ...remarkAt(read, [...path, 'path'], text, 'value'), blocks: true })
    return undefined
  }
  const file = pathIn(base, 'config', entry.path)
  if (file === undefined) return tell(imports.outside(entry.path))
  const text = await files.read(file)
  if (text === undefined) return tell(imports.templateMissing(file))
  const document = yamlDocument(text, 'foreign')
  const { value, problems } = document
  if (problems.length > 0 || !isMap(value)) {
    for (const { line, column, text: words } of problems) lost.push({ file, line, column, path: '', text: words, blocks: true })
    return problems.length > 0 ? undefined : tell(imports.templateEmpty(file))
  }
  const template = camelCased(value) as Members
  const containers = template.containerDefinitions
  if (!Array.isArray(containers) || containers.filter(isMap).length === 0) return tell(imports.templateEmpty(file))
  return { members: template, read: { file, document } }
}

/** What is read otherwise than it was: encrypted values, and the tag where it is no image's. */
function tellValues(entry: Template, whole: Members, path: Path, { read, notes }: Reading): void {
  const containers = (whole.containerDefinitions as unknown[]).filter(isMap)
  const placed = (container: unknown, variable: unknown, text: Text) => {
    const at = placeIn(entry, container, variable)
    notes.push(at ? remarkAt(entry.read, at, text) : remarkAt(read, [...path, 'task_overrides'], text))
  }
  for (const { name, environment } of containers) {
    for (const variable of Array.isArray(environment) ? environment.filter(isMap) : []) {
      if (isKmsReference(variable.value)) placed(name, variable.name, imports.kmsValue(String(variable.name)))
      else if (isTagged(variable.value)) placed(name, variable.name, imports.tagVariable)
    }
  }
}

/** Where the template itself has a variable. */
function placeIn({ read }: Template, container: unknown, variable: unknown): Path | undefined {
  const list = isMap(read.document.value) ? read.document.value.container_definitions : undefined
  const at = Array.isArray(list) ? list.findIndex((one) => isMap(one) && one.name === container) : -1
  const environment = at < 0 ? undefined : (list as Members[])[at]?.environment
  const index = Array.isArray(environment) ? environment.findIndex((one) => isMap(one) && one.name === variable) : -1
  return index < 0 ? undefined : ['container_definitions', at, 'environment', index]
}

/**
 * What has the image of something that is built has its build, wherever in deploy.yml that is listed. What still has the tag of
 * a build that nothing makes is told.
 */
export function shareBuilds(units: readonly ReadUnit[], { read, lost }: Reading): void {
  const known = new Map<unknown, ForeignBuild>()
  const each = (visit: (container: Members, of: ReadUnit) => void) => {
    for (const one of units) for (const container of one.unit.definition.containerDefinitions as Members[]) visit(container, one)
  }
  each(({ name, image }, { unit }) => {
    const build = unit.builds[String(name)]
    if (build && !known.has(image)) known.set(image, build)
  })
  each(({ name, image }, { unit, path }) => {
    const container = String(name)
    const build = isTagged(image) ? known.get(image) : undefined
    if (build) unit.builds[container] ??= build
    const tell = (text: Text) => lost.push({ ...remarkAt(read, [...path, 'path'], text), blocks: true })
    if (isTagged(image) && !unit.builds[container]) tell(imports.tagWithoutBuild(container))
    if (unit.builds[container] && !registryOf(image)) tell(imports.notInRegistry(container))
  })
}

/** What is a secret by its form becomes a reference: kiban takes no secret in plain sight. */
function moveSecrets(container: Members, path: Path, { read, parameters, notes }: Reading): void {
  const variables = Array.isArray(container.environment) ? container.environment.filter(isMap) : []
  const secret = variables.filter(({ value }) => looksSecret(String(value)))
  if (secret.length === 0) return
  const moved = secret.map(({ name }) => ({
    name,
    valueFrom: `${parameters}/${String(name)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')}`,
  }))
  container.environment = variables.filter((one) => !secret.includes(one))
  container.secrets = [...(Array.isArray(container.secrets) ? container.secrets : []), ...moved]
  for (const { name, valueFrom } of moved)
    notes.push(remarkAt(read, [...path, 'path'], imports.secretMoved(String(name), valueFrom)))
}

function buildOf({ build }: Container, path: Path, { base, read, lost }: Reading): ForeignBuild | undefined {
  const given = typeof build === 'string' ? { context: build } : build
  const tell = (key: string, text: Text) =>
    lost.push({ ...remarkAt(read, [...path, 'build', ...(typeof build === 'string' ? [] : [key])], text), blocks: true })
  const context = pathIn(base, 'config', given.context ?? '.')
  if (context === undefined) {
    tell('context', imports.outside(given.context ?? '.'))
    return undefined
  }
  const dockerfile = pathIn('', given.dockerfile ?? 'Dockerfile')
  if (dockerfile === undefined) {
    tell('dockerfile', imports.outside(given.dockerfile ?? ''))
    return undefined
  }
  const args = Object.entries(given.args ?? {}).map(([name, value]) => [name, value === null ? '' : String(value)] as const)
  const secret = args.filter(([, value]) => isKmsReference(value))
  for (const [name] of secret)
    lost.push({ ...remarkAt(read, [...path, 'build', 'args', name], imports.kmsArgument(name)), blocks: true })
  return { context, dockerfile, args: Object.fromEntries(args.filter((one) => !secret.includes(one))), target: given.target }
}

function networkOf({
  subnets,
  security_groups,
  assign_public_ip,
}: NonNullable<Entry['network_configuration']>['awsvpc_configuration']) {
  return {
    ...(subnets && subnets.length > 0 ? { subnets } : {}),
    ...(security_groups && security_groups.length > 0 ? { security_groups } : {}),
    ...(assign_public_ip === 'ENABLED' ? { public_ip: true } : {}),
  }
}
