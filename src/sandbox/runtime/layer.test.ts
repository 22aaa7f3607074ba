import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, mkdir, readlink, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UNPACK_LIMITS, unpackLayer } from './layer.ts'

let folder: string
let root: string
let count = 0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kiban-layer-'))
  root = join(folder, 'root')
  await mkdir(root)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Entry = Partial<Header> & { name: string; body?: string }

async function tar(...entries: Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const { body, ...header } of entries) archive.entry(header, body ?? '')
  archive.finalize()
  return buffer(archive)
}

async function unpack(bytes: Buffer, budget = { ...UNPACK_LIMITS }): Promise<void> {
  const path = join(folder, `layer-${count++}`)
  writeFileSync(path, bytes)
  await unpackLayer(path, root, budget)
}

const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('a layer', () => {
  it('is unpacked whether plain, gzipped or in zstd', async () => {
    await unpack(await tar({ name: 'plain.txt', body: 'one' }))
    await unpack(gzipSync(await tar({ name: 'app/gzip.txt', body: 'two' })))
    await unpack(zstdCompressSync(await tar({ name: './app/zstd.txt', body: 'three' })))
    expect([read('plain.txt'), read('app/gzip.txt'), read('app/zstd.txt')]).toEqual(['one', 'two', 'three'])
  })

  it('replaces files and removes what its whiteouts name', async () => {
    await unpack(await tar({ name: 'app/a', body: 'old' }, { name: 'app/b', body: 'old' }, { name: 'lib/c/d', body: 'old' }))
    await unpack(await tar({ name: 'app/a', body: 'new' }, { name: 'app/.wh.b' }, { name: 'lib/.wh.c' }))
    expect([read('app/a'), readdirSync(join(root, 'app')), readdirSync(join(root, 'lib'))]).toEqual(['new', ['a'], []])
  })

  it('empties a folder of the layers below at an opaque whiteout, and keeps its own files', async () => {
    await unpack(await tar({ name: 'app/below', body: '1' }))
    await unpack(await tar({ name: 'app/mine', body: '2' }, { name: 'app/.wh..wh..opq' }))
    expect(readdirSync(join(root, 'app'))).toEqual(['mine'])
  })

  it('keeps executable bits and drops set-uid bits', async () => {
    await unpack(await tar({ name: 'run.sh', mode: 0o4755, body: '#!/bin/sh' }))
    expect((await stat(join(root, 'run.sh'))).mode & 0o7777).toBe(0o755)
  })

  it('turns absolute and climbing links into links inside the root', async () => {
    await unpack(
      await tar(
        { name: 'srv/v1/index.js', body: 'here' },
        { name: 'app', type: 'symlink', linkname: '/srv/v1' },
        { name: 'etc/host', type: 'symlink', linkname: '../../../../etc/hostname' },
      ),
    )
    expect([await readlink(join(root, 'app')), await readlink(join(root, 'etc/host')), read('app/index.js')]).toEqual([
      'srv/v1',
      'hostname',
      'here',
    ])
  })

  it('writes through a link of a lower layer as inside a chroot', async () => {
    await unpack(await tar({ name: 'usr/lib/a', body: '1' }, { name: 'lib', type: 'symlink', linkname: 'usr/lib' }))
    await unpack(await tar({ name: 'lib/b', body: '2' }))
    expect(readdirSync(join(root, 'usr/lib'))).toEqual(['a', 'b'])
  })

  it('follows a hard link to a link from its new folder', async () => {
    await unpack(
      await tar(
        { name: 'a/b/c/file', body: 'x' },
        { name: 'a/b/link', type: 'symlink', linkname: 'c/file' },
        { name: 'deep', type: 'link', linkname: 'a/b/link' },
      ),
    )
    expect([await readlink(join(root, 'deep')), read('deep')]).toEqual(['a/b/c/file', 'x'])
  })

  it('leaves devices out', async () => {
    await unpack(await tar({ name: 'dev/zero', type: 'character-device', devmajor: 1, devminor: 5 }, { name: 'ok', body: '' }))
    await expect(lstat(join(root, 'dev/zero'))).rejects.toThrow('ENOENT')
  })
})

describe('a hostile layer', () => {
  const outside = () => readdirSync(folder).filter((name) => !name.startsWith('layer-'))

  it.each([
    ['a name that climbs', [{ name: '../escaped', body: 'x' }]],
    ['a name that climbs from a folder', [{ name: 'app/../../escaped', body: 'x' }]],
    ['a hard link that climbs', [{ name: 'passwd', type: 'link', linkname: '../../../etc/passwd' }]],
    ['a hard link to what the image does not have', [{ name: 'passwd', type: 'link', linkname: '/etc/passwd' }]],
    ['a whiteout of the folder above', [{ name: 'app/.wh...' }]],
  ] satisfies [string, Entry[]][])('with %s is refused', async (_, entries) => {
    await expect(unpack(await tar(...entries))).rejects.toMatchObject({ name: 'HostileArchive' })
    expect(outside()).toEqual(['root'])
  })

  it('cannot write through a link that it made', async () => {
    await unpack(
      await tar(
        { name: 'out', type: 'symlink', linkname: folder },
        { name: 'out/escaped', body: 'x' },
        { name: 'up', type: 'symlink', linkname: '..' },
        { name: 'up/escaped2', body: 'x' },
      ),
    )
    expect([outside(), read('escaped2')]).toEqual([['root'], 'x'])
  })

  it('cannot climb by a chain of links', async () => {
    await unpack(
      await tar(
        { name: 'a/b/c', type: 'directory' },
        { name: 'one', type: 'symlink', linkname: 'a/b/c' },
        { name: 'two', type: 'symlink', linkname: 'one/../../../..' },
        { name: 'two/escaped', body: 'x' },
      ),
    )
    expect([outside(), read('escaped')]).toEqual([['root'], 'x'])
  })

  it('with links in a circle is refused', async () => {
    const circle = await tar(
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: 'a' },
      { name: 'a/x', body: '' },
    )
    await expect(unpack(circle)).rejects.toThrow('too many links')
  })

  it('larger than the limit is refused before it is written', async () => {
    const bomb = gzipSync(await tar({ name: 'zeroes', body: '\0'.repeat(1_000_000) }))
    await expect(unpack(bomb, { bytes: 999_999, entries: 10 })).rejects.toThrow('the image is too large')
    expect(readdirSync(root)).toEqual([])
  })

  it('with more files than the limit is refused', async () => {
    const many = await tar(...Array.from({ length: 11 }, (_, i) => ({ name: `f${i}`, body: '' })))
    await expect(unpack(many, { bytes: 1000, entries: 10 })).rejects.toThrow('too many files')
  })

  it('that is cut off is refused', async () => {
    const whole = await tar({ name: 'file', body: 'x'.repeat(5000) })
    await expect(unpack(whole.subarray(0, 2000))).rejects.toThrow()
    await expect(unpack(gzipSync(whole).subarray(0, 60))).rejects.toThrow()
  })
})
