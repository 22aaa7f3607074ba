import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { repositoryFiles } from './pages.ts'

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, { steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] }>
}

const workflows = repositoryFiles()
  .filter((file) => file.startsWith('.github/workflows/'))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
const steps = workflows.flatMap(({ text }) => Object.values((parse(text) as Workflow).jobs).flatMap((job) => job.steps))

test('actions of others are pinned by their commit, and the tag stands beside it', () => {
  const used = workflows.flatMap(({ file, text }) =>
    [...text.matchAll(/uses:\s*(.*)$/gm)].map(([, action = '']) => ({ file, action })),
  )
  expect(used.length).toBeGreaterThan(0)
  expect(used.filter(({ action }) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v[\d.]+$/.test(action))).toEqual([])
})

test('a workflow may only read, and keeps no credentials for what it runs', () => {
  expect(workflows.map(({ text }) => (parse(text) as Workflow).permissions)).toEqual(workflows.map(() => ({ contents: 'read' })))
  const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
  expect(checkouts.length).toBeGreaterThan(0)
  expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
})

test('CI runs what everybody runs', () => {
  expect(steps.flatMap(({ run }) => run ?? [])).toContain('.ci/run')
  expect(readFileSync('.ci/run', 'utf8')).toMatch(/^exec script\/test$/m)
})
