// What a commit says: its manifest, the task definitions that it starts from, and what its images are built of.
import { createHash } from 'node:crypto'
import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import type { Text } from '../../core/text.ts'
import { readFileAt } from '../../git/read-file.ts'
import { resolveRef } from '../../git/resolve-ref.ts'
import type { BuilderName } from '../../images/build.ts'
import { chooseBuilder } from '../../images/choose-builder.ts'
import { type EnvironmentManifest, forEnvironment } from '../../manifest/environment.ts'
import type { Manifest } from '../../manifest/manifest.ts'
import { manifestAt } from '../products/manifest-at.ts'
import type { DeployEngine } from './engine.ts'

export interface Source {
  repository: string
  ref: string
  commit: string
  committedAt: number
  manifest: Manifest
  definitions: Record<string, Record<string, unknown>>
  /** Where the manifest is not a kiban.yml. */
  notice: Text | undefined
}

/** Reads a commit without checking it out. Throws what git and the manifest have to say, and `deploy.other-product`. */
export async function sourceAt(
  engine: DeployEngine,
  wanted: { product: string; repository: string; ref: string },
  signal?: AbortSignal,
): Promise<Source> {
  const { product, repository, ref } = wanted
  const where = { repository, dataFolder: engine.dataFolder, signal }
  const { commit, committedAt } = await resolveRef({ ...where, ref })
  const found = await manifestAt({ ...where, commit }, product)
  if (found === undefined) {
    throw new KibanError('not-found', 'manifest.missing', deploy.manifestMissing(ref, commit.slice(0, 12)), {
      hint: deploy.manifestMissingHint,
    })
  }
  const { manifest, notice } = found
  if (manifest.product !== product) {
    throw new KibanError('invalid', 'deploy.other-product', deploy.otherProduct(manifest.product, product), {
      hint: deploy.otherProductHint,
    })
  }
  const definitions: Source['definitions'] = {}
  for (const [service, { definition }] of Object.entries(manifest.services)) {
    if (typeof definition !== 'string') continue
    definitions[service] = definitionOf(await readFileAt({ ...where, commit, path: definition }), definition)
  }
  return { repository, ref, commit, committedAt, manifest, definitions, notice }
}

function definitionOf(text: string | undefined, path: string): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text ?? '')
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Record<string, unknown>
  } catch {}
  throw new KibanError('invalid', 'deploy.definition-unreadable', deploy.definitionUnreadable(path), {
    hint: deploy.definitionHint,
  })
}

/** What the images of a release are built of; the same commit with the same inputs is the same release. */
export interface BuildInputs {
  manifest: EnvironmentManifest
  builder: BuilderName | undefined
  fingerprint: string
}

export async function buildInputs(
  engine: DeployEngine,
  source: Pick<Source, 'manifest'>,
  environment: string,
  signal?: AbortSignal,
): Promise<BuildInputs> {
  const manifest = forEnvironment(source.manifest, environment)
  const services = Object.values(manifest.services)
  const builder = services.some(({ build, sidecars }) => build || Object.keys(sidecars).length > 0)
    ? await chooseBuilder(engine.environment, signal)
    : undefined
  const built = services.map(({ name, build, image, architecture, sidecars }) => ({
    name,
    build,
    image,
    architecture,
    ...(Object.keys(sidecars).length > 0 ? { sidecars } : {}),
  }))
  // An engine's image and one of kiban's own builder are never taken for each other; engines may change.
  const by = builder === 'process' ? 'process' : 'engine'
  // Images of one account are not there for another, nor at another endpoint.
  const cloud = await engine.callers.cloudOf(engine.caller)
  const registry = { ...cloud, region: manifest.region, names: services.map(({ names }) => names.repository) }
  const fingerprint = createHash('sha256').update(JSON.stringify({ by, built, registry })).digest('hex').slice(0, 16)
  return { manifest, builder, fingerprint }
}
