import type { AwsSession } from '../../../aws/session.ts'
import { sleep } from '../../../core/clock.ts'
import type { KibanError } from '../../../core/error.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { Queryable } from '../../../database/database.ts'
import { appendEvent, EVENT_CHANNEL } from '../../../database/events.ts'
import { withdrawApproval } from '../../approvals/approval.ts'
import { type NewEvent, Replaced, storedError, wakeSubject } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import type { Cause } from '../explain/cause.ts'
import { changeRun, findRun } from './run-store.ts'
import { runSubject, type TaskRun } from './task-run.ts'

/** One process's hold on one task run: all that is stored goes through `store`, which fails once another has taken over. */
export class RunDriver {
  readonly engine: DeployEngine
  readonly signal: AbortSignal
  run: TaskRun

  constructor(engine: DeployEngine, run: TaskRun, signal: AbortSignal) {
    this.engine = engine
    this.run = run
    this.signal = signal
  }

  /** The wall clock: for what is stored and shown, and for what another process began. */
  get now(): number {
    return this.engine.clock.now()
  }

  /** Milliseconds that nobody can set: for all waiting of this process. */
  get elapsed(): number {
    return this.engine.clock.elapsed()
  }

  get session(): AwsSession {
    return this.engine.aws(this.run.plan.region)
  }

  /** Stores a change, and whatever `more` does, in one transaction with the events that tell of it. */
  async store(change: Partial<TaskRun>, events: NewEvent[] = [], more?: (tx: Queryable) => Promise<void>): Promise<void> {
    const { run } = this
    const subject = runSubject(run)
    await this.engine.database.transaction(async (tx) => {
      if (!(await changeRun(tx, run, change))) throw new Replaced()
      await more?.(tx)
      const { product, environment, createdBy: actor, face } = run
      for (const event of events) appendEvent(tx, { at: this.now, product, environment, actor, face, subject, ...event })
      if (events.length === 0) await tx.query('select pg_notify($1, $2)', [EVENT_CHANNEL, subject])
    })
    this.run = { ...run, ...change }
  }

  async end(
    verdict: Verdict,
    { error, causes = [], exitCode }: { error?: KibanError; causes?: Cause[]; exitCode?: number } = {},
  ): Promise<void> {
    const { task, schedule } = this.run
    const why = causes.length > 0 ? causes : undefined
    const stored = error && storedError(error)
    const data = {
      task,
      schedule,
      verdict,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(stored ? { error: stored } : {}),
      ...(why ? { causes: why.map(({ class: of, service }) => ({ class: of, service })) } : {}),
    }
    const ended = [{ type: 'task.ended', data }]
    await this.store({ state: 'done', verdict, exitCode, error: stored, causes: why, endedAt: this.now }, ended, async (tx) =>
      withdrawApproval(tx, runSubject(this.run), this.now),
    )
  }

  /** Who asked to stop it, if somebody did. */
  async cancelled(): Promise<TaskRun['cancel']> {
    const stored = await findRun(this.engine.database, this.run.id)
    this.run = { ...this.run, cancel: stored?.cancel }
    return stored?.cancel
  }

  /** Waits; less when somebody asks to stop it, or when an event about one of the subjects comes. */
  async pause(ms: number, subjects: readonly string[] = []): Promise<void> {
    const woken = new AbortController()
    const forget = this.engine.events.on([...subjects, wakeSubject(this.run.id)], () => woken.abort())
    try {
      await sleep(this.engine.clock, ms, AbortSignal.any([this.signal, woken.signal]))
    } catch (error) {
      if (!woken.signal.aborted) throw error
    } finally {
      forget()
    }
    this.signal.throwIfAborted()
  }
}
