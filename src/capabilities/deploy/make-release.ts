// The release of a commit: built once, whoever asks for it, and found again afterwards.
import { join } from 'node:path'
import { registryLogin, repositoryUri } from '../../aws/ecr.ts'
import { KibanError } from '../../core/error.ts'
import { newId } from '../../core/ids.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { checkout } from '../../git/checkout.ts'
import type { BuilderName } from '../../images/build.ts'
import { buildImage } from '../../images/build-image.ts'
import { pushImage } from '../../images/push-image.ts'
import type { EnvironmentManifest, ServiceBuild, ServiceManifest } from '../../manifest/environment.ts'
import { inBuildFolder } from './build-folder.ts'
import type { DeployEngine } from './engine.ts'
import { sidecarKey } from './plan.ts'
import { keepRelease, type Release, type ReleaseImage, sameRelease } from './release-store.ts'
import { buildInputs, type Source, sourceAt } from './source.ts'
import type { NewEvent } from './stored-driver.ts'

/** Whoever a release is made for. */
export interface ReleaseWork {
  engine: DeployEngine
  /** Names the folder that it is built in. */
  drive: { id: string; epoch: number }
  wanted: { product: string; environment: string; repository: string; ref: string; commit: string | undefined }
  createdBy: string
  /** Keeps the commit before anything is made of it: a branch may move while another process takes over. */
  keepCommit(commit: string): Promise<void>
  /** Throws where this manifest does not allow what is wanted. */
  allow(manifest: EnvironmentManifest): void
  tell(event: NewEvent): Promise<void>
}

export interface MadeRelease {
  release: Release
  committedAt: number
  /** Its images were there. */
  reused: boolean
}

/** The release of a commit: the one that is known for the same inputs, or a new one with its images built and pushed. */
export async function makeRelease(work: ReleaseWork, signal: AbortSignal): Promise<MadeRelease> {
  const { engine, wanted } = work
  const { product, repository, ref, commit, environment } = wanted
  const source = await sourceAt(engine, { product, repository, ref: commit ?? ref }, signal)
  if (commit === undefined) await work.keepCommit(source.commit)
  if (source.notice) await work.tell({ type: 'build.noted', data: { text: source.notice } })
  const { manifest, builder, fingerprint } = await buildInputs(engine, source, environment, signal)
  work.allow(manifest)
  const known = await sameRelease(engine.database, { product, commit: source.commit, inputs: fingerprint })
  const release = known ?? (await made(work, { ...source, ref }, manifest, { builder, inputs: fingerprint, signal }))
  return { release, committedAt: source.committedAt, reused: known !== undefined }
}

interface Building {
  builder: BuilderName | undefined
  inputs: string
  signal: AbortSignal
}

async function made(
  work: ReleaseWork,
  source: Source,
  manifest: EnvironmentManifest,
  { builder, inputs, signal }: Building,
): Promise<Release> {
  const images: Record<string, ReleaseImage> = {}
  const noted = new Set<string>()
  // What is built of the same, for the same repository, is built once.
  const known = new Map<string, ReleaseImage>()
  for (const wanted of Object.values(manifest.services).flatMap(wantedImages)) {
    const { key, build, image } = wanted
    const same = JSON.stringify([build, wanted.repository, wanted.architecture])
    images[key] =
      build && builder
        ? (known.get(same) ??
          (await built(work, source, { ...wanted, build }, { region: manifest.region, builder, noted, signal })))
        : readyImage(image ?? '')
    if (build) known.set(same, images[key])
  }
  const { repository, ref, commit, definitions } = source
  return keepRelease(work.engine.database, {
    id: newId('rel'),
    product: manifest.product,
    commit,
    inputs,
    repository,
    ref,
    manifest: source.manifest,
    definitions,
    images,
    createdAt: work.engine.clock.now(),
    createdBy: work.createdBy,
  })
}

interface WantedImage {
  /** Under what the release keeps it. */
  key: string
  build: ServiceBuild | undefined
  image: string | undefined
  repository: string
  architecture: ServiceManifest['architecture']
}

function wantedImages({ name, build, image, architecture, names, sidecars }: ServiceManifest): WantedImage[] {
  const beside = Object.entries(sidecars).map(([container, { build, repository }]) => ({
    key: sidecarKey(name, container),
    build,
    image: undefined,
    repository,
    architecture,
  }))
  return [{ key: name, build, image, repository: names.repository, architecture }, ...beside]
}

const readyImage = (reference: string): ReleaseImage => ({
  reference,
  digest: /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1],
  builder: undefined,
})

/** Builds one image and pushes it; the release names it by its digest. */
async function built(
  work: ReleaseWork,
  source: Source,
  { key: name, build, repository: repositoryName, architecture }: WantedImage & { build: ServiceBuild },
  {
    region,
    builder,
    noted,
    signal,
  }: { region: string | undefined; builder: BuilderName; noted: Set<string>; signal: AbortSignal },
): Promise<ReleaseImage> {
  const { engine } = work
  const session = engine.aws(region)
  const uri = await repositoryUri(session, repositoryName, signal)
  if (uri === undefined) {
    throw new KibanError('not-found', 'deploy.repository-missing', deploy.repositoryMissing(name, repositoryName), {
      hint: deploy.repositoryMissingHint,
    })
  }
  const begun = engine.clock.now()
  await work.tell({ type: 'build.started', data: { service: name, builder } })
  const { folder } = await checkout({ repository: source.repository, ref: source.commit, dataFolder: engine.dataFolder, signal })
  const notes: Promise<void>[] = []
  return inBuildFolder(engine.dataFolder, work.drive, async (parent) => {
    const layout = join(parent, name.replace('/', '.'))
    const image = await buildImage(builder, {
      source: folder,
      context: build.context,
      dockerfile: build.dockerfile,
      target: build.target,
      args: build.args,
      platform: { os: 'linux', architecture: architecture === 'arm64' ? 'arm64' : 'amd64' },
      commit: source.commit,
      sourceDateEpoch: Math.floor(source.committedAt / 1000),
      layout,
      signal,
      progress: (progress) => {
        // What is said of one image is mostly true of all, and said once.
        if (progress.kind !== 'note' || noted.has(progress.text.en)) return
        noted.add(progress.text.en)
        const said = { type: 'build.noted', data: { service: name, text: progress.text } }
        notes.push(work.tell(said).catch(engine.failed))
      },
    })
    await Promise.all(notes)
    const login = await registryLogin(session, signal)
    const tag = `${source.commit.slice(0, 12)}-${image.digest.slice('sha256:'.length).slice(0, 12)}`
    const { digest } = await pushImage({ layout, repository: { uri, login }, tag, signal })
    const ms = engine.clock.now() - begun
    await work.tell({ type: 'build.ended', data: { service: name, digest, size: image.size, ms } })
    return { reference: `${uri}@${digest}`, digest, builder }
  })
}
