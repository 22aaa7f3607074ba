import { KibanError } from '../core/error.ts'

/** Whether the database could not take something for now: it is away, or its disk is full. */
export const isDatabaseFault = (error: unknown): boolean =>
  error instanceof KibanError && (error.code === 'database.unavailable' || error.code === 'database.full')
