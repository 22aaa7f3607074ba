import { lstat, mkdtemp, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join, posix } from 'node:path'
import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import { BUILD_LABEL, type Build, type BuilderName, type BuildRequest, type BuiltImage } from './build.ts'
import { buildByEngine } from './engine-builder.ts'
import { isInside } from './process/place.ts'
import { buildByProcess } from './process/process-builder.ts'

const DEFAULT_TIMEOUT_MINUTES = 30
/** Values of build arguments end up in the image's history. */
const SECRET_NAME = /secret|token|passw(or)?d|private_?key|credential|api_?key/i

/**
 * Builds an image and leaves it as an OCI image layout in `request.layout`. Which builder is used is `chooseBuilder`'s
 * answer. Throws KibanError: `build.*` when the repository cannot be built, the signal's reason when it was aborted.
 */
export async function buildImage(builder: BuilderName, request: BuildRequest): Promise<BuiltImage> {
  const minutes = request.timeoutMinutes ?? DEFAULT_TIMEOUT_MINUTES
  const deadline = AbortSignal.timeout(minutes * 60_000)
  const signal = AbortSignal.any([deadline, ...(request.signal ? [request.signal] : [])])
  // Beside the layout, so that whoever removes what a killed process left has both.
  const work = await mkdtemp(`${request.layout}.work-`)
  try {
    const build = await checkedBuild({ ...request, signal }, work)
    const image = await (builder === 'process' ? buildByProcess(build) : buildByEngine(builder, build))
    const { digest, mediaType, manifest, config } = image
    const size = manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size)
    return { builder, layout: request.layout, digest, mediaType, size, config }
  } catch (cause) {
    await rm(request.layout, { recursive: true, force: true })
    if (deadline.aborted && !request.signal?.aborted) {
      throw new KibanError('unavailable', 'build.timed-out', images.buildTimedOut(minutes), {
        hint: images.buildTimedOutHint,
        cause,
      })
    }
    throw cause
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Whether kiban's process builder made the image; only a process runtime can run it. */
export const isProcessBuild = (config: BuiltImage['config']): boolean => config.config?.Labels?.[BUILD_LABEL] === 'process'

/** Checks what comes from the repository, whose links may lead anywhere, and the arguments. */
async function checkedBuild(request: BuildRequest & { signal: AbortSignal }, work: string): Promise<Build> {
  const { context, dockerfile = 'Dockerfile', args = {}, labels = {} } = request
  const secret = Object.keys(args).find((name) => SECRET_NAME.test(name))
  if (secret) {
    throw new KibanError('invalid', 'build.secret-argument', images.secretArgument(secret), { hint: images.secretArgumentHint })
  }
  const source = await realpath(request.source)
  const folder = await realpath(join(source, context)).catch(() => undefined)
  if (!folder || !(await lstat(folder)).isDirectory())
    throw new KibanError('not-found', 'build.context', images.contextMissing(context), { hint: images.contextHint })
  if (!isInside(source, folder))
    throw new KibanError('invalid', 'build.context', images.contextOutside(context), { hint: images.contextHint })
  const name = posix.join(context, dockerfile)
  const file = await realpath(join(folder, dockerfile)).catch(() => undefined)
  if (!file || !isInside(source, file) || !(await lstat(file)).isFile()) {
    throw new KibanError('not-found', 'build.dockerfile', images.dockerfileMissing(name), { hint: images.dockerfileMissingHint })
  }
  const layout = join(await realpath(dirname(request.layout)), basename(request.layout))
  return {
    ...request,
    layout,
    folder,
    file,
    name,
    args,
    labels: { 'org.opencontainers.image.revision': request.commit, ...labels },
    progress: request.progress ?? (() => {}),
    work,
  }
}
