// script/faults [--kills N] [--seed N] [--on pglite|postgresql]… [--at-once N] [--weather none|NAME] [--json]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { seeded } from '../test/chance.ts'
import { cloudStage } from '../test/deploy-stage.ts'
import { type Ground, groundOn, killedDeployment, settled } from '../test/faults/kill.ts'
import { type Course, courses, type Killing, killings, killingText, someInstant } from '../test/faults/moment.ts'
import { script } from '../test/faults/product.ts'
import { postgresPrograms, startPostgres } from '../test/postgres-cluster.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    on: { type: 'string', multiple: true, default: ['pglite', 'postgresql'] },
    'at-once': { type: 'string', default: '3' },
    weather: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const count = Number(values.kills)
/** A deployment is at work for longer. */
const SOON_MS = 1_000
const total = (of: readonly number[]): number => of.reduce((sum, n) => sum + n, 0)
const note = (line: string) => void process.stderr.write(`${line}\n`)

interface Result extends Killing {
  database: string
  id: string
  kills: number
  faults: string[]
  seconds: number
}

interface Weather {
  of: string
  passed: number
  failed: number
  skipped: number
}

const results: Result[] = []
for (const database of values.on) {
  if (count === 0) break
  if (database === 'postgresql' && postgresPrograms === undefined)
    note('skipped: no PostgreSQL 15+ server is installed here (set PG_BIN)')
  else results.push(...(await killsOn(database)))
}
const weather = values.weather === 'none' ? [] : weatherOf(values.weather)
const broken = results.filter(({ faults }) => faults.length > 0).length
const passed = results.length - broken + total(weather.map((one) => one.passed))
const failed = broken + total(weather.map((one) => one.failed))
if (values.json)
  console.log(JSON.stringify({ seed, passed, failed, kills: total(results.map(({ kills }) => kills)), results, weather }))
else {
  for (const line of [...killTable(), ...weatherTable()]) console.log(line)
  console.log(`${passed} passed, ${failed} failed`)
}
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** Several environments at once, each with its own repository and database, so that it is clear whom to kill. */
async function killsOn(database: string): Promise<Result[]> {
  const chance = seeded(seed)
  const waiting = killings(count, chance)
  const fresh = waiting.filter(({ course }) => course === 'create').map((_, at) => `fresh${at + 1}`)
  const standing = Array.from({ length: Number(values['at-once']) }, (_, at) => `lane${at + 1}`)
  const cloud = await cloudStage({ environments: [...standing, ...fresh], script })
  const cluster = database === 'postgresql' ? await startPostgres() : undefined
  const done: Result[] = []
  const killed = () => total(done.map(({ kills }) => kills))
  const standOn = async (environment: string) => groundOn(cloud, environment, await cluster?.createDatabase())
  const lane = async (environment: string) => {
    const ground = await standOn(environment)
    try {
      await settled(ground)
      while (killed() < count) {
        // A moment may come too late, or not at all.
        const next = waiting.shift() ?? { course: 'update', moments: [someInstant(chance, SOON_MS)], heir: 'later' }
        const here = next.course === 'create' ? await standOn(fresh.shift() ?? '') : ground
        done.push(await outcome(database, next, here))
        if (here !== ground) await here.close()
        progress(done.at(-1) as Result, killed())
      }
    } finally {
      await ground.close()
    }
  }
  try {
    await Promise.all(standing.map(lane))
    return done
  } finally {
    await cluster?.stop()
    await cloud.close()
  }
}

async function outcome(database: string, killing: Killing, ground: Ground): Promise<Result> {
  const began = performance.now()
  const { id, kills, faults } = await killedDeployment(ground, killing).catch((error: Error) => ({
    id: '',
    kills: 0,
    faults: [error.stack ?? error.message],
  }))
  return { ...killing, database, id, kills, faults, seconds: Math.round((performance.now() - began) / 100) / 10 }
}

function progress(last: Result, killed: number): void {
  const mark = last.faults.length === 0 ? styleText('green', '✔') : styleText('red', '✖')
  note(`${mark} ${last.database} ${killed}/${count}  ${killingText(last)}  (${last.kills} killed, ${last.seconds.toFixed(0)} s)`)
  for (const fault of last.faults) note(`    ${last.id} ${fault}`)
}

/** The tests in which something else goes wrong: those whose file has the name in its own. */
function weatherOf(name: string): Weather[] {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-weather-'))
  const files = readdirSync('test/faults').filter((file) => file.endsWith('.weather.ts') && file.includes(name))
  const found = files.map((file) => {
    const report = join(folder, `${file}.json`)
    const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${report}`]
    spawnSync(
      process.execPath,
      [...process.execArgv, 'node_modules/vitest/vitest.mjs', 'run', `test/faults/${file}`, ...reporters],
      {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, WEATHER: '1' },
      },
    )
    try {
      const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
      return { of: basename(file, '.weather.ts'), passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests }
    } catch {
      return { of: basename(file, '.weather.ts'), passed: 0, failed: 1, skipped: 0 }
    }
  })
  rmSync(folder, { recursive: true, force: true })
  return found
}

function killTable(): string[] {
  if (results.length === 0) return []
  const rows = [['database', 'course', 'deployments', 'kills', 'broken promises']]
  for (const database of new Set(results.map((result) => result.database)))
    for (const course of Object.keys(courses) as Course[]) {
      const of = results.filter((result) => result.database === database && result.course === course)
      const sum = (what: (result: Result) => number) => String(total(of.map(what)))
      if (of.length > 0)
        rows.push([database, course, String(of.length), sum(({ kills }) => kills), sum(({ faults }) => faults.length)])
    }
  return [...aligned(rows), `seed ${seed}`]
}

function weatherTable(): string[] {
  if (weather.length === 0) return []
  const rows = weather.map(({ of, passed, failed, skipped }) => [of, String(passed), String(failed), String(skipped)])
  return aligned([['weather', 'passed', 'failed', 'skipped'], ...rows])
}

/** Words to the left, numbers to the right. */
function aligned(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const isNumber = (column: number) => rows.slice(1).every((row) => /^\d+$/.test(row[column] ?? ''))
  return rows.map((row) =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  '),
  )
}
