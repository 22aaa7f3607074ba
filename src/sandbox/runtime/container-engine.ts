// Drives docker or podman by their command line.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { Cloud, ResolvedImage } from '../cloud.ts'
import type { ContainerPlan } from '../ecs/runtime.ts'
import { containerVariables, createArguments, engineEnvironment, publishedPort, statsUsage } from './container-arguments.ts'
import { type Engine, type Launch, type Launched, StartFailure, type Usage } from './engine.ts'
import { imageArchive } from './image-archive.ts'
import { OUT_OF_MEMORY } from './process-engine.ts'

const STATS_MS = 2_000
const LAST_OUTPUT_MS = 2_000

export type EngineProgram = 'docker' | 'podman'

/** Runs the engine's program and gives its standard output; rejects with what it said on standard error. */
export async function runEngine(
  program: EngineProgram,
  args: string[],
  options: { env?: Record<string, string>; timeoutMs?: number } = {},
) {
  try {
    const env = { ...options.env, ...engineEnvironment() }
    const { stdout } = await promisify(execFile)(program, args, {
      env,
      timeout: options.timeoutMs ?? 0,
      maxBuffer: 16 * 1024 ** 2,
    })
    return stdout
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string }
    throw new Error(stderr?.trim() || message)
  }
}

export interface ContainerEngineParts {
  cloud: Cloud
  program: EngineProgram
  folder: string
  labels: Record<string, string>
}

export function containerEngine({ cloud, program, folder, labels }: ContainerEngineParts): Engine & { close(): void } {
  const uses = new Map<string, Usage>()
  const names = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const loading = new Map<string, Promise<void>>()

  const measure = async () => {
    const text = await runEngine(program, ['stats', '--no-stream', '--format', '{{json .}}', ...names]).catch(() => '')
    for (const line of text.split('\n')) {
      const use = statsUsage(line)
      if (use) uses.set(use.name, { cpu: use.cpu, memory: use.memory })
    }
    timer = names.size > 0 ? setTimeout(measure, STATS_MS).unref() : undefined
  }

  return {
    refusal: containerRefusal,
    async pull(image) {
      const reference = localReference(image)
      const known = loading.get(reference) ?? load(program, image, reference)
      loading.set(reference, known)
      known.catch(() => loading.delete(reference))
      await known
    },
    async launch(launch) {
      const name = containerName(launch)
      await create(program, folder, labels, name, launch)
      const launched = await start(program, name, launch, cloud)
      names.add(name)
      timer ??= setTimeout(measure, STATS_MS).unref()
      void launched.exited.then(() => {
        names.delete(name)
        uses.delete(name)
      })
      return { ...launched, usage: () => uses.get(name) }
    },
    async remove(task) {
      const found = await runEngine(program, ['ps', '--all', '--quiet', '--filter', `label=kiban.task=${task.taskId}`]).catch(
        () => '',
      )
      const ids = found.split('\n').filter(Boolean)
      if (ids.length > 0) await runEngine(program, ['rm', '--force', '--volumes', ...ids]).catch(() => '')
    },
    close: () => clearTimeout(timer),
  }
}

const LACKS = ['environmentFiles', 'mountPoints', 'volumesFrom', 'firelensConfiguration'] as const

export function containerRefusal(container: ContainerPlan): string | undefined {
  const missing = LACKS.find((name) => (Array.isArray(container[name]) ? container[name].length > 0 : container[name]))
  return missing && `Container ${container.name} asks for ${missing}, which the sandbox's container runtime does not have`
}

export function localReference({ digest, config }: ResolvedImage): string {
  return `localhost/kiban-sandbox:${digest.replace(/^sha256:/, '').slice(0, 32)}-${config.architecture}`
}

async function load(program: EngineProgram, image: ResolvedImage, reference: string): Promise<void> {
  const isHere = await runEngine(program, ['image', 'inspect', '--format', '{{.Id}}', reference]).then(
    () => true,
    () => false,
  )
  if (isHere) return
  const child = spawn(program, ['load', '--quiet'], { stdio: ['pipe', 'ignore', 'pipe'], env: engineEnvironment() })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4096)
  })
  const [exitCode] = await Promise.all([
    exitOf(child),
    // A load that fails closes its input; its own words say why.
    pipeline(await imageArchive(image, reference), child.stdin).catch(() => {}),
  ])
  if (exitCode !== 0) throw new Error(`${program} load: ${said.trim()}`)
}

const containerName = ({ task, container }: Launch) => `ecs-${task.family}-${task.revision}-${container.name}-${task.taskId}`

async function create(
  program: EngineProgram,
  folder: string,
  labels: Record<string, string>,
  name: string,
  launch: Launch,
): Promise<void> {
  const { task, container, image } = launch
  const variables = containerVariables(launch.environment)
  const place = await mkdtemp(join(folder, 'env-'))
  const envFile = variables.file.length > 0 ? join(place, 'env') : undefined
  try {
    if (envFile) {
      await writeFile(envFile, variables.file.join('\n'), { mode: 0o600 })
      await chmod(envFile, 0o600)
    }
    const args = createArguments({
      name,
      image: localReference(image),
      task,
      container,
      variables,
      envFile,
      labels: { ...labels, 'kiban.task': task.taskId },
    })
    await runEngine(program, args, { env: variables.inherited })
  } catch (cause) {
    throw new StartFailure(`CannotCreateContainerError: ${(cause as Error).message}`)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

async function start(
  program: EngineProgram,
  name: string,
  { container, image, output }: Launch,
  cloud: Cloud,
): Promise<Omit<Launched, 'usage'>> {
  try {
    await runEngine(program, ['start', name])
  } catch (cause) {
    throw new StartFailure(`CannotStartContainerError: ${(cause as Error).message}`)
  }
  const logs = spawn(program, ['logs', '--follow', name], { stdio: ['ignore', 'pipe', 'pipe'], env: engineEnvironment() })
  logs.stdout.on('data', (chunk: Buffer) => output('stdout', chunk))
  logs.stderr.on('data', (chunk: Buffer) => output('stderr', chunk))
  const logged = new Promise<void>((resolve) => logs.once('close', () => resolve()))
  logs.on('error', (cause) => cloud.note(`The log of ${name} cannot be followed: ${cause.message}`))
  const tell = (...args: string[]) => void runEngine(program, args).catch(() => {})
  return {
    ports: await ports(program, name, container),
    exited: ended(program, name, logs, logged),
    terminate: () => tell('kill', '--signal', image.config.config?.StopSignal ?? 'SIGTERM', name),
    kill: () => tell('kill', name),
    probe: (command, timeoutMs) =>
      runEngine(program, ['exec', name, ...command], { timeoutMs }).then(
        () => true,
        () => false,
      ),
  }
}

async function ports(program: EngineProgram, name: string, container: ContainerPlan): Promise<Launched['ports']> {
  const wanted = [...new Set((container.portMappings ?? []).flatMap(({ containerPort }) => containerPort ?? []))]
  const found = wanted.map(async (containerPort) => {
    const published = publishedPort(await runEngine(program, ['port', name, String(containerPort)]).catch(() => ''))
    return published ? [{ containerPort, ...published }] : []
  })
  return (await Promise.all(found)).flat()
}

async function ended(
  program: EngineProgram,
  name: string,
  logs: ChildProcess,
  logged: Promise<void>,
): Promise<{ exitCode: number; reason?: string }> {
  const exitCode = Number.parseInt(await runEngine(program, ['wait', name]).catch(() => '137'), 10)
  const late = setTimeout(() => logs.kill('SIGKILL'), LAST_OUTPUT_MS)
  await logged
  clearTimeout(late)
  const state = await runEngine(program, ['inspect', '--format', '{{.State.OOMKilled}}', name]).catch(() => '')
  return { exitCode, ...(state.trim() === 'true' && { reason: OUT_OF_MEMORY }) }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
