import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { states } from '../../src/capabilities/deploy/deployment.ts'
import { exitCodeOfError, exitCodeOfVerdict } from '../../src/cli/exit-code.ts'

const page = readFileSync('docs/capabilities/deploy.md', 'utf8')

/** The rows of the table whose first column has this title. */
function table(title: string): string[][] {
  const lines = page.split('\n')
  const at = lines.findIndex((line) => line.startsWith(`| ${title} `))
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('|'))
  return lines.slice(at + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replace(/`/g, '').trim()),
  )
}

test('every state of a deployment is told, in order', () => {
  expect(table('state').map(([state]) => state)).toEqual(states)
})

test('every verdict has its exit code', () => {
  expect(Object.fromEntries(table('verdict').map(([verdict, , code]) => [verdict, Number(code)]))).toEqual(exitCodeOfVerdict)
})

test('every kind of error is told by its exit code', () => {
  const told = table('exit code').map(([code]) => Number(code))
  expect(told).toEqual([...new Set([...Object.values(exitCodeOfError), 130])])
})
