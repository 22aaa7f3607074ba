/**
 * The default runtime: each container is a child process with a process group of its own. There is no isolation of files,
 * users or addresses; docs/operate/sandbox.md tells the differences from Fargate.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cloud } from '../cloud.ts'
import type { TaskRuntime } from '../ecs/runtime.ts'
import { imageCache } from './image-cache.ts'
import { ledger } from './ledger.ts'
import { meter } from './meter.ts'
import { processEngine } from './process-engine.ts'
import { RUNTIME_DEFAULTS, type RuntimeOptions, runtimeOf } from './runtime-of.ts'
import { taskEndpoint } from './task-endpoint.ts'
import { watchdog } from './watchdog.ts'

/** Each a tenth of a second longer than the one before. */
const REMOVE_TRIES = 5

/** Tasks as child processes. Close it, and nothing of them is left; a killed sandbox's are ended by its watchdog. */
export function processRuntime(cloud: Cloud, options: Partial<RuntimeOptions> = {}): TaskRuntime {
  const settings = { ...RUNTIME_DEFAULTS, ...options }
  const folder = join(cloud.folder, 'runtime')
  // Stands in every task's environment, as part of the metadata address; nobody can guess it.
  const mark = randomBytes(16).toString('hex')
  const tasks = taskFolder(folder)
  const endpoint = taskEndpoint(cloud, mark)
  const guard = watchdog(mark, { folder: tasks })
  const groups = ledger(join(folder, 'groups'), mark)
  const measuring = meter(settings.sampleMs)
  const engine = processEngine({
    cloud,
    tasks,
    images: imageCache(join(folder, 'images')),
    guard,
    groups,
    measuring,
    portGraceMs: settings.portGraceMs,
  })
  return runtimeOf('process', {
    cloud,
    engine,
    endpoint,
    folder,
    settings,
    async open() {
      // First, so that a sandbox that is killed leaves no folder either.
      guard.open()
      await mkdir(tasks, { recursive: true, mode: 0o711 })
      await endpoint.open()
    },
    reach: (task, runtimeId) => ({ endpointUrl: cloud.endpoint, variables: endpoint.variables(task, runtimeId) }),
    async sweep() {
      await groups.sweep()
      await rm(join(folder, 'tasks'), { recursive: true, force: true })
    },
    async closed() {
      guard.close()
      measuring.close()
      await endpoint.close()
      // A process that was killed a moment ago may still write.
      await rm(tasks, { recursive: true, force: true, maxRetries: REMOVE_TRIES })
    },
  })
}

/**
 * Where tasks' working copies lie. A cloud's folder lets only its owner in; when root runs the sandbox, tasks may run as
 * another user (USER of their image), who must be able to pass. The watchdog of an earlier sandbox may still be removing
 * its own, so each has another.
 */
function taskFolder(folder: string): string {
  const name = randomBytes(8).toString('hex')
  return process.getuid?.() === 0 ? join(tmpdir(), `kiban-tasks-${name}`) : join(folder, 'tasks', name)
}
