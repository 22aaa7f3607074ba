import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandLine, imageCommand, searchPath } from './command-line.ts'
import { imageUser } from './image-user.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kiban-root-'))
  const file = (path: string, text = '#!/bin/sh\n') => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: 0o755 })
  }
  file('app/start.sh')
  file('app/bin/tool')
  file('usr/local/bin/node')
  file('etc/passwd', 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n')
  file('etc/group', 'root:x:0:\nstaff:x:50:\n')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the command of an image', () => {
  const config = { Entrypoint: ['tini', '--'], Cmd: ['node', 'main.js'] }
  test.each([
    ['stands as it is', {}, ['tini', '--', 'node', 'main.js']],
    ['keeps its entry point under another command', { command: ['node', 'job.js'] }, ['tini', '--', 'node', 'job.js']],
    ['is dropped by another entry point', { entryPoint: ['sh'] }, ['sh']],
    ['is replaced whole', { entryPoint: ['sh'], command: ['-c', 'x'] }, ['sh', '-c', 'x']],
    ['stands where the overrides are empty', { entryPoint: [], command: [] }, ['tini', '--', 'node', 'main.js']],
  ])('%s', (_, override, expected) => {
    expect(imageCommand(config, override)).toEqual(expected)
  })
})

describe('a command on this machine', () => {
  const line = (...command: string[]) =>
    commandLine(command, { root, folder: join(root, 'app'), path: searchPath(root, '/usr/local/bin:/app/bin', '/usr/bin:/bin') })

  test('runs this sandbox’s Node for the image’s', async () => {
    for (const node of ['node', '/usr/local/bin/node', '/usr/bin/node']) {
      expect(await line(node, 'main.js')).toEqual({ program: process.execPath, args: ['main.js'] })
    }
  })

  test('finds programs by path, by folder and by PATH', async () => {
    expect(await line('/app/start.sh')).toEqual({ program: join(root, 'app/start.sh'), args: [] })
    expect(await line('./start.sh')).toEqual({ program: join(root, 'app/start.sh'), args: [] })
    expect(await line('tool')).toEqual({ program: join(root, 'app/bin/tool'), args: [] })
    expect((await line('sh', '-c', 'true'))?.program).toMatch(/^\/(usr\/)?bin\/sh$/)
  })

  test('takes a shell of this machine where the image has none, and no other program of it', async () => {
    expect(await line('/bin/sh', '-c', 'exit 1')).toEqual({ program: '/bin/sh', args: ['-c', 'exit 1'] })
    expect(await line('/etc/hostname')).toBeUndefined()
  })

  test('maps arguments that are files of the image, and leaves all others', async () => {
    expect((await line('node', '/app/start.sh', '/none', '/', '--file=/app/start.sh'))?.args).toEqual([
      join(root, 'app/start.sh'),
      '/none',
      '/',
      '--file=/app/start.sh',
    ])
  })

  test('that does not exist is undefined', async () => {
    expect([await line('no-such-program'), await line('/app'), await line()]).toEqual([undefined, undefined, undefined])
  })
})

test('PATH has the application’s folders before this machine’s and the image’s system folders after them', () => {
  expect(searchPath('/root-of-image', '/usr/bin:/app/bin:relative', '/usr/bin:/bin')).toBe(
    [dirname(process.execPath), '/root-of-image/app/bin', '/usr/bin', '/bin', '/root-of-image/usr/bin'].join(':'),
  )
})

test.each([
  ['1000', { uid: 1000, gid: 1001 }],
  ['4711', { uid: 4711, gid: 0 }],
  ['node', { uid: 1000, gid: 1001 }],
  ['node:staff', { uid: 1000, gid: 50 }],
  ['4711:4712', { uid: 4711, gid: 4712 }],
  ['nobody', undefined],
  ['node:nobody', undefined],
])('USER %s is looked up in the image', async (user, expected) => {
  expect(await imageUser(root, user)).toEqual(expected)
})
