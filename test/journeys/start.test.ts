// What the command line loads and opens before it has to: nothing.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { terminalIn } from './terminal.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-start-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Modules that a command line loads, as V8 tells them. */
async function loadedBy(...argv: string[]): Promise<string[]> {
  const coverage = await mkdtemp(join(folder, 'coverage-'))
  const { code } = await terminalIn(folder, { HOME: folder, NODE_V8_COVERAGE: coverage }).run(...argv)
  expect(code).toBe(0)
  const reports = await Promise.all((await readdir(coverage)).map((file) => readFile(join(coverage, file), 'utf8')))
  return reports.flatMap((report) => (JSON.parse(report).result as { url: string }[]).map(({ url }) => url))
}

/** A size and a duration of the manifest are inputs of commands too; the rest of it comes with its parser. */
const HEAVY =
  /@aws-sdk|@smithy|pglite|pg-boss|\/pg\/|\/yaml\/|\/src\/(aws|sandbox|server|durable|git|images|manifest(?!\/(size|field)\.ts$))\/|\/src\/database\/(owner|open|pglite|postgres|migrate)/

test.each([[['--version']], [['--help']], [['deploy', '--help']], [['completion', 'bash']], [['__complete', 'dep']]])(
  '%s loads nothing heavy',
  async (argv) => {
    const loaded = await loadedBy(...argv)
    expect(loaded.some((url) => url.endsWith('/src/main.ts'))).toBe(true)
    expect(loaded.filter((url) => HEAVY.test(url))).toEqual([])
  },
)

test('what works on files alone opens no database', async () => {
  const data = join(folder, 'data')
  const terminal = terminalIn(folder, { HOME: folder, KIBAN_DATA: data, LANG: 'C.UTF-8' })
  expect((await terminal.run('manifest', 'example')).code).toBe(0)
  expect((await terminal.run('manifest', 'schema')).code).toBe(0)
  expect((await terminal.run('manifest', 'check')).code).toBe(4)
  expect((await terminal.run('init', '--print')).code).not.toBe(0)
  expect(existsSync(data)).toBe(false)
})

test('the data folder is for its user alone', async () => {
  const { statSync } = await import('node:fs')
  const data = join(folder, 'own')
  const terminal = terminalIn(folder, { HOME: folder, XDG_DATA_HOME: data, LANG: 'C.UTF-8' })
  expect((await terminal.run('status', '--product', 'shop')).code).toBe(0)
  expect(statSync(join(data, 'kiban')).mode & 0o777).toBe(0o700)
})
