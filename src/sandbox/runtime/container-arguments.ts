// What the command lines of docker and podman (they take the same) are given; pure.
// https://docs.docker.com/reference/cli/docker/container/create/
import type { ContainerPlan, TaskPlan } from '../ecs/runtime.ts'
import { type LaunchEnvironment, StartFailure } from './engine.ts'

/** What the engine's own program needs of the sandbox's environment. */
const ENGINE_VARIABLES = [
  'PATH',
  'HOME',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'CONTAINER_HOST',
  'CONTAINERS_CONF',
]

export const HOST_NAME = 'host.docker.internal'

export function engineEnvironment(from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(ENGINE_VARIABLES.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
}

export interface ContainerVariables {
  /** Names that the container takes from the program's own environment, so that no value stands in a command line. */
  inherited: Record<string, string>
  /** `NAME=value` lines of an `--env-file`: names that would change the program itself. */
  file: string[]
}

/** Everything but what the image sets, which the engine adds; nothing of it may appear in arguments. */
export function containerVariables({ defaults, definition, fixed }: LaunchEnvironment): ContainerVariables {
  // An engine gives a container its own HOSTNAME.
  const { HOSTNAME: _, ...ours } = defaults
  const all = Object.entries({ ...ours, ...definition, ...fixed })
  const own = all.filter(([name]) => ENGINE_VARIABLES.includes(name))
  const broken = own.find(([, value]) => value.includes('\n'))
  if (broken)
    throw new StartFailure(
      `CannotCreateContainerError: ${broken[0]} has more than one line, which ${own.length > 0 ? 'an env file' : 'it'} cannot hold`,
    )
  return {
    inherited: Object.fromEntries(all.filter(([name]) => !ENGINE_VARIABLES.includes(name))),
    file: own.map(([name, value]) => `${name}=${value}`),
  }
}

export interface CreatePlan {
  name: string
  image: string
  task: TaskPlan
  container: ContainerPlan
  labels: Record<string, string>
  variables: ContainerVariables
  envFile: string | undefined
}

export function createArguments({ name, image, task, container, labels, variables, envFile }: CreatePlan): string[] {
  const { entryPoint = [], command = [] } = container
  const [program, ...first] = entryPoint
  const ports = new Set(
    (container.portMappings ?? []).map(({ containerPort, protocol }) => `${containerPort}/${protocol ?? 'tcp'}`),
  )
  const memory = container.memory ?? task.memory
  return [
    'create',
    '--name',
    name,
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
    '--add-host',
    `${HOST_NAME}:host-gateway`,
    ...[...ports].flatMap((port) => ['--publish', `127.0.0.1::${port}`]),
    ...Object.keys(variables.inherited).flatMap((variable) => ['--env', variable]),
    ...(envFile ? ['--env-file', envFile] : []),
    ...(memory ? ['--memory', `${memory}m`, '--memory-swap', `${memory}m`] : []),
    ...(container.cpu ? ['--cpu-shares', String(container.cpu)] : []),
    ...(container.user ? ['--user', container.user] : []),
    ...(container.workingDirectory ? ['--workdir', container.workingDirectory] : []),
    ...(container.readonlyRootFilesystem ? ['--read-only'] : []),
    ...(container.linuxParameters?.initProcessEnabled ? ['--init'] : []),
    ...(container.pseudoTerminal ? ['--tty'] : []),
    ...(container.ulimits ?? []).flatMap(({ name, softLimit, hardLimit }) => ['--ulimit', `${name}=${softLimit}:${hardLimit}`]),
    // The engine's own checks stay off: the sandbox makes them, on its clock.
    '--no-healthcheck',
    ...(program === undefined ? [] : ['--entrypoint', program]),
    image,
    ...first,
    ...command,
  ]
}

/** `127.0.0.1:49153` lines of `docker port`, as where to connect. */
export function publishedPort(text: string): { host: string; hostPort: number } | undefined {
  const found = /^(127\.0\.0\.1|0\.0\.0\.0):(\d+)$/m.exec(text.trim())
  return found ? { host: '127.0.0.1', hostPort: Number(found[2]) } : undefined
}

/** One line of `stats --format json`: `{"CPUPerc":"12.50%","MemUsage":"23.5MiB / 512MiB"}`; podman writes kB and MB. */
export function statsUsage(line: string): { name: string; cpu: number; memory: number } | undefined {
  try {
    const { Name, CPUPerc, MemUsage } = JSON.parse(line) as Record<string, string>
    const [amount = '0', unit = 'B'] = /^([\d.]+)\s*(\w+)/.exec(MemUsage ?? '')?.slice(1) ?? []
    const bytes = Number(amount) * (UNITS[unit.toUpperCase()] ?? 1)
    return {
      name: Name ?? '',
      cpu: Math.round((Number.parseFloat(CPUPerc ?? '0') / 100) * 1024),
      memory: Math.round((bytes / 1024 ** 2) * 10) / 10,
    }
  } catch {
    return undefined
  }
}

const UNITS: Record<string, number> = {
  B: 1,
  KB: 1000,
  KIB: 1024,
  MB: 1000 ** 2,
  MIB: 1024 ** 2,
  GB: 1000 ** 3,
  GIB: 1024 ** 3,
}
