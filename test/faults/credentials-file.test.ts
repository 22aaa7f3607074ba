// AWS's credentials file while its writers are killed, and while two write at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeSection } from '../../src/capabilities/access/credentials-file.ts'
import { sectionsOf } from '../../src/capabilities/access/profiles.ts'

const WRITER = fileURLToPath(new URL('credentials-writer.ts', import.meta.url))
const KILLS = 12
const BEFORE = '# the keys of the bookshop\n[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = kept\n'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-credentials-'))
  file = join(folder, 'credentials')
  await writeFile(file, BEFORE, { mode: 0o600 })
})
afterEach(() => rm(folder, { recursive: true }))

const writer = async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

/** What was there stands as it was, and the section is one session's, whole. */
async function isWhole(): Promise<boolean> {
  const content = await readFile(file, 'utf8')
  expect(content.startsWith(BEFORE)).toBe(true)
  const section = sectionsOf(content).get('reshine-assume')
  if (!section) return false
  const letter = section.aws_access_key_id?.at(-1) ?? ''
  expect(section).toMatchObject({
    aws_access_key_id: `id-${letter.repeat(2_000)}`,
    aws_secret_access_key: `secret-${letter.repeat(2_000)}`,
    aws_session_token: `token-${letter.repeat(2_000)}`,
  })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  return true
}

test('is whole whenever its writer is killed, open to the next, and nothing secret is left beside it', {
  timeout: 120_000,
}, async () => {
  let written = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = await writer()
    await wait(20 + 7 * kill)
    child.kill('SIGKILL')
    await once(child, 'exit')
    if (await isWhole()) written++
  }
  expect(written).toBeGreaterThan(0)
  // A file that a killed writer left, as it would be when the kill fell between writing and renaming.
  await writeFile(`${file}.kiban-4242.abc`, 'secret', { mode: 0o600 })
  await writeFile(`${file}.20261127.bak`, 'mine')
  const session = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token', expiresAt: 0 }
  await writeSection(file, 'reshine-assume', session)
  expect((await readdir(folder)).sort()).toEqual(['credentials', 'credentials.20261127.bak', 'credentials.kiban-lock'])
})

test('is whole while two write at once', { timeout: 60_000 }, async () => {
  const both = await Promise.all([writer(), writer()])
  for (let look = 0; look < 30; look++) {
    await wait(10)
    await isWhole()
  }
  for (const child of both) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  expect(await isWhole()).toBe(true)
})
