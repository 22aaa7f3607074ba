// Delivers with retries, and lets what cannot be delivered end in a dead-letter queue.
import { randomUUID } from 'node:crypto'
import type { Cloud } from '../cloud.ts'
import { type Caller, DeliveryFailure, type Destination, deliver } from './target.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html and Scheduler's RetryPolicy */
const ATTEMPTS_DEFAULT = 185
const AGE_DEFAULT_SECONDS = 86_400
const PAUSE_FIRST_MS = 1000
const PAUSE_MOST_MS = 60_000

export interface Delivery {
  target: Destination & {
    DeadLetterConfig?: { Arn?: string | undefined } | undefined
    RetryPolicy?: { MaximumRetryAttempts?: number | undefined; MaximumEventAgeInSeconds?: number | undefined } | undefined
  }
  input: string
  caller: Omit<Caller, 'token'>
  /** Attributes of the dead letter besides the error's: the ARN of the rule or schedule, and of the target. */
  about: Record<string, string>
}

/** Tries until it succeeds or the retry policy is exhausted. Never rejects. */
export async function attempt(cloud: Cloud, delivery: Delivery): Promise<void> {
  const caller = { ...delivery.caller, token: randomUUID() }
  const { MaximumRetryAttempts: retries = ATTEMPTS_DEFAULT, MaximumEventAgeInSeconds: age = AGE_DEFAULT_SECONDS } =
    delivery.target.RetryPolicy ?? {}
  const until = cloud.clock.elapsed() + age * 1000
  let pause = PAUSE_FIRST_MS
  for (let tried = 0; ; tried++) {
    const failure = await once(cloud, delivery, caller)
    if (!failure) return
    if (failure.isFinal || tried >= retries || cloud.clock.elapsed() + pause > until) {
      bury(cloud, delivery, failure, tried)
      return
    }
    await new Promise<void>((resolve) => cloud.clock.after(pause, resolve))
    pause = Math.min(pause * 2, PAUSE_MOST_MS)
  }
}

async function once(cloud: Cloud, { target, input }: Delivery, caller: Caller): Promise<DeliveryFailure | undefined> {
  try {
    await deliver(cloud, target, input, caller)
    return undefined
  } catch (error) {
    if (error instanceof DeliveryFailure) return error
    return new DeliveryFailure('SDK_CLIENT_ERROR', error instanceof Error ? error.message : String(error))
  }
}

function bury(cloud: Cloud, { target, input, about }: Delivery, failure: DeliveryFailure, retries: number): void {
  const queue = target.DeadLetterConfig?.Arn
  const attributes = {
    ...about,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    RETRY_ATTEMPTS: String(retries),
    TARGET_ARN: target.Arn ?? '',
  }
  if (queue && cloud.queues.send(queue, input, attributes)) return
  cloud.note(`Not delivered to ${target.Arn}: ${failure.message}`)
}
