// Between rows (snake_case, null, Date) and what the code speaks (camelCase, undefined, epoch milliseconds).
import { json } from './database.ts'

export function fromRow<Thing>(row: object): Thing {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value === null ? undefined : value instanceof Date ? value.getTime() : value,
    ]),
  ) as Thing
}

/** Columns that hold moments, and those that hold JSON. */
export interface Columns {
  times: ReadonlySet<string>
  jsons: ReadonlySet<string>
}

/** `"a" = $3, "b" = to_timestamp($4)` and the values, for the members of a change; undefined clears a column. */
export function assignments(change: object, columns: Columns, firstParameter: number): { sql: string; values: unknown[] } {
  const entries = Object.entries(change)
  const sql = entries.map(([name], at) => {
    const parameter = `$${firstParameter + at}`
    return `${columnOf(name)} = ${columns.times.has(name) ? `to_timestamp(${parameter}::double precision / 1000)` : parameter}`
  })
  const values = entries.map(([name, value]) => (value === undefined ? null : columns.jsons.has(name) ? json(value) : value))
  return { sql: sql.join(', '), values }
}

const columnOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
