/**
 * Tasks as containers of docker or podman. Images come out of the sandbox's own registry by `load`, so that the engine
 * needs to trust no registry; container ports are published on loopback. No engine was at hand when this was written:
 * what is tested is the command lines, not the engine's answers.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Cloud } from '../cloud.ts'
import type { TaskPlan, TaskRuntime } from '../ecs/runtime.ts'
import { HOST_NAME } from './container-arguments.ts'
import { containerEngine, type EngineProgram, runEngine } from './container-engine.ts'
import { forwardPort, gatewayAddress } from './gateway-port.ts'
import { processStart } from './process-table.ts'
import { RUNTIME_DEFAULTS, type RuntimeOptions, runtimeOf } from './runtime-of.ts'
import { taskEndpoint } from './task-endpoint.ts'
import { watchdog } from './watchdog.ts'

/** Tasks as containers; `program` is an engine that answers. */
export function containerRuntime(
  cloud: Cloud,
  { program, ...options }: Partial<RuntimeOptions> & { program: EngineProgram },
): TaskRuntime {
  const settings = { ...RUNTIME_DEFAULTS, ...options }
  const folder = join(cloud.folder, 'runtime')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const mark = randomBytes(16).toString('hex')
  const labels: Record<string, string> = { 'kiban.mark': mark }
  const endpoint = taskEndpoint(cloud, mark)
  const forward = forwardPort(cloud)
  const guard = watchdog(mark, { engine: program })
  const engine = containerEngine({ cloud, program, folder, labels })
  let opening: Promise<void> | undefined
  const open = async () => {
    labels['kiban.sandbox'] = `${process.pid} ${await processStart(process.pid)}`
    const gateway = await gatewayAddress(program)
    await Promise.all([endpoint.open(gateway), forward.open(gateway)])
    guard.open()
  }

  return runtimeOf('container', {
    cloud,
    engine,
    endpoint,
    folder,
    settings,
    open() {
      opening ??= open()
      return opening
    },
    reach: (task, runtimeId) => ({
      endpointUrl: forward.url(HOST_NAME),
      variables: { ECS_CONTAINER_METADATA_URI_V4: endpoint.metadataUri(runtimeId, HOST_NAME), ...sessionVariables(task) },
    }),
    sweep: () => removeOrphans(program),
    async closed() {
      engine.close()
      guard.close()
      await Promise.all([endpoint.close(), forward.close()])
    },
  })
}

/**
 * SDKs take a container's credentials over plain HTTP from loopback and AWS's own addresses only, neither of which is this
 * machine for a container. So it gets the role's session itself, which ends after its hours and is not renewed.
 */
function sessionVariables({ credentials }: TaskPlan): Record<string, string> {
  if (!credentials) return {}
  const { accessKeyId, secretAccessKey, sessionToken } = credentials()
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken }
}

/** Removes containers whose sandbox is no more; those of another that runs are left alone. */
async function removeOrphans(program: EngineProgram): Promise<void> {
  const list = await runEngine(program, [
    'ps',
    '--all',
    '--filter',
    'label=kiban.sandbox',
    '--format',
    '{{.ID}} {{.Label "kiban.sandbox"}}',
  ])
  for (const line of list.split('\n').filter(Boolean)) {
    const [id = '', pid = '', ...start] = line.split(' ')
    if ((await processStart(Number(pid))) !== start.join(' '))
      await runEngine(program, ['rm', '--force', '--volumes', id]).catch(() => '')
  }
}
