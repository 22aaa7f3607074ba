import { spawnSync } from 'node:child_process'
import type { Cloud } from '../cloud.ts'
import type { TaskRuntime } from '../ecs/runtime.ts'
import { containerRuntime } from './container.ts'
import { engineEnvironment } from './container-arguments.ts'
import type { EngineProgram } from './container-engine.ts'
import { processRuntime } from './process.ts'
import type { RuntimeOptions } from './runtime-of.ts'

const ANSWER_MS = 5_000

/** `auto`: containers when an engine answers, else processes. */
export type RuntimePreference = 'process' | 'container' | 'auto'

/** The runtime to run tasks on; throws when containers are asked for and no engine answers. */
export function chooseRuntime(
  cloud: Cloud,
  preference: RuntimePreference = 'process',
  options: Partial<RuntimeOptions> = {},
): TaskRuntime {
  const program = preference === 'process' ? undefined : answeringEngine()
  if (program) return containerRuntime(cloud, { ...options, program })
  if (preference === 'container')
    throw new Error('No container engine answers: neither docker nor podman can be asked for its version')
  return processRuntime(cloud, options)
}

/** The program alone is no proof: docker's client is there without its daemon. */
export function answeringEngine(): EngineProgram | undefined {
  return (['docker', 'podman'] as const).find((program) => {
    const format = program === 'docker' ? '{{.Server.Version}}' : '{{.Client.Version}}'
    const answer = spawnSync(program, ['version', '--format', format], {
      env: engineEnvironment(),
      timeout: ANSWER_MS,
      encoding: 'utf8',
    })
    return answer.status === 0 && answer.stdout.trim() !== ''
  })
}
