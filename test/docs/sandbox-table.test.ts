import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { awsCalls, botocoreCalls, ecspressoCalls, motoCalls } from '../conformance/witnesses.ts'
import { testSandbox } from '../support.ts'

const WITNESSES = /^(self-checked|aws|botocore|moto|ecspresso|buildah|skopeo|HTTP|the Session Manager plugin|kiban)$/

interface Row {
  actions: string[]
  cells: string[]
}

/** The rows of each service's table, by the name in the signature: `## ECS (`ecs`)`. */
function tables(): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  let service: string | undefined
  for (const line of readFileSync('docs/operate/sandbox.md', 'utf8').split('\n')) {
    if (line.startsWith('#')) service = /^### .*\(`([a-z0-9-]+)`\)/.exec(line)?.[1]
    if (service === undefined || !line.startsWith('|')) continue
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const actions = [...(cells[0] ?? '').matchAll(/`([A-Z]\w+)`/g)].map(([, name = '']) => name)
    if (cells[0] === 'actions' || /^-+$/.test(cells[0] ?? '')) continue
    found.set(service, [...(found.get(service) ?? []), { actions, cells }])
  }
  return found
}

test('every action that is served has its row, and no other is promised', async () => {
  await using sandbox = await testSandbox()
  const served = Object.fromEntries(
    sandbox.services.map(({ signingName, handlers }) => [signingName, Object.keys(handlers).sort()]),
  )
  const told = Object.fromEntries(
    [...tables()].map(([service, rows]) => [service, rows.flatMap(({ actions }) => actions).sort()]),
  )
  expect(told).toEqual(served)
})

test('every row says what is simulated, what differs and who has witnessed it', () => {
  const rows = [...tables().values()].flat()
  expect(rows.length).toBeGreaterThan(50)
  expect(rows.filter(({ cells }) => cells.length !== 4 || cells.some((cell) => cell === ''))).toEqual([])
  expect(rows.filter(({ cells }) => !witnessesOf(cells).every((name) => WITNESSES.test(name)))).toEqual([])
})

test('clients have made the calls that their rows say, and no row keeps one from us', () => {
  for (const [service, rows] of tables()) {
    for (const { actions, cells } of rows.filter((row) => row.actions.length > 0)) {
      const made = (calls: Iterable<string>) => actions.filter((action) => new Set(calls).has(`${service}:${action}`))
      if (witnessesOf(cells).includes('self-checked')) {
        expect(made(botocoreCalls), `clients have made calls of ${service}: ${actions}`).toEqual([])
        continue
      }
      expect(made(botocoreCalls)).toEqual(actions)
      const [old, moto, ecspresso] = [made(awsCalls), made(motoCalls), made(ecspressoCalls)]
      const without = (some: string[]) => actions.filter((action) => !some.includes(action))
      expect(clientsIn(cells), `${service}: ${actions}`).toEqual([
        ...(old.length > 0 ? [{ name: 'aws', only: [] }] : []),
        { name: 'botocore', only: old.length > 0 ? without(old) : [] },
        ...(moto.length > 0 ? [{ name: 'moto', only: without(moto) }] : []),
        ...(ecspresso.length > 0 ? [{ name: 'ecspresso', only: ecspresso.length < actions.length ? ecspresso : [] }] : []),
      ])
    }
  }
})

/** Those of the last column that make calls, each with the actions that stand in its brackets. */
const clientsIn = (cells: string[]) =>
  Array.from((cells[3] ?? '').matchAll(/\b(aws|botocore|moto|ecspresso)\b(?: \((.*?)\))?/g), ([, name, brackets = '']) => ({
    name,
    only: Array.from(brackets.matchAll(/`(\w+)`/g), ([, action]) => action),
  }))

/** The names in the last column, without what stands in brackets or after a semicolon. */
const witnessesOf = (cells: string[]): string[] =>
  (cells[3] ?? '')
    .split(';')[0]
    ?.replace(/\(.*?\)/g, '')
    .split(',')
    .map((name) => name.trim()) ?? []
