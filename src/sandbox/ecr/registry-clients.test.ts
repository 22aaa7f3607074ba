// Other people's clients against the registry. A client that is not installed is skipped by name.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry, type TestRegistry } from '../../../test/registry.ts'

const run = promisify(execFile)
const hasBuildah = await isInstalled('buildah')
const hasSkopeo = await isInstalled('skopeo')

for (const [name, isHere] of Object.entries({ buildah: hasBuildah, skopeo: hasSkopeo })) {
  if (!isHere) console.warn(`SKIPPED: ${name} is not installed; on Debian: sudo apt-get install ${name}`)
}

let registry: TestRegistry
let folder: string
beforeAll(async () => {
  registry = await startRegistry()
  folder = await mkdtemp(join(tmpdir(), 'kiban-clients-'))
  for (const repositoryName of ['bookshop/api', 'bookshop/copy', 'bookshop/docker']) {
    await registry.ecr.CreateRepository({ repositoryName }, registry.call)
  }
  await registry.ecr.PutImageTagMutability({ repositoryName: 'bookshop/copy', imageTagMutability: 'IMMUTABLE' }, registry.call)
})
afterAll(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

describe.skipIf(!hasBuildah)(`buildah${hasBuildah ? '' : ' (skipped: not installed)'}`, () => {
  test('logs in, pushes, and pulls by digest', async () => {
    const api = `${registry.host}/bookshop/api`
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /etc/Dockerfile\nCMD ["/serve"]\n')
    await buildah(['bud', '--isolation', 'chroot', '-t', `${api}:v1`, folder])
    await buildah(['push', '--tls-verify=false', '--creds', `AWS:${registry.password}`, `${api}:v1`])
    const image = await registry.images.resolve(`${api}:v1`, {
      os: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
    })
    expect(image.config.config?.Cmd).toEqual(['/serve'])
    await buildah(['rmi', `${api}:v1`])
    await expect(buildah(['pull', '--tls-verify=false', '--creds', 'AWS:wrong', `${api}@${image.digest}`])).rejects.toThrow(
      /unauthorized/,
    )
    await buildah(['pull', '--tls-verify=false', '--creds', `AWS:${registry.password}`, `${api}@${image.digest}`])
  })
})

describe.skipIf(!hasBuildah || !hasSkopeo)(`skopeo${hasSkopeo ? '' : ' (skipped: not installed)'}`, () => {
  test('inspects, copies between repositories and formats, and is refused an immutable tag', async () => {
    const creds = `AWS:${registry.password}`
    const api = `docker://${registry.host}/bookshop/api`
    const copy = `docker://${registry.host}/bookshop/copy`
    const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', '--creds', creds, `${api}:v1`])
    const inspected = JSON.parse(stdout) as { Digest: string; RepoTags: string[] }
    const { imageDetails } = await registry.ecr.DescribeImages({ repositoryName: 'bookshop/api' }, registry.call)
    expect([inspected.Digest, inspected.RepoTags]).toEqual([imageDetails?.[0]?.imageDigest, ['v1']])
    const both = ['--src-tls-verify=false', '--dest-tls-verify=false', '--src-creds', creds, '--dest-creds', creds]
    await run('skopeo', ['copy', ...both, `${api}:v1`, `${copy}:v1`])
    const docker = `docker://${registry.host}/bookshop/docker:v1`
    await run('skopeo', ['copy', '--format', 'v2s2', ...both, `${api}:v1`, docker])
    const images = await registry.ecr.DescribeImages({ repositoryName: 'bookshop/docker' }, registry.call)
    expect(images.imageDetails?.[0]?.imageManifestMediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
    await expect(run('skopeo', ['copy', '--format', 'v2s2', ...both, `${api}:v1`, `${copy}:v1`])).rejects.toThrow(
      /repository is immutable/,
    )
  })
})

function buildah(argv: string[]): Promise<unknown> {
  const storage = ['--storage-driver', 'vfs', '--root', join(folder, 'root'), '--runroot', join(folder, 'run')]
  return run('buildah', [...storage, ...argv])
}

function isInstalled(program: string): Promise<boolean> {
  return run(program, ['--version']).then(
    () => true,
    () => false,
  )
}
