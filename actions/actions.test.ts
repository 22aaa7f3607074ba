// The actions run at GitHub from the files of the repository: nothing is installed or built there.
import { execFile } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../', import.meta.url))
const actions = globSync('actions/*/action.yml', { cwd: root }).map((file) => file.split('/')[1] as string)
const clone = mkdtempSync(join(tmpdir(), 'kiban-clone-'))
afterAll(() => rmSync(clone, { recursive: true, force: true }))

test('each runs from a clone in which nothing is installed, and names what it misses', async () => {
  for (const part of ['actions', 'src', 'package.json']) cpSync(join(root, part), join(clone, part), { recursive: true })
  expect(actions.length).toBeGreaterThan(0)
  for (const name of actions) {
    const { runs } = actionOf(name)
    expect(runs.using).toBe('node24')
    const [code, said] = await new Promise<[unknown, string]>((resolve) => {
      const argv = [join(clone, 'actions', name, runs.main)]
      execFile(process.execPath, argv, { cwd: clone, env: {} }, (error, stdout, stderr) =>
        resolve([error?.code, stdout + stderr]),
      )
    })
    expect([code, said]).toEqual([2, expect.stringMatching(/^::error title=kiban::[\w-]+: is missing$/m)])
  }
})

test('every input and output is described, and told in the documentation with its default', () => {
  const page = readFileSync(join(root, 'docs/capabilities/github-actions.md'), 'utf8')
  for (const name of actions) {
    const { inputs, outputs } = actionOf(name)
    for (const [field, { description }] of Object.entries({ ...inputs, ...outputs })) {
      expect([field, description]).toEqual([field, expect.stringMatching(/\S{2}/)])
      expect([field, page]).toEqual([field, expect.stringContaining(`\`${field}\``)])
    }
  }
})

interface Action {
  inputs: Record<string, { description: string }>
  outputs: Record<string, { description: string }>
  runs: { using: string; main: string }
}

function actionOf(name: string): Action {
  return parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8')) as Action
}
