// What all benches share: flags, alternating runs, medians, and one table for people and for machines.
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'

export interface BenchFlags {
  json: boolean
  /** Few and short runs: shows that a bench works, not what it measures. */
  quick: boolean
}

/** The flags of a bench; `--help` prints what it measures and ends the process. */
export function benchFlags(about: string): BenchFlags {
  const values = given()
  if (values.help) {
    process.stdout.write(`${about.trim()}\n\n  --json   one JSON object instead of tables\n  --quick  few and short runs\n`)
    process.exit(0)
  }
  return { json: values.json ?? false, quick: values.quick ?? false }
}

function given() {
  const options = { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ options }).values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}; --help tells the flags\n`)
    process.exit(2)
  }
}

export interface Summary {
  median: number
  min: number
  max: number
  n: number
}

export function summary(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN, n: sorted.length }
}

/**
 * Runs every subject once a round, in turn, every other round backwards: whatever else the machine does meets all of them
 * alike. Gives each subject's samples; those of a round may be compared with each other.
 */
export async function alternate<Sample>(
  subjects: Record<string, () => Promise<Sample>>,
  rounds: number,
): Promise<Record<string, Sample[]>> {
  const samples: Record<string, Sample[]> = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]))
  const entries = Object.entries(subjects)
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of round % 2 === 0 ? entries : entries.toReversed()) samples[name]?.push(await run())
  }
  return samples
}

/** The median of the ratios of each round, which a machine that slows down in mid-run does not spoil. */
export const ratioOf = (of: readonly number[], to: readonly number[]): number =>
  summary(of.map((value, round) => value / (to[round] ?? Number.NaN))).median

/** By how much `values` rise for each unit of `at`, by least squares. */
export function slope(at: readonly number[], values: readonly number[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length
  const [middle, level] = [mean(at), mean(values)]
  const rise = at.reduce((sum, x, index) => sum + (x - middle) * ((values[index] ?? Number.NaN) - level), 0)
  return rise / at.reduce((sum, x) => sum + (x - middle) ** 2, 0)
}

export type Cell = string | number | undefined

export interface Table {
  title: string
  columns: readonly string[]
  rows: readonly (readonly Cell[])[]
  notes?: readonly string[]
}

/** What the machine was and how busy, from here to `end()`. */
export function machine() {
  const begun = { load: loadavg()[0] ?? 0, times: cpuTimes() }
  return {
    end() {
      const now = cpuTimes()
      const busy = 1 - (now.idle - begun.times.idle) / (now.all - begun.times.all)
      return {
        cores: availableParallelism(),
        node: process.version,
        loadBefore: round(begun.load),
        loadAfter: round(loadavg()[0] ?? 0),
        busyPercent: Math.round(busy * 100),
      }
    },
  }
}

function cpuTimes(): { idle: number; all: number } {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    for (const time of Object.values(times)) all += time
  }
  return { idle, all }
}

/** Prints the tables, as Markdown that reads well in a terminal too, or all in one JSON object. */
export function report(bench: string, tables: readonly Table[], on: ReturnType<typeof machine>, { json }: BenchFlags): void {
  const about = on.end()
  if (json) {
    process.stdout.write(`${JSON.stringify({ bench, machine: about, tables: tables.map(asObjects) })}\n`)
    return
  }
  for (const table of tables) process.stdout.write(`${markdown(table)}\n`)
  const { cores, node, loadBefore, loadAfter, busyPercent } = about
  process.stdout.write(
    `${bench} on ${cores} cores, Node ${node}; load ${loadBefore} before, ${loadAfter} after, cores ${busyPercent} % busy meanwhile\n`,
  )
}

const asObjects = ({ title, columns, rows, notes = [] }: Table) => ({
  title,
  rows: rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]))),
  notes,
})

function markdown({ title, columns, rows, notes = [] }: Table): string {
  const texts = rows.map((row) => columns.map((_, at) => shown(row[at])))
  const widths = columns.map((column, at) => Math.max(3, column.length, ...texts.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[], pad: (text: string, width: number, at: number) => string) =>
    `| ${cells.map((cell, at) => pad(cell, widths[at] ?? 0, at)).join(' | ')} |`
  const isNumber = (at: number) => rows.every((row) => typeof row[at] !== 'string' || /^[\d.]+$/.test(row[at]))
  const pad = (text: string, width: number, at: number) => (isNumber(at) ? text.padStart(width) : text.padEnd(width))
  const rule = line(
    widths.map((width, at) => (isNumber(at) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))),
    (text) => text,
  )
  const below = notes.length > 0 ? [...notes, ''] : []
  return [`### ${title}`, '', line(columns, pad), rule, ...texts.map((row) => line(row, pad)), '', ...below].join('\n')
}

const shown = (cell: Cell): string => (cell === undefined ? '–' : typeof cell === 'number' ? String(round(cell)) : cell)

/** To three digits that count. */
export const round = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Number.isFinite(value) ? Number(value.toPrecision(3)) : value
