/**
 * Calls that every client makes alike: the AWS SDK, Debian's `aws`, boto3. A step is data, so that what one client was
 * told can be laid beside what another was, or what another cloud answered.
 */
import { expect } from 'vitest'
import type { ServiceName } from './services.ts'

export type Values = Record<string, unknown>
/** What earlier steps kept, by name; from the start the administrator's `accessKeyId` and `secretAccessKey`. */
export type Kept = Record<string, string>

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface Step {
  call: `${ServiceName}:${string}`
  input: Values | ((kept: Kept) => Values | Promise<Values>)
  /** What the answer holds, as `toMatchObject` takes it. Times are ISO 8601, bytes base64. */
  answer?: Values | ((kept: Kept) => Values)
  /** The code of the error that must come; several where clients of different ages read different ones. */
  fails?: string | string[]
  /** What later steps need of the answer: a name, and the path of a string in it (`cluster.clusterArn`). */
  keep?: Record<string, string>
  /** Called again, errors or not, until the answer holds this. */
  until?: Values
  /** Who calls, where it is not the administrator. */
  as?: 'nobody' | ((kept: Kept) => Credentials)
  /** Clients that do not know the operation, or a member of its input, need not make the call. */
  newer?: true
}

export interface Scenario {
  name: string
  steps: Step[]
}

/** One step, in the order in which it is read: the call, its input, what must come of it. */
export function step(call: Step['call'], input: Step['input'] = {}, rest: Omit<Step, 'call' | 'input'> = {}): Step {
  return { call, input, ...rest }
}

/** An answer in which times are ISO 8601 and bytes base64, an error, or why there was neither: the client knows no such call. */
export type Outcome = { answer: Values } | { code: string; message: string } | { unknown: string }

export interface Client {
  call(service: ServiceName, operation: string, input: Values, as: 'nobody' | Credentials): Promise<Outcome>
  close(): Promise<void>
}

export interface Played {
  step: Step
  outcome: Outcome
  /** The step's `answer`, with what was kept by then. */
  expected: Values | undefined
}

export interface PlayOptions {
  administrator: Credentials
  /** How often a step with `until` is called at most, a tenth of a second apart. */
  patience?: number
}

/** Makes every call of a scenario, whatever becomes of the ones before. */
export async function play({ steps }: Scenario, client: Client, options: PlayOptions): Promise<Played[]> {
  const { accessKeyId, secretAccessKey } = options.administrator
  const kept: Kept = { accessKeyId, secretAccessKey }
  const played: Played[] = []
  for (const each of steps) {
    const outcome = await outcomeOf(each, client, kept, options)
    const answer = 'answer' in outcome ? outcome.answer : {}
    for (const [name, path] of Object.entries(each.keep ?? {})) kept[name] = String(valueAt(answer, path))
    played.push({ step: each, outcome, expected: each.answer && valuesOf(each.answer, kept) })
  }
  return played
}

async function outcomeOf(
  step: Step,
  client: Client,
  kept: Kept,
  { administrator, patience = 150 }: PlayOptions,
): Promise<Outcome> {
  const [service, operation] = step.call.split(':') as [ServiceName, string]
  const who = typeof step.as === 'function' ? step.as(kept) : (step.as ?? administrator)
  const call = async () => client.call(service, operation, await valuesOf(step.input, kept), who)
  let outcome = await call()
  for (let tries = 1; step.until && tries < patience && !('unknown' in outcome) && !holds(outcome, step.until); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    outcome = await call()
  }
  return outcome
}

const valuesOf = <Made>(values: Values | ((kept: Kept) => Made), kept: Kept): Values | Made =>
  typeof values === 'function' ? values(kept) : values

function holds(outcome: Outcome, values: Values): boolean {
  try {
    expect(outcome).toMatchObject({ answer: values })
    return true
  } catch {
    return false
  }
}

/** What stands at `tasks.0.taskArn`; undefined where nothing does. */
function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, part) => (at as Values | undefined)?.[part], value)
}

/** Fails, by the name of the step, when what came of it is not what it says must come. */
export function expectAsSaid({ step, outcome, expected }: Played, place: number): void {
  const where = `step ${place + 1}, ${step.call}`
  if ('unknown' in outcome) expect(step.newer, `${where}: ${outcome.unknown}`).toBe(true)
  else if (step.fails !== undefined) expect(outcome, where).toMatchObject({ code: expect.toBeOneOf([step.fails].flat()) })
  else expect(outcome, where).toMatchObject({ answer: { ...expected, ...step.until } })
}
