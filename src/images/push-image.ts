import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import { blobPath, type Descriptor, type LayoutImage, readLayout } from './oci-layout.ts'
import { type Body, type ImageRepository, RegistrySession, requireReference } from './registry-session.ts'

const BLOBS_AT_ONCE = 3
const TRIES_PER_BLOB = 5
const PAUSE_MS = 250

export interface PushProgress {
  /** Bytes that the registry has, those that it had before included. */
  done: number
  total: number
}

/**
 * Pushes the image of an OCI layout, sending only what the registry has not, and gives its digest. With a `tag`, the
 * tag names the image afterwards. Throws KibanError: `registry.*`, or `image.tag-taken` for another image's immutable tag.
 */
export async function pushImage(push: {
  layout: string
  repository: ImageRepository
  tag?: string
  signal?: AbortSignal
  progress?: (progress: PushProgress) => void
}): Promise<{ digest: string; sentBytes: number }> {
  const { repository, tag, signal } = push
  if (tag !== undefined) requireReference(tag)
  const image = await readLayout(push.layout)
  const session = new RegistrySession(repository)
  const blobs = uniqueBlobs(image)
  const count = counter(blobs, push.progress)
  if (await hasManifest(session, image.digest, image, signal)) for (const blob of blobs) count.had(blob)
  else {
    const waiting = [...blobs]
    const work = async () => {
      for (let blob = waiting.shift(); blob; blob = waiting.shift()) await pushBlob(session, push.layout, blob, count, signal)
    }
    await Promise.all(Array.from({ length: BLOBS_AT_ONCE }, work))
    await putManifest(session, image.digest, image, signal)
  }
  if (tag !== undefined && !(await hasManifest(session, tag, image, signal))) {
    await putManifest(session, tag, image, signal).catch((cause: unknown) => {
      if (!(cause instanceof KibanError) || cause.kind !== 'conflict') throw cause
      throw new KibanError('conflict', 'image.tag-taken', images.tagTaken(tag, repository.uri), {
        hint: images.tagTakenHint,
        cause,
      })
    })
  }
  return { digest: image.digest, sentBytes: count.sent }
}

/** The same layer may stand in an image more than once. */
function uniqueBlobs({ manifest }: LayoutImage): Descriptor[] {
  return [...new Map([manifest.config, ...manifest.layers].map((blob) => [blob.digest, blob])).values()]
}

async function hasManifest(
  session: RegistrySession,
  reference: string,
  image: LayoutImage,
  signal?: AbortSignal,
): Promise<boolean> {
  const headers = { accept: image.mediaType }
  const answer = await session.ask(`manifests/${reference}`, { method: 'HEAD', headers, expect: [200, 404], signal })
  return answer.status === 200 && answer.headers.get('docker-content-digest') === image.digest
}

async function putManifest(session: RegistrySession, reference: string, image: LayoutImage, signal?: AbortSignal): Promise<void> {
  const headers = { 'content-type': image.mediaType }
  const body = () => new Uint8Array(image.bytes)
  const answer = await session.ask(`manifests/${reference}`, { method: 'PUT', headers, body, expect: [201], signal })
  await answer.body?.cancel()
  const kept = answer.headers.get('docker-content-digest')
  if (kept && kept !== image.digest) {
    throw new KibanError('unavailable', 'registry.refused', images.registryBroken(session.registry, `${kept} ≠ ${image.digest}`))
  }
}

/** Sends one blob unless the registry has it; an upload that broke goes on from where the registry says it is. */
async function pushBlob(
  session: RegistrySession,
  layout: string,
  blob: Descriptor,
  count: ReturnType<typeof counter>,
  signal?: AbortSignal,
): Promise<void> {
  let location: string | undefined
  let from = 0
  for (let attempt = 1; ; attempt++) {
    // Also before another try: the answer may have been lost, and not the blob.
    const head = await session.ask(`blobs/${blob.digest}`, { method: 'HEAD', expect: [200, 404], signal })
    if (head.status === 200) return count.had(blob)
    try {
      location ??= await startUpload(session, signal)
      if (from < blob.size) location = await sendBytes(session, location, { layout, blob, from, count, signal })
      await finishUpload(session, location, blob, signal)
      return
    } catch (cause) {
      const isPassing = cause instanceof KibanError && cause.kind === 'unavailable'
      if (!isPassing || attempt >= TRIES_PER_BLOB) throw cause
      await wait(PAUSE_MS * attempt, undefined, { signal })
      const received = location && (await receivedBytes(session, location, signal))
      if (received === undefined) location = undefined
      from = received || 0
      count.backTo(blob, from)
    }
  }
}

async function startUpload(session: RegistrySession, signal?: AbortSignal): Promise<string> {
  const answer = await session.ask('blobs/uploads/', {
    method: 'POST',
    headers: { 'content-length': '0' },
    expect: [202],
    signal,
  })
  return locationOf(session, answer)
}

/** All that is left of the blob in one streamed PATCH, the way in which every registry is used. */
async function sendBytes(
  session: RegistrySession,
  location: string,
  {
    layout,
    blob,
    from,
    count,
    signal,
  }: { layout: string; blob: Descriptor; from: number; count: ReturnType<typeof counter>; signal?: AbortSignal },
): Promise<string> {
  const body = () => {
    const file = createReadStream(blobPath(layout, blob.digest), { start: from })
    file.on('data', (chunk) => count.add(blob, chunk.length))
    return Readable.toWeb(file) as Body
  }
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(blob.size - from),
    ...(from === 0 ? {} : { 'content-range': `${from}-${blob.size - 1}` }),
  }
  const answer = await session.ask(location, { method: 'PATCH', headers, body, expect: [202, 416], tries: 1, signal })
  // An earlier try may still be on its way to the registry's disk.
  if (answer.status === 416)
    throw new KibanError('unavailable', 'registry.refused', images.registryBroken(session.registry, '416'))
  return locationOf(session, answer)
}

async function finishUpload(session: RegistrySession, location: string, blob: Descriptor, signal?: AbortSignal): Promise<void> {
  const answer = await session.ask(withDigest(location, blob.digest), {
    method: 'PUT',
    headers: { 'content-length': '0' },
    expect: [201],
    tries: 1,
    signal,
  })
  await answer.body?.cancel()
}

/** Undefined when the registry does not know the upload any more. */
async function receivedBytes(session: RegistrySession, location: string, signal?: AbortSignal): Promise<number | undefined> {
  const answer = await session.ask(location, { expect: [204, 404, 400, 405, 416], signal }).catch(() => undefined)
  await answer?.body?.cancel()
  if (answer?.status !== 204) return undefined
  const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(answer.headers.get('range') ?? '')?.[1] ?? Number.NaN)
  // `0-0` may mean one byte or none, so it is taken for a fresh start.
  return last > 0 ? last + 1 : undefined
}

function locationOf(session: RegistrySession, answer: Response): string {
  const location = answer.headers.get('location')
  if (!location) throw new KibanError('unavailable', 'registry.refused', images.registryBroken(session.registry, 'Location'))
  return new URL(location, answer.url).href
}

function withDigest(location: string, digest: string): string {
  const url = new URL(location)
  url.searchParams.set('digest', digest)
  return url.href
}

function counter(blobs: Descriptor[], progress?: (progress: PushProgress) => void) {
  const total = blobs.reduce((sum, blob) => sum + blob.size, 0)
  const doneOf = new Map<string, number>()
  let sent = 0
  const tell = () => progress?.({ done: [...doneOf.values()].reduce((sum, bytes) => sum + bytes, 0), total })
  return {
    /** Bytes that went over the wire, those sent twice included. */
    get sent() {
      return sent
    },
    had(blob: Descriptor) {
      doneOf.set(blob.digest, blob.size)
      tell()
    },
    add(blob: Descriptor, bytes: number) {
      sent += bytes
      doneOf.set(blob.digest, (doneOf.get(blob.digest) ?? 0) + bytes)
      tell()
    },
    backTo(blob: Descriptor, bytes: number) {
      doneOf.set(blob.digest, bytes)
      tell()
    },
  }
}
