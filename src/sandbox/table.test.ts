import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptTables } from './table.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-tables-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const opened = () =>
  keptTables(folder, (error) => {
    throw error
  })

const entries = async (name: string): Promise<[string, unknown][]> => {
  const tables = await opened()
  const all = [...tables.table(name).entries()]
  await tables.close()
  return all
}

test('Values come back as they were, dates, maps and bytes among them', async () => {
  const value = { at: new Date(5), map: new Map([['a', 1]]), bytes: new Uint8Array([1, 2]), none: undefined }
  const tables = await opened()
  tables.table('things').set('one', value).set('two', 2)
  tables.table('things').delete('two')
  tables.table('others').set('x', 1)
  await tables.commit()
  tables.table('others').clear()
  await tables.close()
  expect(await entries('things')).toEqual([['one', value]])
  expect(await entries('others')).toEqual([])
})

test('A batch that was torn while it was written is dropped, and all before it is kept', async () => {
  const tables = await opened()
  const things = tables.table('things')
  things.set('whole', 1)
  await tables.commit()
  const file = join(folder, (await readdir(folder))[0] ?? '')
  const { size } = await stat(file)
  things.set('torn', 'x'.repeat(100))
  await tables.close()
  await truncate(file, size + 50)
  expect(await entries('things')).toEqual([['whole', 1]])
})

test('What stands behind the last batch is not taken for one', async () => {
  const tables = await opened()
  tables.table('things').set('whole', 1)
  await tables.close()
  await appendFile(join(folder, (await readdir(folder))[0] ?? ''), Buffer.alloc(20, 7))
  expect(await entries('things')).toEqual([['whole', 1]])
})

test('The journal is written anew when changes outweigh entries, and stays one file', async () => {
  const tables = await opened()
  const things = tables.table('things')
  const chunk = 'x'.repeat(256 * 1024)
  for (let i = 0; i < 60; i++) {
    things.set('same', `${chunk}${i}`)
    await tables.commit()
  }
  await tables.close()
  const files = await readdir(folder)
  expect(files).toHaveLength(1)
  expect((await stat(join(folder, files[0] ?? ''))).size).toBeLessThan(9 * 1024 * 1024)
  expect(await entries('things')).toEqual([['same', `${chunk}59`]])
})

test('Commits that come together share a write', async () => {
  const tables = await opened()
  const things = tables.table('things')
  const commits = Array.from({ length: 50 }, (_, i) => {
    things.set(String(i), i)
    return tables.commit()
  })
  await Promise.all(commits)
  expect(new Set(commits).size).toBe(2)
  await tables.close()
  expect(await entries('things')).toHaveLength(50)
})

test('A journal that was cut off at any byte of its last batch is the one before it', async () => {
  const tables = await opened()
  const things = tables.table('things')
  things.set('whole', 'before')
  await tables.commit()
  const file = join(folder, (await readdir(folder))[0] ?? '')
  const before = (await stat(file)).size
  things.set('whole', 'after').set('other', new Map([['a', new Uint8Array(20)]]))
  await tables.close()
  const bytes = await readFile(file)
  for (let length = before; length < bytes.byteLength; length++) {
    await Promise.all((await readdir(folder)).map((name) => rm(join(folder, name))))
    await writeFile(file, bytes.subarray(0, length))
    expect([length, await entries('things')]).toEqual([length, [['whole', 'before']]])
  }
})

test('A change that found no room leaves nothing behind that could be taken for one', async () => {
  // The shell counts in units of 512 bytes.
  const limit = 64
  const writer = `
    import { keptTables } from ${JSON.stringify(new URL('./table.ts', import.meta.url).href)}
    const tables = await keptTables(${JSON.stringify(folder)}, () => {})
    const things = tables.table('things')
    things.set('small', 1)
    await tables.commit()
    things.set('large', new Uint8Array(100_000))
    process.stdout.write(await tables.commit().then(() => 'kept', (error) => error.code))
    things.set('large', 'small now')
    await tables.commit()
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(
    'sh',
    ['-c', `ulimit -f ${limit}; exec "$@"`, 'sh', process.execPath, '--input-type=module', '-e', writer],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  expect(await text(child.stdout)).toBe('EFBIG')
  expect(await entries('things')).toEqual([
    ['small', 1],
    ['large', 'small now'],
  ])
})

test('A process killed with SIGKILL loses nothing that it acknowledged', async () => {
  const writer = `
    import { keptTables } from ${JSON.stringify(new URL('./table.ts', import.meta.url).href)}
    const tables = await keptTables(${JSON.stringify(folder)}, () => process.exit(9))
    const table = tables.table('things')
    for (let i = 0; ; i++) {
      table.set(String(i % 1000), i)
      await tables.commit()
      process.stdout.write(i + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer], { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = -1
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (last === 300) child.kill('SIGKILL')
  }
  const kept = new Map(await entries('things'))
  expect(last).toBeGreaterThanOrEqual(300)
  // One more may have reached the disk than its word reached us.
  for (let i = Math.max(0, last - 500); i <= last; i++) expect(Number(kept.get(String(i % 1000)))).toBeGreaterThanOrEqual(i)
})
