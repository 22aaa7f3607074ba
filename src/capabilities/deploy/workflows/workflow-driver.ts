import type { Actor } from '../../../core/actor.ts'
import type { KibanError } from '../../../core/error.ts'
import type { Verdict } from '../../../core/verdict.ts'
import { withdrawApproval } from '../../approvals/approval.ts'
import { storedError } from '../driver.ts'
import type { DeployEngine } from '../engine.ts'
import { type Keeping, type NewEvent, StoredDriver } from '../stored-driver.ts'
import { type Part, type Step, type WorkflowRun, workflowSubject } from './workflow-run.ts'
import { changeWorkflowRun, findWorkflowRun } from './workflow-store.ts'

const keeping: Keeping<WorkflowRun> = { subject: workflowSubject, find: findWorkflowRun, change: changeWorkflowRun }

/** One process's hold on one run of a workflow. */
export class WorkflowDriver extends StoredDriver<WorkflowRun> {
  #storing: Promise<void> = Promise.resolve()

  constructor(engine: DeployEngine, run: WorkflowRun, signal: AbortSignal) {
    super(keeping, engine, run, signal)
  }

  get run(): WorkflowRun {
    return this.thing
  }

  /** On whose behalf parts are started. */
  get actor(): Actor {
    return this.run.options.actor
  }

  step(at: number): Step {
    return this.run.steps[at] as Step
  }

  part(at: number, part: number): Part {
    return this.step(at).parts[part] as Part
  }

  changeStep(at: number, change: Partial<Step>, events: NewEvent[] = []): Promise<void> {
    return this.#inTurn(() => this.store({ steps: this.run.steps.with(at, { ...this.step(at), ...change }) }, events))
  }

  changePart(at: number, part: number, change: Partial<Part>, events: NewEvent[] = []): Promise<void> {
    return this.#inTurn(() => {
      const step = this.step(at)
      const parts = step.parts.with(part, { ...this.part(at, part), ...change })
      return this.store({ steps: this.run.steps.with(at, { ...step, parts }) }, events)
    })
  }

  async end(verdict: Verdict, error?: KibanError): Promise<void> {
    const stored = error && storedError(error)
    const { workflow } = this.run
    const data = { workflow, verdict, ...(stored ? { error: stored } : {}) }
    await this.store({ state: 'done', verdict, error: stored, endedAt: this.now }, [{ type: 'workflow.ended', data }], (tx) =>
      withdrawApproval(tx, workflowSubject(this.run), this.now),
    )
  }

  /** Parts run side by side, and the steps are kept as one: each change waits for the one before. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const mine = this.#storing.catch(() => {}).then(change)
    this.#storing = mine
    return mine
  }
}
