import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { postgresPrograms } from './postgres-cluster.ts'

const PROGRAM = `
const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres-cluster.ts'))})
const cluster = await startPostgres()
console.log(JSON.stringify({ folder: cluster.folder, url: await cluster.createDatabase() }))
setInterval(() => {}, 1000)
`

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.unref()
  })

test.skipIf(postgresPrograms === undefined)('a PostgreSQL whose test is killed ends and leaves nothing', async () => {
  const killed = spawn(process.execPath, ['--input-type=module-typescript', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(killed.stdout), 'line')
  const { folder, url } = JSON.parse(line) as { folder: string; url: string }
  const port = Number(new URL(url).port)
  expect([await answers(port), existsSync(folder)]).toEqual([true, true])
  killed.kill('SIGKILL')
  await expect.poll(() => existsSync(folder), { timeout: 30_000 }).toBe(false)
  expect(await answers(port)).toBe(false)
})
