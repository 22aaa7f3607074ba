// Whose credentials this process may act with. They are kept in memory only, for as long as it runs.
import { type Cloud, cloudOf, sameCloud } from '../../aws/identity.ts'
import { type AwsSession, awsSession } from '../../aws/session.ts'
import { type CallerEnvironment, callerEnvironment, withCaller } from '../../core/caller.ts'
import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import type { Deployment } from './deployment.ts'
import type { DeployEngine, SharedEngine } from './engine.ts'

/** How long another process may take to take up what this one has no credentials for. */
const OTHERS_TURN_MS = 5_000

/** The variables of everybody who asked this process for something, and the sessions that were opened with them. */
export class Callers {
  readonly #env: NodeJS.ProcessEnv
  readonly #own: CallerEnvironment
  readonly #sessions = new Map<string, AwsSession>()
  readonly #clouds = new Map<string, Promise<Cloud>>()
  readonly #declined = new Map<string, number>()
  readonly #brought = new Map<string, CallerEnvironment[]>()

  /** `env` is that of this process, which is one of the callers. */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
    this.#own = callerEnvironment(env)
  }

  /** The engine as a caller has it: with their credentials, and their choice of builder. */
  engineOf(shared: SharedEngine, caller: CallerEnvironment = this.#own): DeployEngine {
    return {
      ...shared,
      caller,
      aws: (region) => this.#session(caller, region),
      environment: caller === this.#own ? this.#env : withCaller(this.#env, caller),
    }
  }

  /** The account that a caller's credentials are of. Throws what AWS answers. */
  async cloudOf(caller: CallerEnvironment): Promise<Cloud> {
    const key = JSON.stringify(caller)
    const cloud = this.#clouds.get(key) ?? cloudOf(this.#session(caller, undefined))
    this.#clouds.set(key, cloud)
    cloud.catch(() => this.#clouds.delete(key))
    return cloud
  }

  /** Keeps a caller's variables for a deployment that they started, or asked for; true when they are new to it. */
  bring(deploymentId: string, caller: CallerEnvironment): boolean {
    const known = this.#brought.get(deploymentId) ?? []
    if (known.some((one) => same(one, caller))) return false
    this.#brought.set(deploymentId, [...known, caller])
    return true
  }

  forget(deploymentId: string): void {
    this.#brought.delete(deploymentId)
  }

  /**
   * Whose credentials to act with for a deployment: of those who started it here, then of those who asked for it since, the
   * latest first, then of this process, the first that are of its account. Throws why nobody's are.
   */
  async callerFor(deployment: Pick<Deployment, 'id' | 'cloud'>): Promise<CallerEnvironment> {
    const [first, ...later] = this.#brought.get(deployment.id) ?? []
    let why: unknown
    for (const caller of [...(first ? [first] : []), ...later.reverse(), this.#own]) {
      try {
        if (deployment.cloud === undefined) return caller
        const cloud = await this.cloudOf(caller)
        if (sameCloud(cloud, deployment.cloud)) return caller
        why ??= wrongCloud(deployment.id, deployment.cloud, cloud)
      } catch (error) {
        why ??= error
      }
    }
    throw why
  }

  /** Whether nobody took a deployment up for a while since it was first asked about here. */
  waitedFor({ id, epoch }: Pick<Deployment, 'id' | 'epoch'>): boolean {
    const key = `${id}/${epoch}`
    const first = this.#declined.get(key) ?? Date.now()
    this.#declined.set(key, first)
    return Date.now() - first > OTHERS_TURN_MS
  }

  /** Credentials that were refused are looked up anew. */
  doubt(caller: CallerEnvironment): void {
    this.#clouds.delete(JSON.stringify(caller))
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close()
  }

  #session(caller: CallerEnvironment, region: string | undefined): AwsSession {
    const own = same(caller, this.#own)
    const key = JSON.stringify([own ? null : caller, region])
    const session = this.#sessions.get(key) ?? awsSession(region, own ? undefined : caller)
    this.#sessions.set(key, session)
    return session
  }
}

const same = (a: CallerEnvironment, b: CallerEnvironment): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

const wrongCloud = (id: string, wanted: Cloud, found: Cloud): KibanError =>
  new KibanError('forbidden', 'deploy.other-account', deploy.otherAccount(id, nameOf(wanted), nameOf(found)), {
    hint: deploy.otherAccountHint(id),
  })

const nameOf = ({ account, endpoint }: Cloud): string => (endpoint === undefined ? account : `${account} (${endpoint})`)
