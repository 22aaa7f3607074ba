// What is told of an operation that was refused, for those who audit.
import { KibanError } from './error.ts'
import type { ErrorCode } from './error-code.ts'
import type { Place } from './permission.ts'

/** Never the input of the operation, which may hold anything. */
export interface Refusal {
  operation: string
  place: Place
  error: KibanError
}

/** The errors by which a rule of kiban's says no to somebody; all others are mistakes, or somebody else's no. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'approval.not-a-person',
  'approval.own',
  'approval.required',
  'deploy.other-account',
  'deploy.repository-unknown',
  'freeze.active',
  'freeze.no-reason',
  'grant.more-than-own',
  'http.cross-site',
  'permission.denied',
  'token.not-a-person',
  'user.last-administrator',
])

/** An error of the past that is told again to whoever asks; as a refusal it was told when it happened. */
export class Retold extends KibanError {}

export const isRefusal = (error: unknown): error is KibanError =>
  error instanceof KibanError && !(error instanceof Retold) && REFUSALS.has(error.code)

/** The event of a refusal, as it is kept. */
export const refusedData = ({ operation, error }: Pick<Refusal, 'operation' | 'error'>): Record<string, unknown> => ({
  operation,
  code: error.code,
  why: error.text,
})
