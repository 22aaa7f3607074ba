import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startRegistry, type TestRegistry } from '../../test/registry.ts'
import { unpackLayer } from '../sandbox/runtime/layer.ts'
import { buildImage, isProcessBuild } from './build-image.ts'
import { imageExists, inspectImage } from './inspect-image.ts'
import { OCI_INDEX, OCI_MANIFEST, readLayout } from './oci-layout.ts'
import { type PushProgress, pushImage } from './push-image.ts'
import type { ImageRepository } from './registry-session.ts'

let folder: string
let registry: TestRegistry
let repository: ImageRepository
/** Set by a test: may answer in the registry's place. */
let before: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-push-'))
  before = undefined
  registry = await startRegistry({ before: (request, response) => before?.(request, response) ?? false })
  const { repository: made } = await registry.ecr.CreateRepository({ repositoryName: 'bookshop/api' }, registry.call)
  const login = { endpoint: `http://${registry.host}`, username: 'AWS', password: registry.password }
  repository = { uri: made?.repositoryUri ?? '', login }
})
afterEach(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

test('from a Dockerfile to the files that a task runs: built, pushed by digest, resolved, unpacked', async () => {
  const { layout, digest } = await build('console.log("v1")')
  expect(await pushImage({ layout, repository })).toEqual({ digest, sentBytes: expect.any(Number) })
  const reference = `123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/bookshop/api@${digest}`
  const image = await registry.images.resolve(reference, { os: 'LINUX', architecture: 'X86_64' })
  expect(image.digest).toBe(digest)
  expect(image.config.config).toMatchObject({
    Cmd: ['node', 'server.js'],
    WorkingDir: '/app',
    Labels: { 'kiban.build': 'process' },
  })
  const root = join(folder, 'root')
  await mkdir(root)
  for (const layer of image.layers) await unpackLayer(layer.path, root, { bytes: 1e9, entries: 100 })
  expect(await readdir(join(root, 'app'))).toEqual(['Dockerfile', 'random', 'server.js'])
})

describe('pushing', () => {
  test('sends nothing again, and of another release only what is new', async () => {
    const first = await build('console.log("v1")')
    const { sentBytes } = await pushImage({ layout: first.layout, repository })
    expect(sentBytes).toBe(first.size)
    const progress: PushProgress[] = []
    expect((await pushImage({ layout: first.layout, repository, progress: (one) => progress.push(one) })).sentBytes).toBe(0)
    expect(progress.at(-1)).toEqual({ done: first.size, total: first.size })
    const second = await build('console.log("v2")')
    expect((await pushImage({ layout: second.layout, repository })).sentBytes).toBeLessThan(5000)
  })

  test('tells its progress in bytes, up to the whole', async () => {
    const { layout, size } = await build('1')
    const progress: PushProgress[] = []
    await pushImage({ layout, repository, progress: (one) => progress.push(one) })
    expect(progress.length).toBeGreaterThan(3)
    expect(progress.every((one, at) => one.total === size && one.done >= (progress[at - 1]?.done ?? 0))).toBe(true)
    expect(progress.at(-1)?.done).toBe(size)
  })

  test('gives the image a tag, twice if need be, and never takes an immutable one away', async () => {
    await registry.ecr.PutImageTagMutability({ repositoryName: 'bookshop/api', imageTagMutability: 'IMMUTABLE' }, registry.call)
    const first = await build('1')
    await pushImage({ layout: first.layout, repository, tag: 'v1' })
    await pushImage({ layout: first.layout, repository, tag: 'v1' })
    const second = await build('2')
    await expect(pushImage({ layout: second.layout, repository, tag: 'v1' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'image.tag-taken',
    })
    expect((await inspectImage(repository, 'v1'))?.digest).toBe(first.digest)
    expect(await imageExists(repository, second.digest)).toBe(true)
  })

  test('goes on where a broken connection has left an upload', async () => {
    const { layout, size } = await build('1')
    let broken = 0
    before = ({ method, headers, socket }) => {
      if (method !== 'PATCH' || Number(headers['content-length']) < 100_000 || broken++ > 0) return false
      const start = socket.bytesRead
      const watch = () => (socket.bytesRead - start > 1_000_000 ? socket.destroy() : setImmediate(watch))
      watch()
      return false
    }
    const { digest, sentBytes } = await pushImage({ layout, repository })
    expect(broken).toBe(2)
    expect(await imageExists(repository, digest)).toBe(true)
    const resumed = registry.requests.filter((one) => one.startsWith('GET') && one.includes('/blobs/uploads/'))
    expect(resumed).toHaveLength(1)
    expect(registry.requests.filter((one) => one.startsWith('POST'))).toHaveLength(4)
    expect(sentBytes).toBeGreaterThan(size)
    expect(sentBytes).toBeLessThan(size * 1.9)
  })

  test('waits and tries again when the registry is busy', async () => {
    const { layout } = await build('1')
    const seen = new Map<string, number>()
    before = (request, response) => {
      const key = `${request.method} ${request.url?.replace(/[0-9a-f-]{36}.*/, '')}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
      if ((seen.get(key) ?? 0) > 1 || request.method === 'PATCH') return false
      request.resume()
      response.writeHead(seen.size % 2 ? 503 : 429).end()
      return true
    }
    const { digest } = await pushImage({ layout, repository })
    expect(await imageExists(repository, digest)).toBe(true)
  })

  test.each([
    ['a repository that is not there', { uri: 'bookshop/none' }, 'not-found', 'registry.repository-missing'],
    ['a password that is wrong', { password: 'wrong' }, 'unauthenticated', 'registry.unauthenticated'],
  ])('fails with %s in words that say so', async (_case, change: { uri?: string; password?: string }, kind, code) => {
    const { layout } = await build('1')
    const uri = `${registry.host}/${change.uri ?? 'bookshop/api'}`
    const login = { endpoint: `http://${registry.host}`, username: 'AWS', password: change.password ?? registry.password }
    await expect(pushImage({ layout, repository: { uri, login } })).rejects.toMatchObject({ kind, code })
  })

  test('gives its password to the registry that it is for, and no other', async () => {
    const other = createServer((request, response) => {
      asked.push(request.headers.authorization)
      response.writeHead(401).end()
    })
    const asked: unknown[] = []
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    await expect(imageExists({ ...repository, uri: `${host}/bookshop/api` }, 'v1')).rejects.toMatchObject({
      code: 'registry.unavailable',
    })
    // Nor is plain HTTP spoken with it, so that nothing has come through.
    expect(asked).toEqual([])
    other.close()
  })

  test('stops when nobody wants it any more', async () => {
    const { layout } = await build('1')
    const stop = new AbortController()
    before = (request) => {
      if (request.method === 'PATCH') stop.abort(new Error('nobody waits'))
      return false
    }
    await expect(pushImage({ layout, repository, signal: stop.signal })).rejects.toThrow('nobody waits')
  })
})

describe('inspecting', () => {
  test('reads platform, labels and size from the registry', async () => {
    const { layout, digest } = await build('1')
    await pushImage({ layout, repository })
    const found = await inspectImage(repository, digest)
    const { manifest } = await readLayout(layout)
    expect(found).toMatchObject({
      digest,
      mediaType: OCI_MANIFEST,
      platforms: [{ os: 'linux', architecture: 'amd64' }],
      size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
      config: { config: { Labels: { 'org.opencontainers.image.revision': 'c'.repeat(40) } } },
    })
    expect(found?.config && isProcessBuild(found.config)).toBe(true)
    expect((await inspectImage(repository, digest, { platform: { os: 'linux', architecture: 'arm64' } }))?.config).toBeUndefined()
  })

  test('finds in an index the image for the platform, and says which there are', async () => {
    const images = [await build('1', 'amd64'), await build('2', 'arm64')]
    for (const { layout } of images) await pushImage({ layout, repository })
    const manifests = await Promise.all(
      images.map(async ({ layout, digest, config: { os, architecture } }) => {
        const size = (await readLayout(layout)).bytes.length
        return { mediaType: OCI_MANIFEST, digest, size, platform: { os, architecture } }
      }),
    )
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })
    await registry.ecr.PutImage({ repositoryName: 'bookshop/api', imageManifest, imageTag: 'both' }, registry.call)
    const found = await inspectImage(repository, 'both', { platform: { os: 'linux', architecture: 'arm64' } })
    expect(found).toMatchObject({
      mediaType: OCI_INDEX,
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ],
      config: { architecture: 'arm64' },
    })
    expect((await inspectImage(repository, 'both'))?.config).toBeUndefined()
  })

  test('tells an image that is not there from one that is', async () => {
    expect(await inspectImage(repository, 'v1')).toBeUndefined()
    expect(await imageExists(repository, `sha256:${'0'.repeat(64)}`)).toBe(false)
    await expect(imageExists(repository, '../../secret')).rejects.toMatchObject({ code: 'image.missing' })
  })

  test('believes no manifest that is not what its digest says', async () => {
    const { layout, digest } = await build('1')
    await pushImage({ layout, repository })
    before = (request, response) => {
      if (request.method !== 'GET' || !request.url?.includes('/manifests/')) return false
      response.writeHead(200, { 'content-type': OCI_MANIFEST }).end('{"schemaVersion":2}')
      return true
    }
    await expect(inspectImage(repository, digest)).rejects.toMatchObject({ code: 'registry.refused' })
  })
})

let built = 0
/** An image of some size, of which only one file differs from build to build. */
async function build(server: string, architecture: 'amd64' | 'arm64' = 'amd64') {
  const source = join(folder, `source-${++built}`)
  await mkdir(source)
  await writeFile(
    join(source, 'Dockerfile'),
    'FROM node:24\nWORKDIR /app\nCOPY random .\nCOPY Dockerfile server.js ./\nCMD ["node", "server.js"]\n',
  )
  await writeFile(join(source, 'random'), random)
  await writeFile(join(source, 'server.js'), server)
  const platform = { os: 'linux' as const, architecture }
  const layout = join(folder, `layout-${built}`)
  return buildImage('process', { source, context: '.', platform, commit: 'c'.repeat(40), sourceDateEpoch: 1_700_000_000, layout })
}
const random = randomBytes(4 * 1024 * 1024)
