import type { AwsSession } from '../../aws/session.ts'
import type { KibanError } from '../../core/error.ts'
import { isRefusal, Retold, refusedData } from '../../core/refusal.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { Queryable } from '../../database/database.ts'
import { type Deployment, holderOf, type Rollout, type State, type StoredError, subjectOf } from './deployment.ts'
import { changeDeployment, findDeployment } from './deployment-store.ts'
import type { DeployEngine } from './engine.ts'
import type { Cause } from './explain/cause.ts'
import { type Claimant, type Fences, LEASE_SECONDS, leaveQueue, releaseLocks, renewLocks } from './lock.ts'
import type { Plan, ServicePlan } from './plan.ts'
import type { Watched } from './steps/explain-rollouts.ts'
import type { WatchedMigration } from './steps/run-migrations.ts'
import { type Keeping, StoredDriver } from './stored-driver.ts'

const RENEW_MS = (LEASE_SECONDS * 1000) / 6
const keeping: Keeping<Deployment> = { subject: subjectOf, find: findDeployment, change: changeDeployment }
/** The operation that asks for each kind of deployment. */
const ASKED_BY: Record<Deployment['kind'], string> = {
  deploy: 'deployment.start',
  rollback: 'deployment.rollback',
  promotion: 'deployment.promote',
}

/** The locks went to somebody else. */
export class LockLost extends Error {}

/**
 * One process's hold on one deployment. All that a step stores goes through `store`, which fails once another process
 * has taken over; before each write to AWS it asks `fence`, which fails once a lock is lost.
 */
export class Driver extends StoredDriver<Deployment> {
  /** When each service was last asked whether another deployment took our place; `elapsed`. */
  readonly lookedForNewer = new Map<string, number>()
  /** Since when AWS, or something else that a step needs, does not answer; `elapsed`. */
  troubledSince: number | undefined
  /** For how long the locks outlive this process. */
  leaseSeconds = LEASE_SECONDS
  /** Since when each migration is waited for here, and whether it was told to stop; `elapsed`. */
  readonly migrations = new Map<string, WatchedMigration>()
  /** What is remembered of each rollout that does not go well, to look again only where something is new. */
  readonly watched = new Map<string, Watched>()

  constructor(engine: DeployEngine, deployment: Deployment, signal: AbortSignal) {
    super(keeping, engine, deployment, signal)
  }

  get deployment(): Deployment {
    return this.thing
  }

  get claimant(): Claimant {
    const { createdBy, face, kind, reason } = this.deployment
    return { holder: holderOf(this.deployment), actor: createdBy, face, reason: reason ?? kind }
  }

  /** The plan; there from the state `planned` on. */
  get plan(): Plan {
    const { plan } = this.deployment
    if (!plan) throw new Error(`${this.deployment.id} has no plan`)
    return plan
  }

  get session(): AwsSession {
    return this.engine.aws(this.deployment.plan?.region)
  }

  /** Goes on to a state. */
  to(
    state: State,
    change: Partial<Deployment> = {},
    data: Record<string, unknown> = {},
    more?: (tx: Queryable) => Promise<void>,
  ) {
    this.troubledSince = undefined
    return this.store({ ...change, state, troubleSince: undefined }, [{ type: `deployment.${state}`, data }], more)
  }

  /** Ends the deployment: gives the locks back and tells the verdict. */
  async end(verdict: Verdict, { error, causes = [] }: { error?: KibanError; causes?: Cause[] } = {}): Promise<void> {
    const { deployment } = this
    const stored = error && storedError(error)
    const why = causes.length > 0 ? causes : undefined
    const brief = why?.map(({ class: of, service }) => ({ class: of, service }))
    await this.store(
      { state: 'done', verdict, error: stored, causes: why, endedAt: this.now, fences: undefined, troubleSince: undefined },
      [
        // Whoever asked may have left before a rule said no: that is told here, and not to them alone.
        ...(isRefusal(error)
          ? [{ type: 'operation.refused', data: refusedData({ operation: ASKED_BY[deployment.kind], error }) }]
          : []),
        {
          type: 'deployment.ended',
          data: { verdict, ...(stored ? { error: stored } : {}), ...(brief ? { causes: brief } : {}) },
        },
      ],
      async (tx) => {
        if (deployment.fences) await releaseLocks(tx, deployment, deployment.fences, this.claimant, this.now)
        await leaveQueue(tx, deployment, holderOf(deployment))
      },
    )
  }

  /** To be called when AWS has answered in a state that lasts: its patience begins anew. */
  async calm(): Promise<void> {
    this.troubledSince = undefined
    if (this.deployment.troubleSince !== undefined)
      await this.store({ troubleSince: undefined }, [{ type: 'deployment.recovered', data: {} }])
  }

  /** Makes sure that the locks are still ours, and renews them; ask right before each write to AWS. */
  async fence(): Promise<void> {
    this.signal.throwIfAborted()
    const { deployment } = this
    if (!deployment.fences || !(await this.#renew(deployment.fences))) throw new LockLost()
  }

  /** Renews the locks while a step takes long; gives the way to stop. */
  keepLease(): () => void {
    const timer = setInterval(() => {
      const { fences } = this.deployment
      if (fences) this.#renew(fences).catch(this.engine.failed)
    }, RENEW_MS)
    return () => clearInterval(timer)
  }

  #renew(fences: Fences): Promise<boolean> {
    return renewLocks(this.engine.database, this.deployment, fences, this.leaseSeconds)
  }
}

export const plannedOf = ({ plan }: Driver, { service }: Pick<Rollout, 'service'>): ServicePlan =>
  plan.services.find((one) => one.service === service) as ServicePlan

export const storedError = ({ kind, code, text, hint, details }: KibanError): StoredError => ({
  kind,
  code,
  text,
  hint,
  ...(details.length > 0 ? { details } : {}),
})

/** The error again, for whoever asked for the deployment. */
export const errorAgain = (stored: StoredError): KibanError =>
  new Retold(stored.kind, stored.code as KibanError['code'], stored.text, { hint: stored.hint, details: stored.details })
