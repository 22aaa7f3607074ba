import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { severityOf, type Witness, witnessOf } from '../../src/capabilities/deploy/explain/cause-facts.ts'
import { type CauseClass, causeClasses, causes } from '../../src/core/messages/causes.ts'

test('every class of causes is listed, in the words in which it is told, with what it was seen in', () => {
  const text = readFileSync('docs/capabilities/causes.md', 'utf8')
  const rows = [...text.matchAll(/^\| `([a-z0-9-]+)` +\| (.+?) +\| (.+?) +\| (\w+) +\| ([\w-]+) +\|$/gm)]
  const told = Object.fromEntries(rows.map(([, name, en, ja, severity, witness]) => [name, { en, ja, severity, witness }]))
  const known = Object.fromEntries(
    Object.entries(causes).map(([name, { word }]) => [
      name,
      { ...word, severity: severityOf(name as CauseClass), witness: witnessOf(name as CauseClass) },
    ]),
  )
  expect(told).toEqual(known)
})

/** The tests that bring conditions about, in the way that a witness stands for. */
const tests: Record<Witness, readonly string[]> = {
  processes: ['explain/exits', 'explain/health', 'explain/start'],
  scheduler: ['explain/rollouts'],
  'pre-flight': ['preflight/preflight', 'plan-commit'],
  deployment: ['explain/deployments', 'explain/error-causes', 'tasks/task-runs'],
  'self-checked': ['explain/aws-texts'],
}

test('what a class was seen in is a test that names it', () => {
  const texts = Object.fromEntries(
    Object.entries(tests).map(([witness, files]) => [
      witness,
      files.map((file) => readFileSync(`src/capabilities/deploy/${file}.test.ts`, 'utf8')).join('\n'),
    ]),
  )
  const missing = causeClasses.filter((of) => !new RegExp(`\\b${of}\\b`).test(texts[witnessOf(of)] ?? ''))
  expect(missing).toEqual([])
})
