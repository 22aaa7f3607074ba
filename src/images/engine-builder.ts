// Building with docker, podman or buildah, as programs; the result is brought into an OCI image layout.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import { runProgram } from '../core/program.ts'
import type { Build, BuilderName } from './build.ts'
import { layoutOfDockerArchive } from './docker-archive.ts'
import { type LayoutImage, readLayout } from './oci-layout.ts'

type EngineName = Exclude<BuilderName, 'process'>

const LAST_LINES = 15

export async function buildByEngine(engine: EngineName, build: Build): Promise<LayoutImage> {
  await mkdir(build.work, { recursive: true })
  const idFile = join(build.work, 'image-id')
  await engineRun(engine, buildArgv(engine, build, idFile), build)
  const id = (await readFile(idFile, 'utf8')).trim()
  try {
    if (engine === 'docker') {
      const archive = join(build.work, 'image.tar')
      await engineRun(engine, ['image', 'save', '--output', archive, id], build)
      return await layoutOfDockerArchive(archive, build.layout, build.work)
    }
    await engineRun(engine, ['push', '--quiet', '--format', 'oci', id, `oci:${build.layout}`], build)
    return await readLayout(build.layout)
  } finally {
    await forget(engine, id, build)
  }
}

/** Values of build arguments travel in the environment: a command line can be read by every user of the machine. */
function buildArgv(engine: EngineName, build: Build, idFile: string): string[] {
  const { platform, labels, args, target, file, folder, sourceDateEpoch } = build
  return [
    'build',
    ...(engine === 'docker' ? ['--progress', 'plain'] : ['--timestamp', String(sourceDateEpoch), '--format', 'oci']),
    ...['--platform', `${platform.os}/${platform.architecture}`, '--iidfile', idFile, '--file', file],
    ...(target === undefined ? [] : ['--target', target]),
    ...Object.keys(args).flatMap((name) => ['--build-arg', name]),
    // BuildKit gives the image and its history this time; the classic builder of docker does not know it.
    ...(engine === 'docker' ? ['--build-arg', 'SOURCE_DATE_EPOCH'] : []),
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    folder,
  ]
}

async function engineRun(engine: EngineName, argv: string[], build: Build): Promise<void> {
  const last: string[] = []
  const onLine = (line: string) => {
    last.push(line)
    if (last.length > LAST_LINES) last.shift()
    build.progress({ kind: 'output', line })
  }
  const env = { ...process.env, ...build.args, SOURCE_DATE_EPOCH: String(build.sourceDateEpoch) }
  const { code, signal } = await runProgram(engine, argv, { env, cwd: build.folder, signal: build.signal, onLine })
  if (code === 0) return
  const details = last.map(images.lastLines)
  throw new KibanError('invalid', 'build.failed', images.engineFailed(engine, code ?? signal ?? '?'), { details })
}

/** The image has been brought out; its layers stay in the engine's cache. */
async function forget(engine: EngineName, id: string, build: Build): Promise<void> {
  await runProgram(engine, ['rmi', id], { env: process.env, cwd: build.work, timeoutMs: 60_000 }).catch(() => {})
}
