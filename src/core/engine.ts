import type { Operation } from './operation.ts'

/**
 * What a face talks to: the operations and the two ways to run one, wherever the work is done (in this process, in the
 * process that owns the embedded database, on a server). Inputs and answers are plain JSON values.
 */
export interface Engine {
  readonly operations: readonly Operation[]
  /** Runs an operation of kind `call`. Throws KibanError. */
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>
  /** Runs an operation of kind `stream`. Ending the iteration early only stops the watching. Throws KibanError. */
  stream(name: string, input: unknown, signal: AbortSignal): AsyncIterable<unknown>
  /** Whether a server does the work. */
  isFar?(): Promise<boolean>
  close(): Promise<void>
}
