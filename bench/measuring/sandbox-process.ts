// A sandbox in a process of its own, as benches measure it. Run with options as JSON; ends when its standard input does.
import { scaledClock } from '../../src/core/clock.ts'
import { type Script, scriptedRuntime } from '../../src/sandbox/ecs/scripted-runtime.ts'
import type { Timings } from '../../src/sandbox/ecs/timings.ts'
import type { FaultRules } from '../../src/sandbox/faults.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'

/** Milliseconds, anything between the two. */
type Span = [least: number, most: number]

export interface BenchSandboxOptions {
  /** Tasks start nothing; else they are child processes. */
  scripted: boolean
  /** How much faster simulated time passes; benches of latency leave it at 1. */
  factor?: number
  timings?: Partial<Timings>
  /** How long a scripted task takes to start, the image's pull included. */
  startAfter?: Span
  /** How long a scripted task runs before it fails; for ever when it is left out. Its checks, where it has any, are passed soon. */
  lives?: Span
  faults?: FaultRules
}

const HEALTHY_AFTER_MS = 1_000

const {
  scripted,
  factor = 1,
  timings,
  startAfter = [0, 0],
  lives,
  faults,
} = JSON.parse(process.argv[2] ?? '{}') as BenchSandboxOptions
const anything = ([least, most]: Span): number => least + Math.random() * (most - least)
const script = (): Script => ({
  startAfter: anything(startAfter),
  health: [{ after: HEALTHY_AFTER_MS, is: 'HEALTHY' }],
  ...(lives ? { exits: { after: anything(lives), code: 1 } } : {}),
})
const sandbox = await startSandbox({
  clock: scaledClock(factor),
  tasks: { timings, ...(scripted ? { runtime: (cloud) => scriptedRuntime(cloud.clock, script) } : {}) },
})
if (faults) sandbox.faults.set(faults)
process.stdout.write(`${JSON.stringify({ env: sandbox.env, client: sandbox.client })}\n`)
process.stdin.on('end', () => sandbox.close().then(() => process.exit(0))).resume()
