// Runs every check in order, goes on after a failure, and ends with one line that counts all tests.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Check {
  name: string
  argv: string[]
}

const node = [process.execPath, '--disable-warning=ExperimentalWarning']
const folder = mkdtempSync(join(tmpdir(), 'kiban-check-'))
const report = join(folder, 'vitest.json')
const only = process.argv.slice(2)

const checks: Check[] = [
  { name: 'lint', argv: ['node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'types', argv: ['node_modules/.bin/tsc', '--noEmit'] },
  { name: 'types of the console', argv: ['node_modules/.bin/tsc', '--noEmit', '-p', 'console'] },
  { name: 'console builds', argv: [...node, 'node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn', 'console'] },
  { name: 'generated files are current', argv: [...node, 'script/generate.ts', '--check'] },
]
const tests = [...node, 'node_modules/vitest/vitest.mjs', 'run', ...only]

let passed = 0
let failed = 0
let skipped = 0
for (const { name, argv } of only.length > 0 ? [] : checks) {
  const ok = run(argv)
  console.log(`${ok ? '✔' : '✖'} ${name}`)
  if (ok) passed++
  else failed++
}
const ok = run(tests, { TEST_REPORT: report })
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed += result.numPassedTests
  failed += result.numFailedTests
  skipped += result.numPendingTests + result.numTodoTests
  if (!ok && result.numFailedTests === 0) failed++
} catch {
  failed++
}
rmSync(folder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 ? 1 : 0

function run([command = '', ...args]: string[], more: Record<string, string> = {}): boolean {
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...more, PATH: `${join(process.cwd(), 'node_modules/node/bin')}:${process.env.PATH}` },
  })
  return status === 0
}
