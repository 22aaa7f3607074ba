import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Terminal, terminalIn } from './terminal.ts'

let folder: string
let terminal: Terminal
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-completion-'))
  await mkdir(join(folder, 'bin'))
  await symlink(fileURLToPath(new URL('../../bin/kiban', import.meta.url)), join(folder, 'bin', 'kiban'))
  await writeFile(
    join(folder, 'kiban.yml'),
    'product: shop\nenvironments: { staging: {}, production: {} }\nservices: { web: {}, worker: {} }\n',
  )
  terminal = terminalIn(folder, { HOME: folder, LANG: 'C.UTF-8' })
})
afterAll(async () => {
  await terminal.close()
  await rm(folder, { recursive: true, force: true })
})

const proposed = async (...words: string[]): Promise<string[]> =>
  (await terminal.run('__complete', ...words)).stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']))

test('commands, flags, and what the manifest declares are proposed', async () => {
  expect(await proposed('roll')).toEqual(['rollback'])
  expect(await proposed('lock', '')).toEqual(['list', 'take', 'release'])
  expect(await proposed('deploy', '--keep')).toEqual(['--keep-siblings'])
  expect(await proposed('deploy', '--env', '')).toEqual(['staging', 'production'])
  expect(await proposed('logs', 'w')).toEqual(['web', 'worker'])
  expect(await proposed('status', '--env', 'st')).toEqual(['staging'])
})

test('a broken manifest, or none, proposes nothing and breaks nothing', async () => {
  const elsewhere = terminalIn(join(folder, 'bin'), { HOME: folder })
  expect(await elsewhere.run('__complete', 'deploy', '--env', '')).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('bash completes by the script that is printed', async () => {
  const script = `PATH="${folder}/bin:$PATH"; source <(kiban completion bash); COMP_WORDS=(kiban deploy --env p); COMP_CWORD=3; _kiban; echo "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  })
  expect(stdout).toBe('production\n')
  for (const shell of ['zsh', 'fish']) expect((await terminal.run('completion', shell)).stdout).toContain('kiban __complete')
  expect((await terminal.run('completion', 'tcsh')).code).toBe(2)
})
