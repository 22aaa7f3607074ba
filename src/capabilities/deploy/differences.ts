// Three states of a thing side by side, task definitions first of all: declared, last deployed by kiban, and live; pure.

export interface Difference {
  /** `web.image`, `web.environment.LOG_LEVEL`, `cpu`. */
  path: string
  declared?: string
  deployed?: string
  live?: string
  /** Who changed it since the last deployment: this release, somebody outside kiban, or both. */
  by: 'release' | 'outside' | 'both'
}

export interface Sides<Side> {
  declared: Side
  /** By kiban, the last time. */
  deployed: Side | undefined
  live: Side | undefined
}

/** What is not the same in all three definitions. Without a last deployment, the live one counts as the last. */
export const differences = (declared: object, deployed: object | undefined, live: object | undefined): Difference[] =>
  compared({ declared: flat(declared), deployed: deployed && flat(deployed), live: live && flat(live) })

/** The same of values by their paths. */
export function compared({ declared: now, ...sides }: Sides<Map<string, string>>): Difference[] {
  const before = sides.deployed ?? sides.live ?? new Map<string, string>()
  const actual = sides.live ?? sides.deployed ?? new Map<string, string>()
  const paths = [...new Set([...now.keys(), ...before.keys(), ...actual.keys()])].sort()
  return paths.flatMap((path) => {
    const values = { declared: now.get(path), deployed: before.get(path), live: actual.get(path) }
    const byRelease = values.declared !== values.deployed
    const byOthers = values.live !== values.deployed
    if (!byRelease && !byOthers) return []
    const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
    return [{ path, ...present, by: byRelease && byOthers ? 'both' : byRelease ? 'release' : 'outside' } as const]
  })
}

/** What AWS adds when it describes a definition. */
const AWS_OWN = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'tags',
])

/** By what the members of a list are known, where ECS has a list that is really a map. */
const memberKey: Record<string, string> = {
  containerDefinitions: 'name',
  environment: 'name',
  secrets: 'name',
  portMappings: 'containerPort',
  mountPoints: 'containerPath',
  volumes: 'name',
  dependsOn: 'containerName',
}
/** The value of a list member beside its key, so that `environment.A` is `1` and not `environment.A.value`. */
const memberValue: Record<string, string> = { environment: 'value', secrets: 'valueFrom', dependsOn: 'condition' }

function flat(definition: object): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(definition)) if (!AWS_OWN.has(key)) put(found, [key], key, value)
  return found
}

function put(found: Map<string, string>, path: string[], name: string, value: unknown): void {
  if (isBlank(value)) return
  const key = memberKey[name]
  if (Array.isArray(value) && key !== undefined) {
    // A container stands under its own name: that is what people call it.
    const parent = name === 'containerDefinitions' ? path.slice(0, -1) : path
    for (const member of value as Record<string, unknown>[]) {
      const { [key]: id, ...rest } = member
      const simple = memberValue[name]
      if (simple) put(found, [...parent, String(id)], '', rest[simple])
      else put(found, [...parent, String(id)], '', rest)
    }
  } else if (Array.isArray(value)) found.set(path.join('.'), JSON.stringify(value))
  else if (typeof value === 'object' && value !== null)
    for (const [inner, part] of Object.entries(value)) put(found, [...path, inner], inner, part)
  else found.set(path.join('.'), String(value))
}

/** What AWS fills in where nothing was asked. */
const isBlank = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && Object.keys(value).length === 0)
