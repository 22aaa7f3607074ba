import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256, startRegistry, type TestRegistry } from '../../../test/registry.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from './manifest.ts'

let registry: TestRegistry
beforeEach(async () => {
  registry = await startRegistry()
  await registry.ecr.CreateRepository({ repositoryName: 'bookshop/api' }, registry.call)
})
afterEach(() => registry.close())

describe('who may speak with the registry', () => {
  test('nobody without credentials, who is told which are wanted', async () => {
    const answer = await fetch(`http://${registry.host}/v2/`)
    expect([answer.status, answer.headers.get('www-authenticate'), await answer.json()]).toEqual([
      401,
      `Basic realm="http://${registry.host}/",service="ecr.amazonaws.com"`,
      { errors: [{ code: 'UNAUTHORIZED', message: 'Not Authorized' }] },
    ])
  })

  test.each([
    ['another user', 'bob:{password}'],
    ['a wrong password', 'AWS:{password}x'],
    ['no password', 'AWS:'],
    ['no user', ''],
  ])('not %s', async (_case, credentials) => {
    const authorization = `Basic ${Buffer.from(credentials.replace('{password}', registry.password)).toString('base64')}`
    expect((await fetch(`http://${registry.host}/v2/`, { headers: { authorization } })).status).toBe(401)
  })

  test('a token works for twelve hours', async () => {
    const clock = new ManualClock()
    const aged = await startRegistry({ clock })
    const ask = () => fetch(`http://${aged.host}/v2/`, { headers: { authorization: aged.authorization } })
    await clock.advance(12 * 3_600_000 - 1)
    expect((await ask()).status).toBe(200)
    await clock.advance(1)
    const late = await ask()
    expect([late.status, await late.json()]).toEqual([
      403,
      { errors: [{ code: 'DENIED', message: 'Your authorization token has expired. Reauthenticate and try again.' }] },
    ])
    await aged.close()
  })

  test('a download URL from the API reads that one layer without credentials, unaltered only', async () => {
    const layer = await pushBlob('one layer')
    const other = await pushBlob('another layer')
    const { downloadUrl = '' } = await registry.ecr.GetDownloadUrlForLayer(
      { repositoryName: 'bookshop/api', layerDigest: layer },
      registry.call,
    )
    expect(await (await fetch(downloadUrl)).text()).toBe('one layer')
    expect((await fetch(downloadUrl.replace(layer, other))).status).toBe(401)
    expect((await fetch(downloadUrl.replace(/expires=\d/, 'expires=9'))).status).toBe(401)
    expect((await fetch(downloadUrl, { method: 'PUT' })).status).toBe(401)
  })
})

describe('blobs', () => {
  test('arrive in one request', async () => {
    const digest = sha256('hello')
    const pushed = await ask('POST', `blobs/uploads/?digest=${digest}`, 'hello')
    expect([pushed.status, pushed.headers.get('location'), pushed.headers.get('docker-content-digest')]).toEqual([
      201,
      `/v2/bookshop/api/blobs/${digest}`,
      digest,
    ])
    const read = await ask('GET', `blobs/${digest}`)
    expect([read.status, await read.text(), read.headers.get('content-length')]).toEqual([200, 'hello', '5'])
  })

  test('arrive in chunks that follow each other, and tell how far they are', async () => {
    const upload = await startUpload()
    const first = await ask('PATCH', upload, 'hello ', { 'content-range': '0-5' })
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-5'])
    const gap = await ask('PATCH', upload, 'd', { 'content-range': '10-10' })
    expect([gap.status, gap.headers.get('range')]).toEqual([416, '0-5'])
    expect((await ask('PATCH', upload, 'worl', { 'content-range': '6-9' })).status).toBe(202)
    const progress = await ask('GET', upload)
    expect([progress.status, progress.headers.get('range')]).toEqual([204, '0-9'])
    const digest = sha256('hello world')
    expect((await ask('PUT', `${upload}?digest=${digest}`, 'd')).status).toBe(201)
    expect(await (await ask('GET', `blobs/${digest}`)).text()).toBe('hello world')
    expect((await ask('GET', upload)).status).toBe(404)
  })

  test('whose bytes are not what their digest promises are refused and not kept', async () => {
    const digest = sha256('what was promised')
    const upload = await startUpload()
    const answer = await ask('PUT', `${upload}?digest=${digest}`, 'something else')
    expect([answer.status, await codes(answer)]).toEqual([400, ['DIGEST_INVALID']])
    expect((await ask('HEAD', `blobs/${digest}`)).status).toBe(404)
    expect((await ask('GET', upload)).status).toBe(404)
  })

  test('go on after a connection that broke', async () => {
    const upload = await startUpload()
    const broken = new AbortController()
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(Buffer.from('hello '))
        await new Promise((resolve) => setTimeout(resolve, 300))
        broken.abort()
      },
    })
    const url = `http://${registry.host}/v2/bookshop/api/${upload}`
    const headers = { authorization: registry.authorization }
    const send: RequestInit & { duplex: 'half' } = { method: 'PATCH', body, headers, signal: broken.signal, duplex: 'half' }
    await expect(fetch(url, send)).rejects.toThrow()
    await expect.poll(async () => (await ask('GET', upload)).headers.get('range')).toBe('0-5')
    await expect
      .poll(async () => (await ask('PATCH', upload, 'world', { 'content-range': '6-10' })).headers.get('range'))
      .toBe('0-10')
    expect((await ask('PUT', `${upload}?digest=${sha256('hello world')}`)).status).toBe(201)
  })

  test('can be read in part', async () => {
    const digest = await pushBlob('0123456789')
    const part = async (range: string) => {
      const answer = await ask('GET', `blobs/${digest}`, undefined, { range })
      return [answer.status, answer.headers.get('content-range'), answer.status === 416 ? '' : await answer.text()]
    }
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await part('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89'])
    expect(await part('bytes=10-12')).toEqual([416, 'bytes */10', ''])
    expect(await part('bytes=0-0,2-2')).toEqual([200, null, '0123456789'])
  })

  test('are mounted from a repository that has them, and asked for when it has not', async () => {
    await registry.ecr.CreateRepository({ repositoryName: 'bookshop/web' }, registry.call)
    const digest = await pushBlob('shared')
    const web = `http://${registry.host}/v2/bookshop/web`
    const headers = { authorization: registry.authorization }
    expect((await fetch(`${web}/blobs/${digest}`, { headers })).status).toBe(404)
    const post = (of: string) =>
      fetch(`${web}/blobs/uploads/?mount=${of}&from=bookshop/api`, { method: 'POST', headers }).then((answer) => answer.status)
    expect(await post(digest)).toBe(201)
    expect(await (await fetch(`${web}/blobs/${digest}`, { headers })).text()).toBe('shared')
    expect(await post(sha256('never pushed'))).toBe(202)
  })

  test('are not taken by a repository that does not exist', async () => {
    const answer = await fetch(`http://${registry.host}/v2/nothing/here/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization: registry.authorization },
    })
    const message = "The repository with name 'nothing/here' does not exist in the registry with id '123456789012'"
    expect([answer.status, await answer.json()]).toEqual([404, { errors: [{ code: 'NAME_UNKNOWN', message }] }])
  })

  test('cannot be reached around the store', async () => {
    expect((await ask('GET', 'blobs/..%2f..%2f..%2fetc%2fpasswd')).status).toBe(404)
    expect((await ask('PATCH', 'blobs/uploads/..%2f..%2fx', 'x')).status).toBe(404)
  })
})

describe('manifests', () => {
  test.each([
    [OCI_MANIFEST, OCI_INDEX],
    [DOCKER_MANIFEST, DOCKER_INDEX],
  ])('%s and its index are given back byte for byte, by digest and by tag', async (mediaType, indexType) => {
    const manifest = await imageManifest('amd64', mediaType)
    expect((await putManifest(sha256(manifest), manifest, mediaType)).status).toBe(201)
    const entry = { mediaType, digest: sha256(manifest), size: manifest.length }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [entry] }, undefined, 3)
    const pushed = await putManifest('v1', index, indexType)
    expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, sha256(index)])
    for (const reference of ['v1', sha256(index)]) {
      const read = await ask('GET', `manifests/${reference}`)
      expect([read.headers.get('content-type'), await read.text()]).toEqual([indexType, index])
    }
    const head = await ask('HEAD', `manifests/${sha256(manifest)}`)
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(manifest.length)])
  })

  test('whose layers or images are not in the repository are refused by their digests', async () => {
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: sha256('no'), size: 2 }
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: await pushBlob('{}'), size: 2 }
    const image = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] })
    const where = "into repository with name 'bookshop/api' in the registry with id '123456789012' do not exist"
    const refused = await putManifest('v1', image)
    expect([refused.status, await refused.json()]).toEqual([
      400,
      {
        errors: [
          {
            code: 'MANIFEST_BLOB_UNKNOWN',
            message: `Layers with digests '[${sha256('no')}]' required for pushing image ${where}`,
          },
        ],
      },
    ])
    const entry = { mediaType: OCI_MANIFEST, digest: sha256(image), size: image.length }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] })
    expect(await codes(await putManifest('v1', index, OCI_INDEX))).toEqual(['MANIFEST_BLOB_UNKNOWN'])
  })

  test.each([
    ['not JSON', 'hello', OCI_MANIFEST],
    ['of schema 1', '{"schemaVersion":1}', 'application/vnd.docker.distribution.manifest.v1+json'],
    ['of another type than they say', JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }), OCI_MANIFEST],
    [
      'with a digest that climbs',
      '{"schemaVersion":2,"config":{"mediaType":"x","digest":"../x","size":1},"layers":[]}',
      OCI_MANIFEST,
    ],
  ])('%s are refused', async (_case, manifest, mediaType) => {
    const answer = await putManifest('v1', manifest, mediaType)
    expect([answer.status, await codes(answer)]).toEqual([400, ['MANIFEST_INVALID']])
  })

  test('under a digest that is not theirs are refused', async () => {
    expect(await codes(await putManifest(sha256('x'), await imageManifest('amd64')))).toEqual(['DIGEST_INVALID'])
  })

  test('move a tag when tags are mutable, and not when they are immutable', async () => {
    const first = await imageManifest('amd64')
    const second = await imageManifest('arm64')
    expect((await putManifest('v1', first)).status).toBe(201)
    expect((await putManifest('v1', second)).status).toBe(201)
    await registry.ecr.PutImageTagMutability({ repositoryName: 'bookshop/api', imageTagMutability: 'IMMUTABLE' }, registry.call)
    const refused = await putManifest('v1', first)
    const message =
      "The image tag 'v1' already exists in the 'bookshop/api' repository and cannot be overwritten because the repository is immutable."
    expect([refused.status, await refused.json()]).toEqual([400, { errors: [{ code: 'TAG_INVALID', message }] }])
    expect((await putManifest('v1', second)).status).toBe(201)
    expect((await putManifest('v2', first)).status).toBe(201)
    expect((await ask('GET', 'manifests/v1')).headers.get('docker-content-digest')).toBe(sha256(second))
  })

  test('are pushed to one immutable tag by many at once, and one of them wins', async () => {
    await registry.ecr.PutImageTagMutability({ repositoryName: 'bookshop/api', imageTagMutability: 'IMMUTABLE' }, registry.call)
    const manifests = await Promise.all(['amd64', 'arm64', 'riscv64', 's390x'].map((architecture) => imageManifest(architecture)))
    const statuses = await Promise.all(manifests.map(async (manifest) => (await putManifest('v1', manifest)).status))
    expect(statuses.toSorted()).toEqual([201, 400, 400, 400])
  })

  test('can be listed by tag, page by page', async () => {
    const manifest = await imageManifest('amd64')
    for (const tag of ['v2', 'v1', 'v3']) await putManifest(tag, manifest)
    const first = await ask('GET', 'tags/list?n=2')
    expect([await first.json(), first.headers.get('link')]).toEqual([
      { name: 'bookshop/api', tags: ['v1', 'v2'] },
      '</v2/bookshop/api/tags/list?n=2&last=v2>; rel="next"',
    ])
    expect(await (await ask('GET', 'tags/list?n=2&last=v2')).json()).toEqual({ name: 'bookshop/api', tags: ['v3'] })
  })

  test('that are too large are refused', async () => {
    const answer = await putManifest('v1', ' '.repeat(4 * 1024 * 1024 + 1)).catch(() => undefined)
    // The registry may close before the client has sent it all.
    if (answer) expect(answer.status).toBe(413)
    expect((await ask('HEAD', 'manifests/v1')).status).toBe(404)
  })
})

describe('what a reference in a container definition means', () => {
  const linux = { os: 'LINUX', architecture: 'X86_64' }
  const aws = '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/bookshop/api'

  test("AWS's registry name, the sandbox's own host, a tag and a digest lead to the same image on disk", async () => {
    const manifest = await imageManifest('amd64')
    await putManifest('v1', manifest)
    const { repositories } = await registry.ecr.DescribeRepositories({}, registry.call)
    const uri = repositories?.[0]?.repositoryUri ?? ''
    expect(uri).toBe(`${registry.host}/bookshop/api`)
    const expected = await registry.images.resolve(`${aws}:v1`, linux)
    expect(expected.digest).toBe(sha256(manifest))
    expect(expected.config).toMatchObject({ architecture: 'amd64', os: 'linux', config: { Cmd: ['node', 'server.js'] } })
    expect(await Promise.all(expected.layers.map((layer) => readFile(layer.path, 'utf8')))).toEqual(['a layer for amd64'])
    expect(expected.size).toBe('a layer for amd64'.length)
    for (const reference of [`${uri}:v1`, `${uri}@${sha256(manifest)}`, `${aws}:v1@${sha256(manifest)}`]) {
      expect(await registry.images.resolve(reference, linux)).toEqual(expected)
    }
  })

  test('an index gives the image of the platform', async () => {
    const images = await Promise.all(
      ['amd64', 'arm64'].map(async (architecture) => ({ architecture, manifest: await imageManifest(architecture) })),
    )
    for (const { manifest } of images) await putManifest(sha256(manifest), manifest)
    const manifests = images.map(({ architecture, manifest }) => ({
      mediaType: OCI_MANIFEST,
      digest: sha256(manifest),
      size: manifest.length,
      platform: { os: 'linux', architecture },
    }))
    await putManifest('v1', JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }), OCI_INDEX)
    const arm = await registry.images.resolve(`${aws}:v1`, { os: 'LINUX', architecture: 'ARM64' })
    expect(arm.config.architecture).toBe('arm64')
    await expect(
      registry.images.resolve(`${aws}:v1`, { os: 'WINDOWS_SERVER_2022_CORE', architecture: 'X86_64' }),
    ).rejects.toThrow(
      "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'windows/amd64'",
    )
  })

  test.each([
    ['a tag that is not there', `${aws}:v9`, `retried 1 time(s): failed to resolve ref ${aws}:v9: ${aws}:v9: not found`],
    ['no tag, which is latest', aws, `failed to resolve ref ${aws}: ${aws}: not found`],
    ['another account', aws.replace('1234', '9999'), 'failed with status code [manifests latest]: 403 Forbidden'],
    ['another registry', 'nginx', 'Head "https://registry-1.docker.io/v2/library/nginx/manifests/latest": dial tcp: lookup'],
    ['no reference', 'http://what is this', 'invalid reference format'],
  ])("%s is an error in ECS's words", async (_case, reference, message) => {
    await putManifest('v1', await imageManifest('amd64'))
    const failure = await registry.images.resolve(reference, linux).catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'CannotPullContainerError', message: expect.stringContaining(message) })
  })

  test('a single image for another architecture matches no platform', async () => {
    await putManifest('v1', await imageManifest('arm64'))
    await expect(registry.images.resolve(`${aws}:v1`, linux)).rejects.toThrow("matching platform 'linux/amd64'")
  })
})

function ask(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Response> {
  const url = `http://${registry.host}/v2/bookshop/api/${path}`
  return fetch(url, { method, body, headers: { authorization: registry.authorization, ...headers } })
}

const putManifest = (reference: string, manifest: string, mediaType: string = OCI_MANIFEST) =>
  ask('PUT', `manifests/${reference}`, manifest, { 'content-type': mediaType })

async function startUpload(): Promise<string> {
  const { headers } = await ask('POST', 'blobs/uploads/')
  return headers.get('location')?.slice('/v2/bookshop/api/'.length) ?? ''
}

async function pushBlob(text: string): Promise<string> {
  expect((await ask('POST', `blobs/uploads/?digest=${sha256(text)}`, text)).status).toBe(201)
  return sha256(text)
}

async function imageManifest(architecture: string, mediaType: string = OCI_MANIFEST): Promise<string> {
  const config = JSON.stringify({ architecture, os: 'linux', config: { Cmd: ['node', 'server.js'] } })
  const layer = `a layer for ${architecture}`
  return JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: await pushBlob(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: await pushBlob(layer), size: layer.length }],
  })
}

const codes = async (answer: Response) => {
  const body = (await answer.json()) as { errors: { code: string }[] }
  return body.errors.map((error) => error.code)
}
