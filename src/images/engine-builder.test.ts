// Container engines as builders. One that is not here, or does not answer, is skipped by name.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BuildProgress } from './build.ts'
import { buildImage } from './build-image.ts'
import { chooseBuilder } from './choose-builder.ts'
import { layoutOfDockerArchive } from './docker-archive.ts'
import { readLayout } from './oci-layout.ts'

const run = promisify(execFile)
const engines = ['docker', 'podman', 'buildah'] as const
const present = await Promise.all(engines.map((name) => isUsable(name)))
const hasSkopeo = await run('skopeo', ['--version']).then(
  () => true,
  () => false,
)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-engine-'))
  await writeFile(
    join(folder, 'Dockerfile'),
    'FROM scratch\nARG FLAVOUR=none\nLABEL flavour=$FLAVOUR\nCOPY Dockerfile /etc/\nCMD ["/serve"]\n',
  )
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe.each(engines.map((name, at) => ({ name, usable: present[at] })))('$name (usable here: $usable)', ({ name, usable }) => {
  const before = { ...process.env }
  beforeAll(() => {
    // As a container without privileges needs it; other machines have their own settings.
    if (name !== 'docker') Object.assign(process.env, { BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'vfs' })
  })
  afterAll(() => {
    process.env = before
  })

  test.skipIf(!usable)('builds into an OCI layout, with labels and arguments', async () => {
    const { image, progress } = await build(name)
    expect(image.config).toMatchObject({
      os: 'linux',
      architecture: 'amd64',
      config: {
        Cmd: ['/serve'],
        Labels: { flavour: 'vanilla', 'org.opencontainers.image.revision': 'c'.repeat(40), team: 'bookshop' },
      },
    })
    const { digest, manifest } = await readLayout(image.layout)
    expect([digest, manifest.layers.length]).toEqual([image.digest, 1])
    expect(progress.some((one) => one.kind === 'output' && one.line.includes('COPY'))).toBe(true)
    expect(JSON.stringify(image.config)).not.toContain('kiban.build')
  })

  test.skipIf(!usable)('builds the same image from the same commit', async () => {
    const first = await build(name)
    await rm(first.image.layout, { recursive: true })
    expect((await build(name)).image.digest).toBe(first.image.digest)
  })

  test.skipIf(!usable)('says with its own last lines why it failed', async () => {
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY nothing /\n')
    const failure = await build(name).catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind: 'invalid', code: 'build.failed' })
    expect(JSON.stringify(failure)).toContain('nothing')
    expect(await readdir(folder)).toEqual(['Dockerfile'])
  })
})

describe('choosing a builder', () => {
  const fakes = async (...names: string[]) => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    for (const name of names) await writeFile(join(bin, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    return { PATH: bin }
  }

  test('takes the first engine that answers', async () => {
    expect(await chooseBuilder(await fakes('buildah', 'podman'))).toBe('podman')
  })

  test('passes by an engine whose daemon does not answer', async () => {
    const env = await fakes('buildah')
    await writeFile(join(env.PATH, 'docker'), '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n', {
      mode: 0o755,
    })
    expect(await chooseBuilder(env)).toBe('buildah')
  })

  test('never takes the process builder by itself, and names it as a way out', async () => {
    const failure = await chooseBuilder({ PATH: folder }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'build.no-builder', details: [{ en: 'docker: docker is not installed' }, {}, {}] })
    expect(failure).toHaveProperty('hint.en', expect.stringContaining('KIBAN_BUILDER=process'))
  })

  test('takes what KIBAN_BUILDER names, or says why not', async () => {
    expect(await chooseBuilder({ PATH: folder, KIBAN_BUILDER: 'process' })).toBe('process')
    await expect(chooseBuilder({ PATH: folder, KIBAN_BUILDER: 'podman' })).rejects.toMatchObject({
      code: 'build.builder-unavailable',
    })
    await expect(chooseBuilder({ PATH: folder, KIBAN_BUILDER: 'kaniko' })).rejects.toMatchObject({
      code: 'build.unknown-builder',
    })
  })
})

test.skipIf(!hasSkopeo)('what docker saves becomes the same image as an OCI layout', async () => {
  const { image } = await build('process', 'FROM scratch\nCOPY Dockerfile /etc/\nCMD ["/serve"]\n')
  const archive = join(folder, 'image.tar')
  await run('skopeo', ['copy', `oci:${image.layout}`, `docker-archive:${archive}:bookshop/api:v1`])
  const work = join(folder, 'work')
  await mkdir(work)
  const back = await layoutOfDockerArchive(archive, join(folder, 'back'), work)
  const { manifest, config } = await readLayout(image.layout)
  expect(back.manifest.layers).toEqual(manifest.layers)
  expect(back.config).toEqual(config)
})

async function build(name: (typeof engines)[number] | 'process', dockerfile?: string) {
  if (dockerfile) await writeFile(join(folder, 'Dockerfile'), dockerfile)
  const progress: BuildProgress[] = []
  const image = await buildImage(name, {
    source: folder,
    context: '.',
    args: name === 'process' ? {} : { FLAVOUR: 'vanilla' },
    labels: { team: 'bookshop' },
    platform: { os: 'linux', architecture: 'amd64' },
    commit: 'c'.repeat(40),
    sourceDateEpoch: 1_700_000_000,
    layout: join(folder, 'image'),
    progress: (one) => progress.push(one),
  })
  return { image, progress }
}

async function isUsable(name: (typeof engines)[number]): Promise<boolean> {
  return chooseBuilder({ ...process.env, KIBAN_BUILDER: name }).then(
    () => true,
    () => false,
  )
}
