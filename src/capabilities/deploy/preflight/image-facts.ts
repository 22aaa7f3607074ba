// What the images of a deployment are: read from ECR's API, without their layers.
import { imageBlob, imageManifests, registryLogin, type StoredManifest } from '../../../aws/ecr.ts'
import { awsErrorName } from '../../../aws/error.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { BUILD_LABEL } from '../../../images/build.ts'
import { type ImageReference, imageReference, isEcrOf } from './image-reference.ts'
import { type Seen, seen } from './seen.ts'

export interface ImageFacts {
  /** `linux/amd64`; empty when the image does not say it. */
  platforms: string[]
  /** `process` for an image of kiban's own builder. */
  builder: string | undefined
}

interface Config {
  os?: string
  architecture?: string
  config?: { Labels?: Record<string, string> | null }
}
interface Descriptor {
  digest?: string
  platform?: { os?: string; architecture?: string }
}

/** By reference; undefined for an image that does not exist. */
export async function imageFacts(
  session: AwsSession,
  references: Iterable<string>,
  where: { account: string; region: string },
  signal?: AbortSignal,
): Promise<Map<string, Seen<ImageFacts | undefined>>> {
  const facts = new Map<string, Seen<ImageFacts | undefined>>()
  const wanted = [...new Set(references)].map((text) => ({ text, reference: imageReference(text) }))
  const { ours, hidden } = await ourRegistry(session, wanted, where, signal)
  const inEcr = wanted.filter(({ reference }) => reference && ours(reference.registry))
  for (const { text, reference } of wanted) {
    if (reference && ours(reference.registry)) continue
    // An address may be ECR's, as long as nobody may ask.
    facts.set(text, { hidden: hidden !== undefined && isAddress(reference) ? hidden : text })
  }
  const repositories = Map.groupBy(inEcr, ({ reference }) => reference?.repository ?? '')
  await Promise.all(
    [...repositories].map(async ([repository, members]) => {
      const versions = members.map(({ reference }) => reference?.version ?? '')
      const stored = await seen('ecr:BatchGetImage', () => manifestsIn(session, repository, versions, signal))
      for (const { text, reference } of members) {
        if ('hidden' in stored) facts.set(text, stored)
        else facts.set(text, await factsOf(session, repository, stored.value.get(reference?.version ?? ''), signal))
      }
    }),
  )
  return facts
}

/** Whether a registry is this account's ECR: by AWS's name, or by the address at which its tokens say that it is. */
async function ourRegistry(
  session: AwsSession,
  wanted: readonly { reference: ImageReference | undefined }[],
  where: { account: string; region: string },
  signal?: AbortSignal,
): Promise<{ ours: (registry: string) => boolean; hidden: string | undefined }> {
  const login = wanted.some(({ reference }) => isAddress(reference))
    ? await seen('ecr:GetAuthorizationToken', () => registryLogin(session, signal))
    : undefined
  const host = login && 'value' in login ? new URL(login.value.endpoint).host : undefined
  const hidden = login && 'hidden' in login ? login.hidden : undefined
  return { ours: (registry) => isEcrOf(registry, where) || registry === host, hidden }
}

/** AWS's own names have no port; an address may be anybody's. */
const isAddress = (reference: ImageReference | undefined): boolean => reference?.registry.includes(':') ?? false

async function manifestsIn(session: AwsSession, repository: string, versions: string[], signal?: AbortSignal) {
  try {
    return await imageManifests(session, repository, versions, signal)
  } catch (error) {
    if (awsErrorName(error) === 'RepositoryNotFoundException') return new Map<string, StoredManifest>()
    throw error
  }
}

/** What a digest stands for never changes, so each is read once. */
const known = new WeakMap<AwsSession, Map<string, ImageFacts>>()

async function factsOf(
  session: AwsSession,
  repository: string,
  stored: StoredManifest | undefined,
  signal?: AbortSignal,
): Promise<Seen<ImageFacts | undefined>> {
  if (!stored) return { value: undefined }
  const mine = known.get(session) ?? new Map<string, ImageFacts>()
  known.set(session, mine)
  const before = mine.get(stored.digest)
  if (before) return { value: before }
  const read = await seen('ecr:GetDownloadUrlForLayer', () => readFacts(session, repository, stored, signal))
  if ('value' in read) mine.set(stored.digest, read.value)
  return read
}

async function readFacts(
  session: AwsSession,
  repository: string,
  { manifest }: StoredManifest,
  signal?: AbortSignal,
): Promise<ImageFacts> {
  const { config, manifests } = JSON.parse(manifest) as { config?: Descriptor; manifests?: Descriptor[] }
  if (!manifests) return configFacts(session, repository, config, signal)
  // Attestations stand in an index as images for the platform unknown/unknown.
  const images = manifests.filter(({ platform }) => platform?.os && platform.os !== 'unknown')
  const first = images[0]?.digest
  const inner = first === undefined ? undefined : (await imageManifests(session, repository, [first], signal)).get(first)
  const { config: innerConfig } = JSON.parse(inner?.manifest ?? '{}') as { config?: Descriptor }
  const { builder } = await configFacts(session, repository, innerConfig, signal)
  return { platforms: images.map(({ platform }) => `${platform?.os}/${platform?.architecture}`), builder }
}

async function configFacts(
  session: AwsSession,
  repository: string,
  config: Descriptor | undefined,
  signal?: AbortSignal,
): Promise<ImageFacts> {
  if (!config?.digest) return { platforms: [], builder: undefined }
  const { os, architecture, config: inner } = (await imageBlob(session, repository, config.digest, signal)) as Config
  return { platforms: os && architecture ? [`${os}/${architecture}`] : [], builder: inner?.Labels?.[BUILD_LABEL] }
}
