// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles name variables so
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KibanError } from '../../core/error.ts'
import type { BuildProgress, BuildRequest } from '../build.ts'
import { buildImage } from '../build-image.ts'
import { blobPath, readLayout } from '../oci-layout.ts'

let folder: string
let source: string
let progress: BuildProgress[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-builder-'))
  source = join(folder, 'checkout')
  await mkdir(source)
  progress = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('an image', () => {
  test('holds what the Dockerfile says, and nothing of the stages before', async () => {
    await files({
      Dockerfile: `
        ARG VERSION=24
        FROM node:$VERSION-slim AS build
        WORKDIR /app
        COPY package.json ./
        RUN mkdir out && echo "built with $FLAVOUR by $(node -p process.versions.node)" > out/result.txt
        ARG FLAVOUR
        RUN echo "$FLAVOUR" > out/flavour.txt
        FROM scratch
        ENV PORT=3000 GREETING="hello world"
        WORKDIR /srv
        COPY --from=build /app/out/ ./
        COPY --chown=1000:1000 --chmod=640 server.js .
        EXPOSE $PORT 9000/udp
        USER 1000
        STOPSIGNAL SIGINT
        ENTRYPOINT ["node"]
        CMD ["server.js"]`,
      'package.json': '{}',
      'server.js': 'serve()',
    })
    const image = await build({ args: { FLAVOUR: 'vanilla' }, labels: { team: 'bookshop' } })
    expect(image.config).toMatchObject({
      architecture: 'arm64',
      os: 'linux',
      created: '2023-11-14T22:13:20.000Z',
      config: {
        User: '1000',
        ExposedPorts: { '3000/tcp': {}, '9000/udp': {} },
        Env: [expect.stringMatching(/^PATH=/), 'PORT=3000', 'GREETING=hello world'],
        Entrypoint: ['node'],
        Cmd: ['server.js'],
        WorkingDir: '/srv',
        StopSignal: 'SIGINT',
        Labels: { 'kiban.build': 'process', 'org.opencontainers.image.revision': COMMIT, team: 'bookshop' },
      },
    })
    expect(await content()).toEqual([
      'drwxr-xr-x 0/0 2023-11-14 srv/',
      '-rw-r--r-- 0/0 2023-11-14 srv/flavour.txt = vanilla\n',
      `-rw-r--r-- 0/0 2023-11-14 srv/result.txt = built with  by ${process.versions.node}\n`,
      '-rw-r----- 1000/1000 2023-11-14 srv/server.js = serve()',
    ])
    const { manifest } = await readLayout(image.layout)
    expect((await readdir(join(image.layout, 'blobs/sha256'))).length).toBe(manifest.layers.length + 2)
  })

  test('is the same, byte for byte, from files of other times and modes', async () => {
    await files({
      Dockerfile: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN mkdir -p a/b && echo x > a/b/c',
      'b/x.js': '1',
      'a.js': '2',
    })
    const first = await build()
    await rm(first.layout, { recursive: true })
    await utimes(join(source, 'a.js'), 1, 1)
    await chmod(join(source, 'a.js'), 0o600)
    const second = await build()
    expect(second.digest).toBe(first.digest)
    await writeFile(join(source, 'a.js'), '3')
    await rm(first.layout, { recursive: true })
    expect((await build()).digest).not.toBe(first.digest)
  })

  test('forgets in a later layer what a command removed', async () => {
    await files({
      Dockerfile: 'FROM scratch\nWORKDIR /app\nCOPY . .\nRUN rm -r gone && rm a.js',
      'gone/x': '1',
      'a.js': '2',
      keep: '3',
    })
    const image = await build()
    const { manifest } = await readLayout(image.layout)
    const last = manifest.layers.at(-1)
    expect(last && listing(image.layout, last.digest)).toEqual([
      '-rw-r--r-- 0/0 2023-11-14 app/.wh.a.js',
      '-rw-r--r-- 0/0 2023-11-14 app/.wh.gone',
    ])
  })

  test('goes on from an earlier stage, whose CMD does not outlive a new ENTRYPOINT', async () => {
    await files({
      Dockerfile: 'FROM scratch AS base\nENV A=1\nCOPY a /a\nCMD ["old"]\nFROM base\nCOPY b /b\nENTRYPOINT ["/new"]',
      a: '1',
      b: '2',
    })
    const { config } = await build()
    expect(config.config).toMatchObject({ Env: [expect.any(String), 'A=1'], Entrypoint: ['/new'] })
    expect(config.config).not.toHaveProperty('Cmd')
    expect((await content()).map((line) => line.split(' ').slice(3).join(' '))).toEqual(['a = 1', 'b = 2'])
  })

  test('leaves out what .dockerignore hides', async () => {
    await files({
      Dockerfile: 'FROM scratch\nCOPY . /',
      '.dockerignore': 'Dockerfile\n.dockerignore\nnode_modules\n**/*.log\n!keep.log\n',
      'node_modules/x/i.js': '1',
      'a/deep.log': '1',
      'keep.log': '2',
      'a/b': '3',
    })
    await build()
    expect((await content()).map((line) => line.split(' ')[3])).toEqual(['a/', 'a/b', 'keep.log'])
  })
})

describe('COPY', () => {
  test('takes patterns, and several sources into a folder', async () => {
    await files({
      Dockerfile: 'FROM scratch\nCOPY package*.json lib /app/',
      'package.json': '1',
      'package-lock.json': '2',
      'lib/x': '3',
    })
    await build()
    expect((await content()).map((line) => line.split(' ')[3])).toEqual([
      'app/',
      'app/package-lock.json',
      'app/package.json',
      'app/x',
    ])
  })

  test.each([
    ['../secret', 'COPY ../secret leads out of the build folder'],
    ['a/../../secret', 'COPY a/../../secret leads out of the build folder'],
    ['link', 'COPY link leads out of the build folder'],
    ['folder-link/secret', 'COPY folder-link/secret leads out of the build folder'],
    ['/etc/passwd', 'COPY finds no /etc/passwd in the build folder (or .dockerignore hides it)'],
    ['*/../../secret', 'COPY */../../secret leads out of the build folder'],
  ])('of %s does not leave the build folder', async (path, message) => {
    await files({ '../secret': 'of the machine', Dockerfile: `FROM scratch\nCOPY ${path} /x` })
    await symlink('../secret', join(source, 'link'))
    await symlink('..', join(source, 'folder-link'))
    await expect(build()).rejects.toThrow(`Dockerfile:2: ${message}`)
  })

  test('copies a link as a link, and writes through none to this machine', async () => {
    await files({ Dockerfile: 'FROM scratch\nCOPY tree /\nCOPY payload /out/\nCOPY payload /file', payload: 'x', 'tree/a': '1' })
    const outside = join(folder, 'outside')
    await mkdir(outside)
    await symlink(outside, join(source, 'tree/out'))
    await symlink(join(outside, 'file'), join(source, 'tree/file'))
    await build()
    expect(await readdir(outside)).toEqual([])
    expect((await content()).map((line) => line.split(' ').slice(3).join(' '))).toContain(`${outside.slice(1)}/payload = x`)
  })
})

describe('RUN', () => {
  test("sees ENV and declared ARG, the pinned Node, and none of the user's cloud", async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'of the user'
    await files({
      Dockerfile:
        'FROM node:24\nARG A=1\nENV B=2 PATH="/bin2:$PATH"\nRUN ["/bin/sh", "-c", "env > env.txt; which node >> env.txt"]',
    })
    await build()
    delete process.env.AWS_SECRET_ACCESS_KEY
    const text = (await content()).join('\n')
    expect(text).toContain('\nA=1\n')
    expect(text).toContain('\nB=2\n')
    expect(text).toContain(`\n${process.execPath}\n`)
    expect(text).not.toContain('of the user')
  })

  test('that fails tells where, how, and what it said last', async () => {
    await files({ Dockerfile: 'FROM scratch\n\nRUN echo before; echo \u001b[31mbroken >&2; exit 7' })
    const failure = await build().catch((error: unknown) => error)
    expect(failure).toMatchObject({
      kind: 'invalid',
      code: 'build.failed',
      message: 'Dockerfile:3: the command failed with exit code 7',
    })
    expect(failure instanceof KibanError && failure.details.map((one) => one.en)).toEqual(['before', 'broken'])
    expect(await readdir(folder)).toEqual(['checkout'])
  })

  test('is ended with all that it started, when nobody wants the image any more', async () => {
    await files({ Dockerfile: `FROM scratch\nRUN sh -c 'echo $$ > ${folder}/pid; sleep 60' & wait` })
    const stop = new AbortController()
    const building = build({ signal: stop.signal })
    building.catch(() => {})
    const pid = await expect
      .poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => ''), { timeout: 5000 })
      .toMatch(/\d+\n/)
      .then(() => readFile(join(folder, 'pid'), 'utf8'))
    stop.abort(new Error('nobody waits'))
    await expect(building).rejects.toThrow('nobody waits')
    await expect.poll(() => isAlive(Number(pid))).toBe(false)
  })

  test('is ended when the build takes too long', async () => {
    await files({ Dockerfile: 'FROM scratch\nRUN sleep 60' })
    await expect(build({ timeoutMinutes: 0.005 })).rejects.toMatchObject({ kind: 'unavailable', code: 'build.timed-out' })
  })
})

describe('what cannot be built', () => {
  test.each([
    [
      'FROM python:3',
      'Dockerfile:1: the process builder cannot build FROM python:3: only scratch and node:… are known; build with docker, podman or buildah',
    ],
    [
      'FROM scratch\nCOPY --from=nginx /a /a',
      'Dockerfile:2: --from=nginx names no earlier stage; the process builder copies from stages only',
    ],
    ['FROM scratch\nLABEL a=b', 'Dockerfile:2: the process builder does not know LABEL; build with docker, podman or buildah'],
    ['FROM ${BASE:?missing}', 'Dockerfile:1: BASE: missing'],
  ])('%s is refused before anything runs', async (dockerfile, problem) => {
    await files({ Dockerfile: dockerfile })
    const failure = await build().catch((error: unknown) => error)
    expect(failure instanceof KibanError && failure.details.map((one) => one.en)).toEqual([problem])
    expect(progress).toEqual([])
  })

  test('a secret does not become a build argument', async () => {
    await files({ Dockerfile: 'FROM scratch\nARG NPM_TOKEN' })
    await expect(build({ args: { NPM_TOKEN: 'x' } })).rejects.toMatchObject({ code: 'build.secret-argument' })
  })

  test('a build folder or Dockerfile outside of the checkout is not read', async () => {
    await files({ '../Dockerfile': 'FROM scratch', Dockerfile: 'FROM scratch' })
    await symlink('..', join(source, 'up'))
    await symlink('../Dockerfile', join(source, 'Outside'))
    await expect(build({ context: 'up' })).rejects.toMatchObject({ code: 'build.context' })
    await expect(build({ context: '..' })).rejects.toMatchObject({ code: 'build.context' })
    await expect(build({ dockerfile: 'Outside' })).rejects.toMatchObject({ code: 'build.dockerfile' })
    await expect(build({ context: 'nowhere' })).rejects.toMatchObject({ kind: 'not-found', code: 'build.context' })
  })
})

test('the builder says aloud what it does, and each step', async () => {
  await files({ Dockerfile: 'FROM node:22\nRUN echo hello' })
  const host = process.arch === 'x64' ? 'amd64' : 'arm64'
  const other = host === 'amd64' ? 'arm64' : 'amd64'
  await build({ args: { UNUSED: '1' }, platform: { os: 'linux', architecture: other } })
  const said = progress.map((one) =>
    one.kind === 'step' ? `${one.at}/${one.of} ${one.line}` : one.kind === 'output' ? one.line : one.text.en,
  )
  expect(said).toEqual([
    expect.stringMatching(/^The process builder runs the repository's commands here as \w+, not isolated$/),
    `The Dockerfile asks for node:22; the process runtime has Node ${process.versions.node}`,
    `The image is for ${other}, but its commands run on ${host}: what they compile is for ${host}`,
    'Build arguments that the Dockerfile does not declare: UNUSED',
    '1/1 RUN echo hello',
    'hello',
  ])
})

const COMMIT = 'c'.repeat(40)

function build(request: Partial<BuildRequest> = {}) {
  return buildImage('process', {
    source,
    context: '.',
    platform: { os: 'linux', architecture: 'arm64' },
    commit: COMMIT,
    sourceDateEpoch: 1_700_000_000,
    layout: join(folder, 'image'),
    progress: (one) => progress.push(one),
    ...request,
  })
}

async function files(contents: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(contents)) {
    await mkdir(dirname(join(source, path)), { recursive: true })
    await writeFile(join(source, path), text.replaceAll(/^ {8}/gm, ''))
  }
}

/** Every entry of the image's layers as Debian's tar lists it, files with their text. */
async function content(): Promise<string[]> {
  const layout = join(folder, 'image')
  const { manifest } = await readLayout(layout)
  return manifest.layers
    .flatMap(({ digest }) =>
      listing(layout, digest).map((line) => {
        if (!line.startsWith('-')) return line
        const text = execFileSync('tar', ['-xzOf', blobPath(layout, digest), line.split(' ')[3] ?? ''], { encoding: 'utf8' })
        return `${line} = ${text}`
      }),
    )
    .sort((a, b) => ((a.split(' ')[3] ?? '') < (b.split(' ')[3] ?? '') ? -1 : 1))
}

/** Mode, owner, day and name. */
function listing(layout: string, digest: string): string[] {
  const text = execFileSync('tar', ['-tzvf', blobPath(layout, digest)], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^(\S+)\s+(\S+)\s+\d+\s+(\S+) \S+ /, '$1 $2 $3 '))
}

/** One that ended may wait for its parent as a zombie. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}
