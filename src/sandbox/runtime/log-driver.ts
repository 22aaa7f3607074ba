// Where a container's output goes: `logConfiguration` of its definition.
import type { Cloud } from '../cloud.ts'
import type { ContainerPlan, TaskPlan } from '../ecs/runtime.ts'
import { awslogs } from './awslogs.ts'
import type { OutputSource } from './engine.ts'
import { fileLog } from './file-log.ts'
import { firelens, type Router } from './firelens.ts'
import { lineSplitter } from './lines.ts'

/** Takes lines; never blocks and keeps a bounded amount in memory. */
export interface LogDriver {
  write(line: string, source: OutputSource): void
  /** Settles when what was written has been given on, or cannot be any more. */
  close(): Promise<void>
}

export interface LogPlace {
  cloud: Cloud
  task: TaskPlan
  container: ContainerPlan
  runtimeId: string
  /** Where logs that no driver takes are kept. */
  folder: string
  router: Router | undefined
}

export interface ContainerLog {
  output(source: OutputSource, chunk: Uint8Array): void
  close(): Promise<void>
}

/** Opens a container's log; throws LoggerFailure when its arguments cannot work. */
export function openLog(place: LogPlace): ContainerLog {
  const driver = driverOf(place)
  const streams = {
    stdout: lineSplitter((line) => driver.write(line, 'stdout')),
    stderr: lineSplitter((line) => driver.write(line, 'stderr')),
  }
  return {
    output: (source, chunk) => streams[source].write(chunk),
    async close() {
      streams.stdout.end()
      streams.stderr.end()
      await driver.close()
    },
  }
}

function driverOf(place: LogPlace): LogDriver {
  switch (place.container.logConfiguration?.logDriver) {
    case 'awslogs':
      return awslogs(place)
    case 'awsfirelens':
      return firelens(place)
    default:
      return fileLog(place)
  }
}
