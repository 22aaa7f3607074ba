import type { ErrorCode } from './error-code.ts'
import type { Place } from './permission.ts'
import type { Text } from './text.ts'

/** What a program may want to tell apart; faces translate it once (HTTP status, exit code). */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'internal'

/**
 * The one error of the product. `text` says what happened and `hint` what to do next, both safe to show to anyone who
 * may run the operation; `cause` is for the log only. `message` is the English text.
 */
export class KibanError extends Error {
  readonly kind: ErrorKind
  readonly code: ErrorCode
  readonly text: Text
  readonly hint: Text | undefined
  /** Further places of the same mistake, such as every problem of a manifest. */
  readonly details: readonly Text[]
  /** Where a rule said no, when the operation's input does not tell. */
  readonly place: Place | undefined

  constructor(
    kind: ErrorKind,
    code: ErrorCode,
    text: Text,
    options: { hint?: Text; cause?: unknown; details?: readonly Text[]; place?: Place } = {},
  ) {
    super(text.en, { cause: options.cause })
    this.name = 'KibanError'
    this.kind = kind
    this.code = code
    this.text = text
    this.hint = options.hint
    this.details = options.details ?? []
    this.place = options.place
  }
}
