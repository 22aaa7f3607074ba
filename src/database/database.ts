import type { KibanError } from '../core/error.ts'

/**
 * One small face over PostgreSQL and PGlite: the same SQL runs on both. Rows come back with `bigint` as a number,
 * `timestamptz` as a Date and `jsonb` parsed; JSON goes in as text (`json(value)`), because the drivers disagree on arrays.
 */
export interface Queryable {
  query<Row extends object = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
}

export interface Database extends Queryable {
  /** What stands behind it, for the one library that must know (pg-boss). */
  readonly engine: { kind: 'postgres'; url: string } | { kind: 'pglite'; instance: EmbeddedEngine }
  /**
   * Runs everything or nothing. Inside, ask `tx` only: asking the database itself would wait for this transaction for ever.
   * Every query has a time limit, after which the database counts as away; `unhurried` ones, such as migrations, have none.
   */
  transaction<Result>(run: (tx: Queryable) => Promise<Result>, options?: { unhurried?: boolean }): Promise<Result>
  /**
   * Hears `pg_notify(channel, payload)`. Messages sent while a connection was lost are not repeated: once there is another,
   * undefined stands for all that may have been missed. Gives the way to stop.
   */
  listen(channel: string, heard: (payload: string | undefined) => void): Promise<() => Promise<void>>
  /** Why it takes no changes at present, though it may still be read: its disk is full. Undefined again once it took one. */
  fault(): KibanError | undefined
  close(): Promise<void>
}

/** What pg-boss needs of PGlite. */
export interface EmbeddedEngine {
  query<Row>(sql: string, parameters?: unknown[]): Promise<{ rows: Row[] }>
  exec(sql: string): Promise<{ rows: Record<string, unknown>[] }[]>
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>
}

export const json = (value: unknown): string => JSON.stringify(value)
