import type { AwsSession } from '../../../aws/session.ts'
import type { KibanError } from '../../../core/error.ts'
import type { Verdict } from '../../../core/verdict.ts'
import { withdrawApproval } from '../../approvals/approval.ts'
import { storedError } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import type { Cause } from '../explain/cause.ts'
import { type Keeping, StoredDriver } from '../stored-driver.ts'
import { changeRun, findRun } from './run-store.ts'
import { runSubject, type TaskRun } from './task-run.ts'

const keeping: Keeping<TaskRun> = { subject: runSubject, find: findRun, change: changeRun }

/** One process's hold on one task run. */
export class RunDriver extends StoredDriver<TaskRun> {
  constructor(engine: DeployEngine, run: TaskRun, signal: AbortSignal) {
    super(keeping, engine, run, signal)
  }

  get run(): TaskRun {
    return this.thing
  }

  get session(): AwsSession {
    return this.engine.aws(this.run.plan.region)
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
}
