// Images by kiban's own builder and pusher, the AWS SDK and the sandbox, over real sockets and signatures.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ECR, ImageTagAlreadyExistsException } from '@aws-sdk/client-ecr'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildImage } from '../../src/images/build-image.ts'
import { inspectImage } from '../../src/images/inspect-image.ts'
import { pushImage } from '../../src/images/push-image.ts'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'
import { testSandbox } from '../support.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-images-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('an image that was pushed is what the SDK describes and what a task would run', async () => {
  await using sandbox = await testSandbox()
  const { ecr, repository } = await makeRepository(sandbox.client)
  const image = await build()
  await pushImage({ layout: image.layout, repository, tag: 'v1' })
  const { imageDetails } = await ecr.describeImages({ repositoryName: 'bookshop/api' })
  expect(imageDetails).toMatchObject([{ imageDigest: image.digest, imageTags: ['v1'], imageManifestMediaType: image.mediaType }])
  const { images } = await ecr.batchGetImage({ repositoryName: 'bookshop/api', imageIds: [{ imageTag: 'v1' }] })
  const [{ imageManifest = '' } = {}] = images ?? []
  expect(JSON.parse(imageManifest).layers).toHaveLength(2)
  const resolved = await sandbox.cloud.images.resolve(`${repository.uri}@${image.digest}`, {
    os: 'LINUX',
    architecture: 'X86_64',
  })
  expect(resolved.config).toMatchObject({ config: { Cmd: ['node', 'server.js'] } })
})

test('errors of ECR arrive at the SDK as its own', async () => {
  await using sandbox = await testSandbox()
  const { ecr, repository } = await makeRepository(sandbox.client)
  const image = await build()
  await pushImage({ layout: image.layout, repository, tag: 'v1' })
  await expect(ecr.createRepository({ repositoryName: 'bookshop/api' })).rejects.toMatchObject({
    name: 'RepositoryAlreadyExistsException',
  })
  await ecr.putImageTagMutability({ repositoryName: 'bookshop/api', imageTagMutability: 'IMMUTABLE' })
  const other = await ecr.batchGetImage({ repositoryName: 'bookshop/api', imageIds: [{ imageTag: 'v1' }] })
  const changed = `${other.images?.[0]?.imageManifest} `
  await expect(ecr.putImage({ repositoryName: 'bookshop/api', imageManifest: changed, imageTag: 'v1' })).rejects.toBeInstanceOf(
    ImageTagAlreadyExistsException,
  )
  await expect(ecr.deleteRepository({ repositoryName: 'bookshop/api' })).rejects.toMatchObject({
    name: 'RepositoryNotEmptyException',
  })
})

test('a layer is uploaded in parts through the API and downloaded from where it says', async () => {
  await using sandbox = await testSandbox()
  const { ecr } = await makeRepository(sandbox.client)
  const repositoryName = 'bookshop/api'
  const bytes = Buffer.alloc(7 * 1024 * 1024, 'layer')
  const { uploadId } = await ecr.initiateLayerUpload({ repositoryName })
  for (const [from, to] of [
    [0, 5 * 1024 * 1024],
    [5 * 1024 * 1024, bytes.length],
  ] as const) {
    await ecr.uploadLayerPart({
      repositoryName,
      uploadId,
      partFirstByte: from,
      partLastByte: to - 1,
      layerPartBlob: bytes.subarray(from, to),
    })
  }
  const layerDigest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  await ecr.completeLayerUpload({ repositoryName, uploadId, layerDigests: [layerDigest] })
  const { downloadUrl = '' } = await ecr.getDownloadUrlForLayer({ repositoryName, layerDigest })
  expect(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer()).equals(bytes)).toBe(true)
})

test('a sandbox that comes back on another port knows the images under their old names', async () => {
  const state = join(folder, 'state')
  const image = await build()
  let reference = ''
  {
    await using sandbox = await testSandbox({ state })
    const { repository } = await makeRepository(sandbox.client)
    await pushImage({ layout: image.layout, repository })
    reference = `${repository.uri}@${image.digest}`
  }
  await using sandbox = await testSandbox({ state })
  const { repository } = await makeRepository(sandbox.client)
  expect(repository.uri).not.toBe(reference.split('@')[0])
  expect((await sandbox.cloud.images.resolve(reference, { os: 'linux', architecture: 'amd64' })).digest).toBe(image.digest)
  expect((await inspectImage(repository, image.digest))?.digest).toBe(image.digest)
})

async function makeRepository(client: ClientConfig) {
  const ecr = new ECR(client)
  const repositoryName = 'bookshop/api'
  const { repositories = [] } = await ecr.describeRepositories({})
  const repository = repositories[0] ?? (await ecr.createRepository({ repositoryName })).repository
  const { authorizationData: [granted] = [] } = await ecr.getAuthorizationToken({})
  const [username = '', password = ''] = Buffer.from(granted?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':')
  const login = { endpoint: granted?.proxyEndpoint ?? '', username, password }
  return { ecr, repository: { uri: repository?.repositoryUri ?? '', login } }
}

async function build() {
  const source = join(folder, 'source')
  await mkdir(source)
  await writeFile(join(source, 'Dockerfile'), 'FROM node:24\nWORKDIR /app\nCOPY server.js ./\nCMD ["node", "server.js"]\n')
  await writeFile(join(source, 'server.js'), 'console.log(1)\n')
  const platform = { os: 'linux' as const, architecture: 'amd64' as const }
  const layout = join(folder, 'layout')
  return buildImage('process', { source, context: '.', platform, commit: 'c'.repeat(40), sourceDateEpoch: 1_700_000_000, layout })
}
