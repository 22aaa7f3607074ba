// A service to which anything may happen, and what is seen of its tasks on the event bus, held against the rules.
import type { CreateServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import fc from 'fast-check'
import { maximumTotal, minimumHealthy } from '../rolling.ts'
import type { TaskPlan } from '../runtime.ts'
import type { Script } from '../scripted-runtime.ts'
import { createWeb, newest, register } from '../service-for-tests.ts'
import { newStage, type Stage } from '../stage-for-tests.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** Without health checks a task counts as healthy this long after it is RUNNING. */
const SETTLING_MS = 40 * SECOND_MS

/** What tasks of a release do, and whether they are ever healthy for good. */
export const FATES = {
  fine: { isHealthy: true, script: (): Script => ({}) },
  slow: { isHealthy: true, script: (): Script => ({ startAfter: 70_000, stopsAfter: 25_000 }) },
  flaky: {
    isHealthy: true,
    script: (nth: number): Script => (nth % 3 === 0 ? { failsToStart: 'ResourceInitializationError: gone' } : {}),
  },
  missing: { isHealthy: false, script: (): Script => ({ startAfter: 3000, failsToStart: 'CannotPullContainerError: gone' }) },
  crashing: { isHealthy: false, script: (): Script => ({ exits: { after: 20_000, code: 1 } }) },
}
export type Fate = keyof typeof FATES

const kind = <Kind extends string, More extends object>(name: Kind, more: { [Key in keyof More]: fc.Arbitrary<More[Key]> }) =>
  fc.record({ kind: fc.constant(name), ...more }) as unknown as fc.Arbitrary<{ kind: Kind } & More>

const anyAct = fc.oneof(
  { weight: 5, arbitrary: kind('update', { fate: fc.constantFrom<Fate>('fine', 'slow', 'flaky', 'missing', 'crashing') }) },
  { weight: 3, arbitrary: kind('scale', { desired: fc.nat(9) }) },
  { weight: 1, arbitrary: kind('force', {}) },
  { weight: 2, arbitrary: kind('stop', {}) },
  { weight: 2, arbitrary: kind('kill', { nth: fc.nat(9) }) },
  { weight: 1, arbitrary: kind('restart', {}) },
  { weight: 1, arbitrary: kind('jump', { minutes: fc.integer({ min: 1, max: 90 }) }) },
)
export type Act = typeof anyAct extends fc.Arbitrary<infer Value> ? Value : never

/** Acts, each with the seconds that pass before it. */
export const anyActs = fc.array(fc.record({ after: fc.nat(150), act: anyAct }), { maxLength: 6 })

export const anyService = fc
  .record({
    desired: fc.nat(7),
    minimum: fc.nat(100),
    maximum: fc.integer({ min: 100, max: 300 }),
    first: fc.constantFrom<Fate>('fine', 'slow', 'flaky'),
    breaker: fc.record({
      enable: fc.boolean(),
      rollback: fc.boolean(),
      resetOnHealthyTask: fc.boolean(),
      thresholdConfiguration: fc.constantFrom(
        { type: 'BOUNDED_PERCENT' as const, value: 50 },
        { type: 'COUNT' as const, value: 1 },
        { type: 'UNBOUNDED_PERCENT' as const, value: 30 },
      ),
    }),
  })
  .filter(({ minimum, maximum }) => minimum < 100 || maximum > 100)
type Given = typeof anyService extends fc.Arbitrary<infer Value> ? Value : never

/** `detail` of a task's event, as far as it is looked at. */
interface TaskEvent {
  taskArn: string
  startedBy: string
  lastStatus: string
  desiredStatus: string
  stopCode?: string
  startedAt?: string
  updatedAt: string
}

interface WantedTask {
  /** Its deployment. */
  startedBy: string
  /** Epoch milliseconds; undefined while it is on its way. */
  runsSince: number | undefined
}

export class RandomLife {
  stage: Stage
  desired: number
  /** What was not as it must be. */
  readonly broken: string[] = []
  readonly #given: Given
  /** Fates by revision of the task definition, from 1. */
  readonly #fates: Fate[] = []
  readonly #tasks = new Map<string, WantedTask>()
  /** Two fleets stand side by side, each within the limits by itself. */
  #isShifting = false
  #seen = 0
  #started = 0

  constructor(given: Given) {
    this.#given = given
    this.desired = given.desired
    this.stage = newStage({ script: ({ revision }: TaskPlan) => FATES[this.#fateOf(revision)].script(this.#started++) })
  }

  async begin(more: Partial<CreateServiceRequest> = {}): Promise<void> {
    const { minimum, maximum, breaker, first } = this.#given
    const { strategy = 'ROLLING' } = more.deploymentConfiguration ?? {}
    this.#isShifting = strategy !== 'ROLLING'
    this.#fates.push(first)
    await createWeb(this.stage, {
      desiredCount: this.desired,
      ...more,
      deploymentConfiguration: {
        minimumHealthyPercent: minimum,
        maximumPercent: maximum,
        deploymentCircuitBreaker: breaker,
        ...more.deploymentConfiguration,
      },
    })
  }

  /** Lets the acts happen, and then everything come to rest; `look` is called every second until soon after the last act. */
  async live(acts: { after: number; act: Act }[], look: () => Promise<void> = async () => {}): Promise<void> {
    for (const { after, act } of acts) {
      await this.#wait(after, look)
      await this.#act(act)
    }
    await this.#wait(120, look)
    // Slow rollouts that go one task at a time, bakes, and what a throttle holds up.
    await this.stage.clock.advance(4 * HOUR_MS)
    this.#watch()
  }

  async update(more: Partial<UpdateServiceRequest>): Promise<void> {
    await this.stage.api.UpdateService({ cluster: 'demo', service: 'web', ...more })
  }

  /** The fate of the release that the newest service deployment is to bring. */
  async target(): Promise<Fate> {
    const { targetServiceRevision } = await newest(this.stage)
    const serviceRevisionArns = [targetServiceRevision?.arn ?? '']
    const { serviceRevisions = [] } = await this.stage.api.DescribeServiceRevisions({ serviceRevisionArns })
    return this.#fateOf(Number(serviceRevisions[0]?.taskDefinition?.split(':').at(-1)))
  }

  async #wait(seconds: number, look: () => Promise<void>): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.stage.clock.advance(SECOND_MS)
      this.#watch()
      await look()
    }
  }

  async #act(act: Act): Promise<void> {
    switch (act.kind) {
      case 'update':
        this.#fates.push(act.fate)
        await this.update({ taskDefinition: await register(this.stage, `v${this.#fates.length}`) })
        break
      case 'scale':
        this.desired = act.desired
        await this.update({ desiredCount: act.desired })
        break
      case 'force':
        await this.update({ forceNewDeployment: true })
        break
      case 'stop': {
        const { serviceDeploymentArn } = await newest(this.stage)
        // Refused when it has ended.
        await this.stage.api.StopServiceDeployment({ serviceDeploymentArn }).catch(() => {})
        break
      }
      case 'kill': {
        const task = [...this.#tasks.keys()][act.nth]
        if (task !== undefined) await this.stage.api.StopTask({ cluster: 'demo', task })
        break
      }
      case 'restart':
        this.stage = this.stage.restart()
        await this.stage.ecs.ready
        break
      case 'jump':
        await this.stage.clock.advance(act.minutes * MINUTE_MS)
    }
    this.#watch()
  }

  /** Reads what came over the bus, in its order. */
  #watch(): void {
    for (const { detailType, detail } of this.stage.bus.slice(this.#seen)) {
      this.#seen++
      if (detailType === 'ECS Task State Change') this.#saw(detail as unknown as TaskEvent)
    }
  }

  #saw({ taskArn, startedBy, lastStatus, desiredStatus, stopCode, startedAt, updatedAt }: TaskEvent): void {
    const known = this.#tasks.get(taskArn)
    if (desiredStatus === 'RUNNING') {
      const runsSince = lastStatus === 'RUNNING' && startedAt !== undefined ? Date.parse(startedAt) : undefined
      this.#tasks.set(taskArn, { startedBy, runsSince })
      if (!known) this.#hasStarted(startedBy)
    } else if (known) {
      this.#tasks.delete(taskArn)
      const at = Date.parse(updatedAt)
      if (stopCode === 'ServiceSchedulerInitiated' && isHealthy(known, at)) this.#hasStopped(at)
    }
  }

  #hasStarted(by: string): void {
    const { maximum } = this.#given
    const fleet = [...this.#tasks.values()].filter((each) => !this.#isShifting || each.startedBy === by).length
    if (fleet > maximumTotal(this.desired, maximum)) this.broken.push(`${fleet} tasks of ${this.desired} at most ${maximum} %`)
  }

  #hasStopped(at: number): void {
    const { minimum } = this.#given
    const left = [...this.#tasks.values()].filter((each) => isHealthy(each, at)).length
    if (!this.#isShifting && left < minimumHealthy(this.desired, minimum))
      this.broken.push(`${left} healthy tasks of ${this.desired} at least ${minimum} %`)
  }

  #fateOf(revision: number): Fate {
    return this.#fates[revision - 1] ?? 'fine'
  }
}

const isHealthy = ({ runsSince }: WantedTask, at: number) => runsSince !== undefined && at - runsSince >= SETTLING_MS
