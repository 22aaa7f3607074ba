/**
 * What goes wrong on purpose, per API: throttling, latency, failures, and how late reads see writes. A rule is named
 * by what it covers, `ecs:UpdateService`, `ecs:*` or `*`; for each kind of fault the most precise rule counts.
 */
import { z } from 'zod'
import { KibanError } from '../core/error.ts'
import { sandbox } from '../core/messages/sandbox.ts'
import { AwsError } from './cloud.ts'
import type { WireProtocol } from './wire/protocol.ts'

const Milliseconds = z.number().min(0).max(3_600_000)

export const Fault = z.strictObject({
  /** A token bucket, one for all that the rule covers: calls per second, and how many may come at once. */
  throttle: z.strictObject({ rate: z.number().min(0), burst: z.number().int().min(1).default(1) }).nullish(),
  /** Real milliseconds before the request is handled: fixed, or anything between two. */
  latency: z.union([Milliseconds, z.tuple([Milliseconds, Milliseconds])]).nullish(),
  failure: z
    .strictObject({
      /** Fails this many calls and then none … */
      next: z.number().int().min(1).optional(),
      /** … or each with this chance; every call when neither is said. */
      probability: z.number().min(0).max(1).optional(),
      code: z.string().default('ServiceUnavailable'),
      message: z.string().default('The request has failed due to a temporary failure of the server.'),
      status: z.number().int().min(400).max(599).default(503),
      /** `after`: the request takes effect and only its answer is lost. */
      when: z.enum(['before', 'after']).default('before'),
    })
    .nullish(),
  /** Simulated milliseconds by which reads are behind writes. */
  lag: Milliseconds.nullish(),
  /** Of events, by `events:PutEvents`: the chance of a second copy, and simulated milliseconds within which their order is lost. */
  delivery: z.strictObject({ duplicate: z.number().min(0).max(1).default(0), disorderMs: Milliseconds.default(0) }).nullish(),
})
export type Fault = z.infer<typeof Fault>

export const FaultRules = z.record(z.string().regex(/^(\*|[a-z0-9-]+:(\*|[A-Z]\w*))$/), Fault.nullable())
/** Rules by what they cover; null takes one away. */
export type FaultRules = z.input<typeof FaultRules>

interface Rule {
  fault: Fault
  tokens: number
  filledAt: number
  failuresLeft: number
}

export class Faults {
  readonly #rules = new Map<string, Rule>()
  /** Requests that a rule refused, by API. */
  readonly throttled = new Map<string, number>()

  /** Adds to the rules, replacing those of the same name; throws KibanError when one is not understood. */
  set(rules: FaultRules): void {
    const parsed = FaultRules.safeParse(rules)
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
      throw new KibanError('invalid', 'sandbox.invalid-faults', sandbox.invalidFaults(problems))
    }
    for (const [name, fault] of Object.entries(parsed.data)) {
      if (fault) this.#rules.set(name, newRule(fault))
      else this.#rules.delete(name)
    }
  }

  clear(): void {
    this.#rules.clear()
  }

  current(): Record<string, Fault> {
    return Object.fromEntries(Array.from(this.#rules, ([name, { fault }]) => [name, fault]))
  }

  lag(api: string): number {
    return this.#find(api, 'lag')?.fault.lag ?? 0
  }

  /** Takes a token for a call that does not come over the wire; true when there is none. */
  throttles(api: string): boolean {
    const rule = this.#rules.size === 0 ? undefined : this.#find(api, 'throttle')
    return rule !== undefined && !takeToken(rule)
  }

  delivery(api: string): { duplicate: number; disorderMs: number } {
    return this.#find(api, 'delivery')?.fault.delivery ?? { duplicate: 0, disorderMs: 0 }
  }

  /** Runs before a request is handled; throws AwsError. Undefined when nothing is to be awaited. */
  before(api: string, protocol: WireProtocol['name']): Promise<void> | undefined {
    if (this.#rules.size === 0) return undefined
    const throttle = this.#find(api, 'throttle')
    if (throttle && !takeToken(throttle)) {
      this.throttled.set(api, (this.throttled.get(api) ?? 0) + 1)
      throw throttled(api, protocol)
    }
    this.#fail(api, 'before')
    const latency = this.#find(api, 'latency')?.fault.latency
    return latency == null ? undefined : wait(latency)
  }

  /** Runs once a request has taken effect. */
  after(api: string): void {
    if (this.#rules.size > 0) this.#fail(api, 'after')
  }

  #fail(api: string, when: 'before' | 'after'): void {
    const rule = this.#find(api, 'failure')
    const failure = rule?.fault.failure
    if (!failure || failure.when !== when) return
    if (failure.next !== undefined) {
      if (rule.failuresLeft === 0) return
      rule.failuresLeft--
    } else if (Math.random() >= (failure.probability ?? 1)) return
    throw new AwsError(failure.code, failure.message, {}, failure.status)
  }

  #find(api: string, kind: keyof Fault): Rule | undefined {
    const service = api.slice(0, api.indexOf(':'))
    for (const name of [api, `${service}:*`, '*']) {
      const rule = this.#rules.get(name)
      if (rule && rule.fault[kind] != null) return rule
    }
    return undefined
  }
}

function newRule(fault: Fault): Rule {
  return {
    fault,
    tokens: fault.throttle?.burst ?? 0,
    filledAt: performance.now(),
    failuresLeft: fault.failure?.next ?? 0,
  }
}

function takeToken(rule: Rule): boolean {
  const { rate, burst } = rule.fault.throttle ?? { rate: 0, burst: 0 }
  const now = performance.now()
  rule.tokens = Math.min(burst, rule.tokens + ((now - rule.filledAt) / 1000) * rate)
  rule.filledAt = now
  if (rule.tokens < 1) return false
  rule.tokens--
  return true
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
 */
function throttled(api: string, protocol: WireProtocol['name']): AwsError {
  if (protocol === 'ec2') return new AwsError('RequestLimitExceeded', 'Request limit exceeded.', {}, 503)
  if (protocol === 's3') return new AwsError('SlowDown', 'Please reduce your request rate.', {}, 503)
  if (api.startsWith('lambda:')) return new AwsError('TooManyRequestsException', 'Rate exceeded', {}, 429)
  if (api.startsWith('sqs:')) return new AwsError('RequestThrottled', 'Rate exceeded', {}, 400)
  if (protocol === 'query') return new AwsError('Throttling', 'Rate exceeded', {}, 400)
  return new AwsError('ThrottlingException', 'Rate exceeded', {}, protocol === 'rest-json' ? 429 : 400)
}

function wait(latency: number | [number, number]): Promise<void> {
  const ms = typeof latency === 'number' ? latency : latency[0] + Math.random() * (latency[1] - latency[0])
  return new Promise((resolve) => setTimeout(resolve, ms))
}
