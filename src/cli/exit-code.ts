import type { ErrorKind } from '../core/error.ts'
import type { Verdict } from '../core/verdict.ts'

/** The exit code of each kind of error. */
export const exitCodeOfError: Record<ErrorKind, number> = {
  internal: 1,
  invalid: 2,
  unauthenticated: 3,
  forbidden: 3,
  'not-found': 4,
  conflict: 5,
  throttled: 6,
  unavailable: 6,
}

/** The exit code of each way in which a deployment can end. */
export const exitCodeOfVerdict: Record<Verdict, number> = {
  succeeded: 0,
  'rolled-back': 10,
  failed: 11,
  stopped: 12,
  superseded: 13,
  'timed-out': 14,
}

export const EXIT_USAGE = 2
export const EXIT_INTERRUPTED = 130
