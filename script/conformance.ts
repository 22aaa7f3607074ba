// Runs the conformance lanes one after another and ends with one line that counts them all.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Lane {
  name: string
  /** Files below the folder of the repository. */
  files: string[]
  /** Of the tests in them, those whose full names match. */
  only?: string
  env?: Record<string, string>
}

const folder = 'test/conformance'
const lanes: Lane[] = [
  { name: 'AWS SDK', files: [`${folder}/scenarios.test.ts`], only: '^(The AWS SDK|Every operation)' },
  { name: 'aws CLI', files: [`${folder}/scenarios.test.ts`, `${folder}/cli.test.ts`], only: '^The aws CLI' },
  { name: 'botocore', files: [`${folder}/scenarios.test.ts`], only: '^botocore' },
  { name: 'moto', files: [`${folder}/moto.test.ts`] },
  { name: 'ecspresso', files: [`${folder}/ecspresso.test.ts`] },
  { name: 'round trip of every served operation', files: [`${folder}/round-trip.test.ts`] },
  { name: 'round trip of every operation of the SDK', files: [`${folder}/round-trip.test.ts`], env: { ROUND_TRIP: 'all' } },
  { name: 'signatures, sessions and MFA', files: [`${folder}/identity.test.ts`] },
  {
    name: 'hostile requests',
    files: [`${folder}/hostile.test.ts`],
    env: { HOSTILE_ROUNDS: '20', HOSTILE_SEED: String(randomInt(2 ** 31)) },
  },
  { name: 'faults', files: [`${folder}/faults.test.ts`] },
  { name: 'schemathesis', files: [`${folder}/openapi.test.ts`], env: { SCHEMATHESIS: '1' } },
  { name: 'images', files: [`${folder}/images.test.ts`, 'src/sandbox/ecr/registry-clients.test.ts'] },
]

interface Result {
  name: string
  passed: number
  failed: number
  skipped: number
  /** Why tests were left out, as they say it themselves. */
  reasons: string[]
  seconds: number
}

const wanted = process.argv.slice(2)
const chosen = lanes.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
if (chosen.length === 0) {
  console.error(`No lane is called ${wanted.join(' or ')}. There are: ${lanes.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const results = chosen.map(run)
for (const line of table(results)) console.log(line)
const sum = (of: 'passed' | 'failed' | 'skipped') => results.reduce((total, result) => total + result[of], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`)
process.exitCode = sum('failed') > 0 ? 1 : 0

function run({ name, files, only, env }: Lane): Result {
  process.stderr.write(`${name} …\n`)
  const place = mkdtempSync(join(tmpdir(), 'kiban-conformance-'))
  const report = join(place, 'vitest.json')
  const began = performance.now()
  const args = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...(only ? ['-t', only] : []), ...files]
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, 'node_modules/vitest/vitest.mjs', 'run', ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, ...env, NO_COLOR: '1' },
      maxBuffer: 256 * 1024 * 1024,
    },
  )
  const seconds = (performance.now() - began) / 1000
  const counts = countedIn(report, new RegExp(only ?? ''))
  rmSync(place, { recursive: true, force: true })
  if (counts.failed > 0) process.stderr.write(stdout + stderr)
  const reasons = Array.from(`${stdout}${stderr}`.matchAll(/^SKIPPED: (.*)$/gm), ([, reason = '']) => reason)
  return { name, seconds, ...counts, reasons: counts.skipped > 0 ? [...new Set(reasons)] : [] }
}

interface Report {
  testResults: { status: string; assertionResults: { fullName: string; status: string }[] }[]
}

/** A lane that made no report, or a file that could not be read, is one that failed. */
function countedIn(report: string, only: RegExp): Pick<Result, 'passed' | 'failed' | 'skipped'> {
  try {
    const { testResults }: Report = JSON.parse(readFileSync(report, 'utf8'))
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ fullName }) => only.test(fullName))
    const count = (...statuses: string[]) => tests.filter(({ status }) => statuses.includes(status)).length
    const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    return { passed: count('passed'), failed: count('failed') + broken.length, skipped: count('pending', 'skipped', 'todo') }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function table(results: Result[]): string[] {
  const width = Math.max(...results.map(({ name }) => name.length))
  const row = (name: string, ...numbers: (string | number)[]) =>
    `${name.padEnd(width)}  ${numbers.map((each) => String(each).padStart(7)).join('  ')}`
  return [
    row('lane', 'passed', 'failed', 'skipped', 'seconds'),
    ...results.flatMap(({ name, passed, failed, skipped, seconds, reasons }) => [
      row(name, passed, failed, skipped, seconds.toFixed(0)),
      ...reasons.map((reason) => `  skipped: ${reason}`),
    ]),
  ]
}
