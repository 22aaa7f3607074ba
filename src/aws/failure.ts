import type { Failure } from '@aws-sdk/client-ecs'
import { KibanError } from '../core/error.ts'
import { aws } from '../core/messages/aws.ts'

/** ECS answers 200 with `failures` for what it could not do; the words of one of them as an error. */
export function failureError(operation: string, failure: Failure): KibanError {
  const words = [failure.reason, failure.detail, failure.arn].filter(Boolean).join(', ')
  return failure.reason === 'MISSING'
    ? new KibanError('not-found', 'aws.not-found', aws.failed('ecs', operation, words), { hint: aws.notFound })
    : new KibanError('unavailable', 'aws.rejected', aws.failed('ecs', operation, words), { hint: aws.rejected })
}
