import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeRepository, type TestRepository } from '../../test/git-repository.ts'
import { checkout } from './checkout.ts'
import { commitsBetween } from './commits-between.ts'
import { readFileAt } from './read-file.ts'
import { resolveRef } from './resolve-ref.ts'
import { workingTree } from './working-tree.ts'

let folder: string
let dataFolder: string
let shop: TestRepository
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-git-'))
  dataFolder = join(folder, 'data')
  shop = makeRepository(join(folder, 'shop'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('checking out', () => {
  test('gives the files of the exact commit, and what it is', async () => {
    const first = shop.commit('Add the shop', { 'api/server.js': 'v1', 'kiban.yml': 'product: shop' })
    shop.commit('Change the shop', { 'api/server.js': 'v2' })
    const found = await checkout({ repository: shop.folder, dataFolder, ref: first })
    expect(found).toEqual({
      commit: first,
      ref: first,
      committedAt: Date.UTC(2026, 0, 1, 0, 1),
      authoredAt: Date.UTC(2026, 0, 1, 0, 1),
      author: { name: 'Aoi Sato', email: 'aoi@example.com' },
      subject: 'Add the shop',
      folder: expect.stringContaining(dataFolder),
    })
    expect((await readdir(found.folder)).sort()).toEqual(['api', 'kiban.yml'])
    expect(await readFile(join(found.folder, 'api/server.js'), 'utf8')).toBe('v1')
  })

  test.each([
    ['a path', () => shop.folder],
    ['a file URL', () => `file://${shop.folder}`],
    ['a bare repository', () => shop.git('clone', '--quiet', '--bare', '.', '../bare.git') + join(folder, 'bare.git')],
  ])('reads %s', async (_case, address) => {
    const commit = shop.commit('Add', { a: '1' })
    expect((await checkout({ repository: address(), dataFolder, ref: 'main' })).commit).toBe(commit)
  })

  test('follows a branch that moves, one that is rewritten, and HEAD on no branch', async () => {
    const at = async (ref: string) => (await checkout({ repository: shop.folder, dataFolder, ref })).commit
    const first = shop.commit('One', { a: '1' })
    expect(await at('main')).toBe(first)
    const second = shop.commit('Two', { a: '2' })
    expect(await at('main')).toBe(second)
    shop.git('reset', '--quiet', '--hard', first)
    const rewritten = shop.commit('Two again', { a: '3' })
    expect(await at('main')).toBe(rewritten)
    shop.git('checkout', '--quiet', '--detach')
    const apart = shop.commit('Apart', { a: '4' })
    expect([await at('HEAD'), await at('main')]).toEqual([apart, rewritten])
    shop.git('checkout', '--quiet', 'main')
    expect(await at('HEAD')).toBe(rewritten)
  })

  test('knows a commit again without the repository', async () => {
    const commit = shop.commit('One', { a: '1' })
    await checkout({ repository: shop.folder, dataFolder, ref: 'main' })
    await rm(join(shop.folder, '.git'), { recursive: true })
    expect((await checkout({ repository: shop.folder, dataFolder, ref: commit })).commit).toBe(commit)
    await expect(checkout({ repository: shop.folder, dataFolder, ref: 'main' })).rejects.toMatchObject({
      code: 'git.repository-missing',
    })
  })

  test.skipIf(process.getuid?.() !== 0)('reads a repository that belongs to another user', async () => {
    const commit = shop.commit('One', { a: '1' })
    execFileSync('chown', ['-R', '12345:12345', shop.folder])
    expect((await checkout({ repository: shop.folder, dataFolder, ref: 'main' })).commit).toBe(commit)
    expect(await workingTree(shop.folder)).toBeUndefined()
  })

  test('genova 9.11: is done once by many at a time', async () => {
    const commit = shop.commit('One', { a: '1' })
    const found = await Promise.all(
      Array.from({ length: 6 }, () => checkout({ repository: shop.folder, dataFolder, ref: 'main' })),
    )
    expect(new Set(found.map((one) => one.folder)).size).toBe(1)
    expect(found[0]?.commit).toBe(commit)
  })

  test('makes room of checkouts that nobody asked for in a week', async () => {
    shop.commit('One', { a: '1' })
    const { folder: old } = await checkout({ repository: shop.folder, dataFolder, ref: 'main' })
    const longAgo = new Date(Date.now() - 8 * 24 * 3_600_000)
    await utimes(old, longAgo, longAgo)
    shop.commit('Two', { a: '2' })
    const { folder: now } = await checkout({ repository: shop.folder, dataFolder, ref: 'main' })
    expect(await readdir(join(old, '..'))).toEqual([now.split('/').at(-1)])
  })
})

describe('a hostile repository', () => {
  test('runs no hook, no filter and no file system monitor of its own', async () => {
    const trap = join(folder, 'trap.sh')
    const sprung = join(folder, 'sprung')
    await writeFile(trap, `#!/bin/sh\ntouch ${sprung}\ncat\n`)
    await chmod(trap, 0o755)
    shop.commit('One', { a: '1', '.gitattributes': '* filter=trap' })
    for (const hook of ['post-checkout', 'pre-commit', 'reference-transaction', 'post-index-change']) {
      await writeFile(join(shop.folder, '.git/hooks', hook), `#!/bin/sh\ntouch ${sprung}\n`, { mode: 0o755 })
    }
    for (const [name, value] of [
      ['core.fsmonitor', trap],
      ['filter.trap.smudge', trap],
      ['uploadpack.packObjectsHook', trap],
    ] as const) {
      shop.git('config', name, value)
    }
    await checkout({ repository: shop.folder, dataFolder, ref: 'main' })
    await workingTree(shop.folder)
    expect(await readdir(folder)).not.toContain('sprung')
  })

  test('keeps its links as links, and its submodules unfetched', async () => {
    const inner = makeRepository(join(folder, 'inner'))
    inner.commit('Inner', { secret: 'x' })
    shop.commit('One', { a: '1' })
    shop.git('submodule', '--quiet', 'add', inner.folder, 'inner')
    await symlink('/etc/passwd', join(shop.folder, 'link'))
    shop.commit('Two', {})
    const found = await checkout({ repository: shop.folder, dataFolder, ref: 'main' })
    expect(await readlink(join(found.folder, 'link'))).toBe('/etc/passwd')
    expect(await readdir(join(found.folder, 'inner'))).toEqual([])
  })

  test.each([
    '-upload-pack=touch x',
    'ext::sh -c true',
    'http://example.com/x.git',
    'ssh://-oProxyCommand=x/y',
    'a\nb',
    'fd::17',
    '',
  ])('is not looked for at %j', async (repository) => {
    await expect(resolveRef({ repository, dataFolder, ref: 'main' })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'git.repository-refused',
    })
  })

  test('is not asked with a password in its address', async () => {
    const failure = await resolveRef({ repository: 'https://me:hunter2@example.com/x.git', dataFolder, ref: 'main' }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'git.repository-refused' })
    expect(JSON.stringify(failure) + String(failure)).not.toContain('hunter2')
  })

  test.each(['-x', '--all', 'main..dev', 'main^', '@{-1}', 'a b', ':/fix', 'HEAD~1', 'x.lock', ''])(
    'is not asked for the ref %j',
    async (ref) => {
      await expect(resolveRef({ repository: shop.folder, dataFolder, ref })).rejects.toMatchObject({ code: 'git.ref-refused' })
    },
  )
})

describe('refs', () => {
  test('are branches, tags that point at commits, and hashes whole or shortened', async () => {
    const first = shop.commit('One', { a: '1' })
    shop.git('tag', '--annotate', '--message', 'release', 'v1.0')
    const second = shop.commit('Two', { a: '2' })
    shop.git('branch', 'feature/new-cart')
    const at = async (ref: string) => (await resolveRef({ repository: shop.folder, dataFolder, ref })).commit
    expect(await Promise.all(['v1.0', 'refs/tags/v1.0', first, first.slice(0, 8)].map(at))).toEqual([first, first, first, first])
    expect(await Promise.all(['main', 'feature/new-cart', 'refs/heads/main', 'HEAD'].map(at))).toEqual([
      second,
      second,
      second,
      second,
    ])
  })

  test('that do not exist bring the nearest names', async () => {
    shop.commit('One', { a: '1' })
    for (const branch of ['staging', 'release-1', 'release-2']) shop.git('branch', branch)
    const ask = (ref: string) => resolveRef({ repository: shop.folder, dataFolder, ref })
    await expect(ask('stagign')).rejects.toMatchObject({
      kind: 'not-found',
      code: 'git.ref-unknown',
      text: { en: `${shop.folder} has no branch, tag or commit stagign` },
      hint: { en: 'Did you mean staging?' },
    })
    await expect(ask('release')).rejects.toHaveProperty('hint.en', 'Did you mean release-1, release-2?')
    await expect(ask('a'.repeat(40))).rejects.toMatchObject({
      code: 'git.ref-unknown',
      text: { en: `${shop.folder} has no commit aaaaaaaaaaaa` },
      hint: { en: expect.stringMatching(/^Push it first/) },
    })
  })

  test('of an empty repository do not exist', async () => {
    for (const ref of ['HEAD', 'main']) {
      await expect(resolveRef({ repository: shop.folder, dataFolder, ref })).rejects.toMatchObject({
        code: 'git.ref-unknown',
        text: { en: `${shop.folder} has no commits yet` },
      })
    }
  })
})

describe('files of a commit', () => {
  test('are read without a checkout, links inside the repository followed and no others', async () => {
    await mkdir(join(shop.folder, 'deploy'), { recursive: true })
    await symlink('deploy/kiban.yml', join(shop.folder, 'kiban.yml'))
    await symlink('../../../../../../etc/passwd', join(shop.folder, 'out'))
    await symlink('/etc/passwd', join(shop.folder, 'absolute'))
    const commit = shop.commit('One', { 'deploy/kiban.yml': 'product: 本屋\n' })
    const read = (path: string) => readFileAt({ repository: shop.folder, dataFolder, commit, path })
    expect(await read('deploy/kiban.yml')).toBe('product: 本屋\n')
    expect(await read('./kiban.yml')).toBe('product: 本屋\n')
    expect([await read('nothing'), await read('deploy')]).toEqual([undefined, undefined])
    for (const path of ['out', 'absolute', '../shop/kiban.yml', '/etc/passwd']) {
      await expect(read(path)).rejects.toMatchObject({ code: 'git.path-missing' })
    }
  })
})

describe('what changes between two commits', () => {
  test('is told by subjects and counts, in both directions', async () => {
    const first = shop.commit('One', { a: '1' })
    shop.commit('Two', { a: '2' })
    const third = shop.commit('Three\n\nwith a body', { a: '3' })
    const between = (from: string, to: string) => commitsBetween({ repository: shop.folder, dataFolder, from, to })
    const forward = await between(first, third)
    expect(forward).toMatchObject({ ahead: 2, behind: 0, commits: [{ subject: 'Three', commit: third }, { subject: 'Two' }] })
    expect(await between(third, first)).toMatchObject({ ahead: 0, behind: 2, commits: [] })
    expect(await between('f'.repeat(40), third)).toBeUndefined()
    expect(await commitsBetween({ repository: shop.folder, dataFolder, from: first, to: third, limit: 1 })).toMatchObject({
      ahead: 2,
      commits: [{ subject: 'Three' }],
    })
  })
})

describe('a working tree', () => {
  test('tells its branch, its commit and what is not committed', async () => {
    const commit = shop.commit('One', { a: '1', b: '2', 'dir/c': '3' })
    const { folder: root } = shop
    expect(await workingTree(join(root, 'dir'))).toEqual({ root, commit, branch: 'main', changed: [] })
    await writeFile(join(root, 'a'), 'changed')
    await writeFile(join(root, 'new file'), 'x')
    shop.git('mv', 'b', 'moved')
    expect((await workingTree(root))?.changed.sort()).toEqual(['a', 'moved', 'new file'])
    shop.git('checkout', '--quiet', '--detach')
    expect((await workingTree(root))?.branch).toBeUndefined()
    expect(await workingTree(join(folder, 'nowhere'))).toBeUndefined()
    expect(await workingTree('/')).toBeUndefined()
  })
})

describe('a remote', () => {
  const before = { ...process.env }
  afterEach(() => {
    process.env = { ...before }
  })

  test.each([
    ['Permission denied (publickey).', 'unauthenticated', 'git.auth-failed'],
    ['Host key verification failed.', 'unauthenticated', 'git.auth-failed'],
    ['ssh: Could not resolve hostname nowhere.invalid', 'unavailable', 'git.failed'],
    ["ERROR: Repository 'x' not found.", 'not-found', 'git.repository-missing'],
  ])('over SSH that says %j is an error in our words', async (says, kind, code) => {
    const ssh = join(folder, 'ssh')
    await writeFile(ssh, `#!/bin/sh\necho "${says}" >&2\nexit 255\n`, { mode: 0o755 })
    process.env.GIT_SSH_COMMAND = ssh
    await expect(resolveRef({ repository: 'git@example.com:shop.git', dataFolder, ref: 'main' })).rejects.toMatchObject({
      kind,
      code,
    })
  })

  test('is not waited for when git is missing', async () => {
    process.env.PATH = folder
    await expect(resolveRef({ repository: shop.folder, dataFolder, ref: 'main' })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'git.missing',
    })
  })

  test.skipIf(!has('openssl'))('over HTTPS lets in by credentials that no command line shows', async () => {
    const commit = shop.commit('One', { a: '1' })
    const server = await serveOverHttps()
    const address = server.address()
    const repository = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/shop`
    process.env.GIT_SSL_NO_VERIFY = '1'
    const credentials = { username: 'x-access-token', password: 'let me in' }
    await expect(resolveRef({ repository, dataFolder, ref: 'main' })).rejects.toMatchObject({ code: 'git.auth-failed' })
    expect((await resolveRef({ repository, dataFolder, ref: 'main', credentials })).commit).toBe(commit)
    await expect(
      resolveRef({ repository: repository.replace('shop', 'none'), dataFolder, ref: 'main', credentials }),
    ).rejects.toMatchObject({ code: 'git.repository-missing' })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await expect(resolveRef({ repository, dataFolder, ref: 'main', credentials })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'git.failed',
    })
    const encoded = Buffer.from('x-access-token:let me in').toString('base64')
    const kept = spawnSync('grep', ['-r', '-l', '-e', 'let me in', '-e', encoded, '--', dataFolder], { encoding: 'utf8' })
    expect([kept.status, kept.stdout]).toEqual([1, ''])
  })

  /** git's own HTTP server behind TLS and a password. */
  async function serveOverHttps(): Promise<Server> {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=127.0.0.1', '-days', '1'],
      { stdio: 'ignore' },
    )
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, async (request, response) => {
      const { pathname, search } = new URL(request.url ?? '/', 'https://127.0.0.1')
      const expected = `Basic ${Buffer.from('x-access-token:let me in').toString('base64')}`
      if (request.headers.authorization !== expected)
        return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end()
      if (!(await lstat(join(folder, pathname.split('/')[1] ?? '')).catch(() => undefined))) return response.writeHead(404).end()
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      }
      const backend = spawn('git', ['http-backend'], { env })
      request.pipe(backend.stdin)
      const chunks: Buffer[] = []
      for await (const chunk of backend.stdout) chunks.push(chunk)
      const output = Buffer.concat(chunks)
      const end = output.indexOf('\r\n\r\n')
      const headers = output
        .subarray(0, end)
        .toString()
        .split('\r\n')
        .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
      response.writeHead(200, Object.fromEntries(headers)).end(output.subarray(end + 4))
      return undefined
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }
})

function has(program: string): boolean {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
