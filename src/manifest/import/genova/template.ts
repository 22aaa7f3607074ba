// genova's task-definition templates: members in the Ruby SDK's snake_case, `{{tag}}`, overrides and KMS values.
import { KMS_VALUE } from '../../secret.ts'
import { isMap, type Members } from '../foreign.ts'

/** Maps whose keys are data, not names of members. */
const DATA = new Set(['dockerLabels', 'options', 'driverOpts', 'labels'])

/** A template's members as AWS's API spells them: `container_definitions` is `containerDefinitions`. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
      return [name, DATA.has(name) ? inner : camelCased(inner)]
    }),
  )
}

/** By what the members of a list are known: an override of one of them changes that one and leaves the others. */
const keyOf: Record<string, string> = {
  containerDefinitions: 'name',
  environment: 'name',
  secrets: 'name',
  portMappings: 'containerPort',
  mountPoints: 'containerPath',
  volumesFrom: 'sourceContainer',
  dependsOn: 'containerName',
  ulimits: 'name',
  extraHosts: 'hostname',
  systemControls: 'namespace',
  volumes: 'name',
}

/**
 * A template with its `task_overrides`, as their writers mean them: maps are merged, lists of named things by their names,
 * every other list is replaced. `unmatched` are containers that the template has not: genova ignored those, and so do we.
 */
export function overridden(template: Members, overrides: Members): { definition: Members; unmatched: string[] } {
  const known = namesIn(template.containerDefinitions)
  const unmatched = namesIn(overrides.containerDefinitions).filter((name) => !known.includes(name))
  const given = Array.isArray(overrides.containerDefinitions) ? overrides.containerDefinitions : undefined
  const matching = given?.filter((one) => isMap(one) && known.includes(String(one.name)))
  return { definition: merged(template, { ...overrides, ...(matching ? { containerDefinitions: matching } : {}) }), unmatched }
}

const namesIn = (list: unknown): string[] => (Array.isArray(list) ? list.filter(isMap).map(({ name }) => String(name)) : [])

function merged(base: Members, over: Members): Members {
  const result: Members = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = base[key]
    const id = keyOf[key]
    if (isMap(value) && isMap(before)) result[key] = merged(before, value)
    else if (id && Array.isArray(value) && Array.isArray(before)) result[key] = mergedLists(before, value, id)
    else result[key] = value
  }
  return result
}

function mergedLists(base: unknown[], over: unknown[], id: string): unknown[] {
  const isSame = (a: unknown, b: unknown) => isMap(a) && isMap(b) && a[id] === b[id] && a[id] !== undefined
  const kept = base.map((one) => {
    const other = over.find((candidate) => isSame(one, candidate))
    return isMap(one) && isMap(other) ? merged(one, other) : one
  })
  return [...kept, ...over.filter((one) => !base.some((other) => isSame(one, other)))]
}

const KMS_REFERENCE = /^\$\{(.+)\}$/s
/** genova's only variable, and what kiban has in its place. */
const TAG = '{{tag}}'
const COMMIT = '{commit}'

/**
 * Values of variables as text; `${…}` is what KMS encrypted. `{{tag}}` outside of images becomes the commit. `unreadable` are
 * variables in `${…}` that hold no ciphertext.
 */
export function resolved(definition: Members): { definition: Members; unreadable: string[] } {
  const unreadable: string[] = []
  const containers = Array.isArray(definition.containerDefinitions) ? definition.containerDefinitions : []
  const containerDefinitions = containers.filter(isMap).map((container) => {
    const { image, environment, ...members } = container
    const variables = Array.isArray(environment) ? environment.filter(isMap) : undefined
    return {
      ...(withCommit(members) as Members),
      ...(image === undefined ? {} : { image }),
      ...(variables === undefined
        ? {}
        : {
            environment: variables.map(({ name, value }) => {
              const text = value === null || value === undefined ? '' : String(value)
              const [, ciphertext] = KMS_REFERENCE.exec(text) ?? []
              if (ciphertext !== undefined && !isCiphertext(ciphertext)) unreadable.push(String(name))
              return {
                name,
                value: ciphertext === undefined ? text.replaceAll(TAG, COMMIT) : `${KMS_VALUE}${ciphertext.replace(/\s/g, '')}`,
              }
            }),
          }),
    }
  })
  const { containerDefinitions: _, ...others } = definition
  return { definition: { ...(withCommit(others) as Members), containerDefinitions }, unreadable }
}

export const isKmsReference = (value: unknown): boolean => typeof value === 'string' && KMS_REFERENCE.test(value)

const isCiphertext = (text: string): boolean => /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)

function withCommit(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(TAG, COMMIT)
  if (Array.isArray(value)) return value.map(withCommit)
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withCommit(inner)]))
}

/** Whether an image is one that is built: its tag is that of the build. */
export const isTagged = (image: unknown): boolean => typeof image === 'string' && image.includes(TAG)
