import { AdaptiveRetryStrategy } from '@smithy/core/retry'
import type { RetryErrorInfo, StandardRetryToken } from '@smithy/types'

/** Enough for twenty services that queue behind a bucket of one call a second. */
const THROTTLED_ATTEMPTS = 30
/** A broken connection or an error of the server; whoever watches a rollout has a patience of its own above this. */
const TRANSIENT_ATTEMPTS = 3

/** The SDK's adaptive retries (one token bucket, filled as fast as AWS lets), with more patience for throttling than for faults. */
export class QueueingRetry extends AdaptiveRetryStrategy {
  readonly #transientAttempts: number

  /** What must not be sent twice is tried again only when AWS refused to take it. */
  constructor({ repeatable }: { repeatable: boolean }) {
    super(THROTTLED_ATTEMPTS)
    this.#transientAttempts = repeatable ? TRANSIENT_ATTEMPTS : 1
  }

  override async refreshRetryTokenForRetry(token: StandardRetryToken, error: RetryErrorInfo) {
    if (error.errorType !== 'THROTTLING' && token.getRetryCount() + 1 >= this.#transientAttempts)
      throw new Error('No more attempts')
    return super.refreshRetryTokenForRetry(token, error)
  }
}
