import type { TaskPlan } from '../../src/sandbox/ecs/runtime.ts'
import { type Script, scriptedRuntime } from '../../src/sandbox/ecs/scripted-runtime.ts'
import { quickTimings } from '../deploy-stage.ts'
import { testSandbox } from '../support.ts'

const HEALTHY: Script = { health: [{ after: 0, is: 'HEALTHY' }] }

/** A sandbox for other people's clients: its tasks start no process, and are healthy at once unless a script says otherwise. */
export function conformanceSandbox(script: (task: TaskPlan) => Script = () => HEALTHY): ReturnType<typeof testSandbox> {
  return testSandbox({ tasks: { runtime: (cloud) => scriptedRuntime(cloud.clock, script), timings: quickTimings } })
}
