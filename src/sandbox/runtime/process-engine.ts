import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Cloud } from '../cloud.ts'
import type { ContainerPlan } from '../ecs/runtime.ts'
import { commandLine, imageCommand, searchPath } from './command-line.ts'
import { type Engine, type Exit, type Launch, type Launched, StartFailure } from './engine.ts'
import { pairs, portVariables, processEnvironment } from './environment.ts'
import { isForThisMachine } from './executable.ts'
import { holdFreePort, holdPort, releasePort } from './free-port.ts'
import type { ImageCache } from './image-cache.ts'
import { placeInRoot } from './image-path.ts'
import type { Ledger } from './ledger.ts'
import type { Meter } from './meter.ts'
import { misplacedListener } from './misplaced-listener.ts'
import { killMarked, killNow } from './process-table.ts'
import { runAs } from './run-as.ts'
import { openTerminal } from './terminal.ts'
import type { Watchdog } from './watchdog.ts'

export const OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage'
const LAST_OUTPUT_MS = 1_000
const EXEC_FORMAT = 255
const IMAGE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface ProcessEngineParts {
  cloud: Cloud
  /** Where working copies of images lie. */
  tasks: string
  images: ImageCache
  guard: Watchdog
  groups: Ledger
  measuring: Meter
  portGraceMs: number
}

export function processEngine(parts: ProcessEngineParts): Engine {
  const { tasks, images } = parts
  const identity = runAs(parts.cloud)
  return {
    refusal: processRefusal,
    async pull(image) {
      await images.tree(image)
    },
    async launch(launch) {
      const place = join(tasks, launch.task.taskId, launch.container.name)
      await mkdir(join(tasks, launch.task.taskId), { recursive: true })
      await images.copy(launch.image, place)
      return startProcess(launch, place, parts, identity)
    },
    async relaunch(launch, { ports }) {
      for (const { hostPort } of ports) holdPort(hostPort)
      try {
        const place = join(tasks, launch.task.taskId, launch.container.name)
        return await startProcess(launch, place, parts, identity, ports)
      } catch (cause) {
        for (const { hostPort } of ports) releasePort(hostPort)
        throw cause
      }
    },
    async remove(task) {
      await rm(join(tasks, task.taskId), { recursive: true, force: true })
    },
  }
}

/** What a plain process cannot be given, and would silently go wrong without. */
const LACKS = ['environmentFiles', 'mountPoints', 'volumesFrom', 'resourceRequirements'] as const

export function processRefusal(container: ContainerPlan): string | undefined {
  const missing = LACKS.find((name) => (container[name]?.length ?? 0) > 0)
  return missing && `Container ${container.name} asks for ${missing}, which the sandbox's process runtime does not have`
}

async function startProcess(
  { task, container, image, environment, output, runtimeId }: Launch,
  root: string,
  { guard, groups, measuring, portGraceMs }: ProcessEngineParts,
  identity: ReturnType<typeof runAs>,
  held?: { containerPort: number; hostPort: number }[],
): Promise<Launched> {
  const config = image.config.config ?? {}
  const command = imageCommand(config, container)
  const folder = await placeInRoot(root, container.workingDirectory ?? config.WorkingDir ?? '/')
  await mkdir(folder, { recursive: true })
  const imagePath = environment.definition.PATH ?? pairs(config.Env ?? []).PATH ?? IMAGE_PATH
  const path = searchPath(root, imagePath, process.env.PATH ?? '')
  const line = await commandLine(command, { root, folder, path })
  if (!line) throw new StartFailure(notFound(command[0]))
  if (!(await isForThisMachine(line.program))) return notForThisMachine(command[0], output)
  const user = await identity(root, container.user || config.User, [root, line.program])

  const ports = held ?? (await heldPorts(container))
  const release = () => {
    for (const { hostPort } of ports) releasePort(hostPort)
  }
  const env = processEnvironment(config.Env ?? [], environment, { path, home: root, ports: portVariables(ports) })
  guard.open()
  const child = spawn(line.program, line.args, {
    cwd: folder,
    env,
    argv0: command[0],
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  if (child.pid === undefined) {
    release()
    throw new StartFailure(cannotStart(command[0], await failureOf(child)))
  }
  const group = child.pid
  guard.started(group)
  child.stdout?.on('data', (chunk: Buffer) => output('stdout', chunk))
  child.stderr?.on('data', (chunk: Buffer) => output('stderr', chunk))

  let reason: string | undefined
  const kill = () => killNow(-group)
  const end = (why: string) => {
    reason ??= why
    kill()
  }
  const misplaced = misplacedListener(ports, portGraceMs)
  const measure = measuring.watch(group, {
    task: task.taskId,
    containerMemory: container.memory,
    taskMemory: task.memory,
    outOfMemory: () => end(OUT_OF_MEMORY),
    sampled(pids) {
      const why = misplaced(pids)
      if (why) end(why)
    },
  })
  const exited = exitOf(child).then((exitCode): Exit => {
    // As the end of a container's first process ends all others of it, those that left the group too.
    kill()
    killMarked(`/v4/${runtimeId}`)
    guard.ended(group)
    groups.ended(group)
    measure.stop()
    release()
    return { exitCode, ...(reason && { reason }) }
  })
  await groups.started(group)

  return {
    ports: ports.map((port) => ({ ...port, host: '127.0.0.1' })),
    exited,
    terminate: () => void child.kill(signalOf(config.StopSignal)),
    kill,
    probe: (command, timeoutMs) => probe(command, { root, folder, path, env, user, timeoutMs, guard }),
    usage: () => measure.usage(),
    async terminal(command) {
      const line = await commandLine(command, { root, folder, path })
      if (!line)
        throw new StartFailure(
          `Unable to start command: exec: ${JSON.stringify(command[0] ?? '')}: executable file not found in $PATH`,
        )
      const terminal = await openTerminal(line, { folder, env, user })
      const { pid } = terminal
      guard.started(pid)
      void terminal.exited.then(() => guard.ended(pid))
      await groups.started(pid)
      void terminal.exited.then(() => groups.ended(pid))
      return terminal
    },
  }
}

/** The container starts, and its first process can only say why it cannot go on (runc, libcontainer/standard_init_linux.go). */
function notForThisMachine(program: string | undefined, output: Launch['output']): Launched {
  output('stderr', Buffer.from(`exec ${program}: exec format error\n`))
  return {
    ports: [],
    exited: Promise.resolve({ exitCode: EXEC_FORMAT }),
    terminate() {},
    kill() {},
    probe: async () => false,
    usage: () => undefined,
  }
}

async function heldPorts(container: ContainerPlan): Promise<{ containerPort: number; hostPort: number }[]> {
  const wanted = new Set((container.portMappings ?? []).flatMap(({ containerPort }) => containerPort ?? []))
  return Promise.all([...wanted].map(async (containerPort) => ({ containerPort, hostPort: await holdFreePort() })))
}

/** 128 + n for a signal, as a shell and Docker count; waits a moment for output that is still in the pipes. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
      // A process that left the group may hold the pipes open.
      const late = setTimeout(() => resolve(exitCode), LAST_OUTPUT_MS)
      child.once('close', () => {
        clearTimeout(late)
        resolve(exitCode)
      })
      if (child.pid !== undefined) killNow(-child.pid)
    })
  })
}

function signalOf(name: string | undefined): NodeJS.Signals | number {
  if (!name) return 'SIGTERM'
  if (/^\d+$/.test(name)) return Number(name)
  const whole = name.startsWith('SIG') ? name : `SIG${name}`
  return whole in constants.signals ? (whole as NodeJS.Signals) : 'SIGTERM'
}

async function probe(
  command: string[],
  place: {
    root: string
    folder: string
    path: string
    env: Record<string, string>
    user: object
    timeoutMs: number
    guard: Watchdog
  },
): Promise<boolean> {
  const line = await commandLine(command, place)
  if (!line) return false
  const child = spawn(line.program, line.args, {
    cwd: place.folder,
    env: place.env,
    detached: true,
    stdio: 'ignore',
    ...place.user,
  })
  const group = child.pid
  if (group === undefined) {
    child.on('error', () => {})
    return false
  }
  place.guard.started(group)
  const limit = setTimeout(() => killNow(-group), place.timeoutMs)
  const exitCode = await exitOf(child)
  clearTimeout(limit)
  place.guard.ended(group)
  return exitCode === 0
}

const failureOf = (child: ChildProcess) => new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve))

const notFound = (program = '') => cannotStart(program, { code: 'ENOENT' })

function cannotStart(program = '', { code }: { code?: string | undefined }): string {
  const why = code === 'ENOENT' ? 'executable file not found in $PATH' : code === 'EACCES' ? 'permission denied' : code
  return `CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: ${JSON.stringify(program)}: ${why}: unknown`
}
