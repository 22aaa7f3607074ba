// Task definitions: families of numbered revisions that never change and whose numbers never come back.
import type {
  ContainerDefinition,
  RegisterTaskDefinitionRequest,
  TaskDefinition,
  TaskDefinitionFamilyStatus,
} from '@aws-sdk/client-ecs'
import { sortedBy } from '../page.ts'
import { type Context, clientError, definitionArn, definitionOf, type EcsHandlers, invalid, paged } from './context.ts'
import type { Engine } from './engine.ts'
import type { TaskDefinitionRecord } from './state.ts'
import { checkTaskDefinition, normalSize } from './task-definition-check.ts'

const DELETED_AT_ONCE = 10

export function taskDefinitionOperations({ engine, history }: Context): EcsHandlers {
  const keep = (record: TaskDefinitionRecord) => {
    engine.definitions.set(record.arn, record)
    history.note('definition', record.arn)
    return record
  }
  /** By name; of a family, the newest ACTIVE revision that is seen. */
  const seen = (name: string): TaskDefinition | undefined => {
    const resource = name.slice(name.lastIndexOf('/') + 1)
    const [family = '', revision] = resource.split(':')
    const look = (number: number) =>
      history.seen<TaskDefinition>('DescribeTaskDefinition', 'definition', definitionArn(engine, family, number))
    if (revision !== undefined) return look(Number(revision))
    for (let number = engine.families.get(family) ?? 0; number > 0; number--) {
      const found = look(number)
      if (found?.status === 'ACTIVE') return found
    }
    return undefined
  }
  return {
    RegisterTaskDefinition({ tags = [], ...input }, call) {
      const spec = { ...input, cpu: normalSize(input.cpu, 'cpu'), memory: normalSize(input.memory, 'memory') }
      checkTaskDefinition({ ...spec, tags })
      const family = spec.family ?? ''
      const revision = (engine.families.get(family) ?? 0) + 1
      engine.families.set(family, revision)
      const record = keep({
        arn: definitionArn(engine, family, revision),
        family,
        revision,
        status: 'ACTIVE',
        spec: { ...spec, containerDefinitions: (spec.containerDefinitions ?? []).map((each) => filled(each, spec)) },
        compatibilities: compatibilities(spec),
        requiresAttributes: requiredAttributes(spec),
        tags,
        registeredAt: engine.clock.now(),
        registeredBy: call.principal.arn,
      })
      return { taskDefinition: renderedDefinition(record), tags: tags.length > 0 ? tags : undefined }
    },

    DescribeTaskDefinition({ taskDefinition = '', include = [] }) {
      const found = seen(taskDefinition)
      if (!found) throw clientError('Unable to describe task definition.')
      const tags = engine.definitions.get(found.taskDefinitionArn ?? '')?.tags ?? []
      return { taskDefinition: found, tags: include.includes('TAGS') ? tags : undefined }
    },

    ListTaskDefinitions({ familyPrefix, status = 'ACTIVE', sort, ...input }) {
      const all = history.all<TaskDefinition>('ListTaskDefinitions', 'definition')
      const found = all.filter(
        ({ value }) => value.status === status && (familyPrefix === undefined || value.family === familyPrefix),
      )
      const ordered = sortedBy(found, ({ value }) => orderKey(value, sort === 'DESC'))
      const { items, nextToken } = paged(ordered, ({ value }) => orderKey(value, sort === 'DESC'), input, 100)
      return { taskDefinitionArns: items.map(({ key }) => key), nextToken }
    },

    ListTaskDefinitionFamilies({ familyPrefix = '', status = 'ACTIVE', ...input }) {
      const families = new Map<string, boolean>()
      for (const { value } of history.all<TaskDefinition>('ListTaskDefinitionFamilies', 'definition')) {
        const family = value.family ?? ''
        if (family.startsWith(familyPrefix)) families.set(family, families.get(family) === true || value.status === 'ACTIVE')
      }
      const wanted = [...families].filter(([, isActive]) => isOfStatus(isActive, status)).map(([family]) => family)
      const { items, nextToken } = paged(sortedBy(wanted, String), String, input, 100)
      return { families: items, nextToken }
    },

    DeregisterTaskDefinition({ taskDefinition = '' }) {
      const record = withRevision(engine, taskDefinition)
      if (!record) throw clientError('The specified task definition does not exist.')
      if (record.status !== 'ACTIVE') return { taskDefinition: renderedDefinition(record) }
      return { taskDefinition: renderedDefinition(keep({ ...record, status: 'INACTIVE', deregisteredAt: engine.clock.now() })) }
    },

    DeleteTaskDefinitions({ taskDefinitions = [] }) {
      if (taskDefinitions.length > DELETED_AT_ONCE)
        throw invalid(`The request can contain at most ${DELETED_AT_ONCE} task definitions.`)
      const deleted: TaskDefinition[] = []
      const failures: { arn: string; reason: string; detail?: string }[] = []
      for (const name of taskDefinitions) {
        const record = withRevision(engine, name)
        if (!record) failures.push({ arn: name, reason: 'MISSING' })
        else if (record.status === 'ACTIVE') {
          const detail = 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.'
          failures.push({ arn: record.arn, reason: 'INVALID', detail })
        } else deleted.push(renderedDefinition(keep({ ...record, status: 'DELETE_IN_PROGRESS' })))
      }
      return { taskDefinitions: deleted, failures }
    },
  }
}

export function renderedDefinition(record: TaskDefinitionRecord): TaskDefinition {
  const { family: _, tags: __, ...spec } = record.spec
  return {
    ...spec,
    taskDefinitionArn: record.arn,
    family: record.family,
    revision: record.revision,
    status: record.status,
    volumes: spec.volumes ?? [],
    placementConstraints: spec.placementConstraints ?? [],
    compatibilities: record.compatibilities,
    requiresAttributes: record.requiresAttributes.map((name) => ({ name })),
    registeredAt: new Date(record.registeredAt),
    registeredBy: record.registeredBy,
    deregisteredAt: record.deregisteredAt === undefined ? undefined : new Date(record.deregisteredAt),
  }
}

/** The defaults that ECS writes into a container definition. */
function filled(container: ContainerDefinition, { networkMode }: RegisterTaskDefinitionRequest): ContainerDefinition {
  const { healthCheck } = container
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      ...mapping,
      hostPort: mapping.hostPort ?? (networkMode === 'awsvpc' ? mapping.containerPort : 0),
      protocol: mapping.protocol ?? 'tcp',
    })),
    healthCheck: healthCheck && {
      ...healthCheck,
      interval: healthCheck.interval ?? 30,
      timeout: healthCheck.timeout ?? 5,
      retries: healthCheck.retries ?? 3,
    },
  }
}

function compatibilities(spec: RegisterTaskDefinitionRequest): TaskDefinitionRecord['compatibilities'] {
  const isFargate = spec.requiresCompatibilities?.includes('FARGATE') ?? false
  return isFargate ? ['EC2', 'FARGATE'] : ['EXTERNAL', 'EC2']
}

/** Source of the names: Developer Guide, "Amazon ECS task definition differences", as DescribeTaskDefinition shows them. */
function requiredAttributes(spec: RegisterTaskDefinitionRequest): string[] {
  const containers = spec.containerDefinitions ?? []
  const names = new Set<string>()
  if (spec.taskRoleArn) names.add('com.amazonaws.ecs.capability.task-iam-role')
  if (spec.networkMode === 'awsvpc') names.add('ecs.capability.task-eni')
  if (containers.some(({ secrets }) => secrets?.length)) names.add('ecs.capability.secrets.ssm.environment-variables')
  if (containers.some(({ healthCheck }) => healthCheck)) names.add('ecs.capability.container-health-check')
  for (const { logConfiguration } of containers) {
    if (logConfiguration) names.add(`com.amazonaws.ecs.capability.logging-driver.${logConfiguration.logDriver}`)
  }
  names.add('com.amazonaws.ecs.capability.docker-remote-api.1.18')
  return [...names]
}

/** Deregistering and deleting want a revision, not just a family. */
function withRevision(engine: Engine, name: string): TaskDefinitionRecord | undefined {
  if (!/:\d+$/.test(name)) throw invalid('Invalid revision number. Number: ')
  return definitionOf(engine, name)
}

const DIGITS = 10
const LAST_CHARACTER = 0xffff

/** Sorts by family, then by number of revision; both the other way round for `isDescending`. */
function orderKey({ family = '', revision = 0 }: TaskDefinition, isDescending: boolean): string {
  const number = String(isDescending ? 10 ** DIGITS - revision : revision).padStart(DIGITS, '0')
  if (!isDescending) return `${family}\0${number}`
  return `${Array.from(family, (each) => String.fromCharCode(LAST_CHARACTER - each.charCodeAt(0))).join('')}\uffff${number}`
}

const isOfStatus = (isActive: boolean, status: TaskDefinitionFamilyStatus) =>
  status === 'ALL' || isActive === (status === 'ACTIVE')
