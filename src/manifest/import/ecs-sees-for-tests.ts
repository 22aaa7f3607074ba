// A task definition as ECS understands it: what is not said has ECS's default, and lists that are maps have no order.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html

type Members = Record<string, unknown>
type List = Members[]

export function ecsSees(definition: Members, account: string): unknown {
  const { tags: _, containerDefinitions, ...members } = definition
  const asked = (members.requiresCompatibilities ?? []) as string[]
  const fits = members.networkMode === 'awsvpc' && members.cpu !== undefined && members.memory !== undefined
  const onFargate = asked.includes('FARGATE') || (asked.length === 0 && fits)
  const role = (value: unknown) =>
    typeof value !== 'string' || value.startsWith('arn:') ? value : `arn:aws:iam::${account}:role/${value}`
  return tidy({
    ...(onFargate ? { runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' } } : {}),
    ...members,
    cpu: units(members.cpu),
    memory: units(members.memory),
    taskRoleArn: role(members.taskRoleArn),
    executionRoleArn: role(members.executionRoleArn),
    containerDefinitions: byKey(
      (containerDefinitions as List).map((container) => seenContainer(container, onFargate, members.networkMode === 'awsvpc')),
      'name',
    ),
  })
}

function seenContainer({ healthCheck, ...container }: Members, onFargate: boolean, isAwsvpc: boolean): Members {
  return {
    essential: true,
    ...(onFargate ? { stopTimeout: 30 } : {}),
    ...container,
    environment: byKey(container.environment, 'name'),
    secrets: byKey(container.secrets, 'name'),
    portMappings: ((container.portMappings ?? []) as List).map((port) => ({
      protocol: 'tcp',
      ...port,
      ...(isAwsvpc ? { hostPort: port.containerPort } : {}),
    })),
    ...(healthCheck
      ? { healthCheck: { interval: 30, timeout: 5, retries: 3, startPeriod: 0, ...(healthCheck as Members) } }
      : {}),
  }
}

const byKey = (list: unknown, key: string): List =>
  ((list ?? []) as List).toSorted((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1))

function units(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const [, number, unit] = /^([\d.]+)\s*(vcpu|gb)?$/i.exec(String(value)) ?? []
  return number ? String(Number(number) * (unit ? 1024 : 1)) : String(value)
}

/** Empty lists and maps say nothing. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, tidy(inner)] as const)
  const isBlank = (inner: unknown) =>
    inner === undefined || inner === null || (typeof inner === 'object' && Object.keys(inner as object).length === 0)
  return Object.fromEntries(entries.filter(([, inner]) => !isBlank(inner)).sort(([a], [b]) => (a < b ? -1 : 1)))
}
