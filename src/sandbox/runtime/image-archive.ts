/**
 * An image as `docker load` and `podman load` take it: the `docker save` layout, in which layers may stay compressed.
 * https://github.com/moby/docker-image-spec
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { ResolvedImage } from '../cloud.ts'
import { decompression } from './layer.ts'

/** A tar stream of the image under the name `reference`. */
export async function imageArchive(image: ResolvedImage, reference: string): Promise<AsyncIterable<Uint8Array>> {
  const diffIds = await Promise.all(image.layers.map(({ path }) => diffId(path)))
  const config = Buffer.from(JSON.stringify({ ...image.config, rootfs: { type: 'layers', diff_ids: diffIds } }))
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`
  const layers = image.layers.map(({ path }, i) => ({ path, name: `layer-${i}.tar` }))
  const manifest = [{ Config: configName, RepoTags: [reference], Layers: layers.map(({ name }) => name) }]
  const archive = pack()
  const fill = async () => {
    archive.entry({ name: configName }, config)
    for (const { path, name } of layers) {
      const { size } = await stat(path)
      await pipeline(createReadStream(path), archive.entry({ name, size }))
    }
    archive.entry({ name: 'manifest.json' }, JSON.stringify(manifest))
    archive.finalize()
  }
  fill().catch((cause) => archive.destroy(cause))
  return archive as AsyncIterable<Uint8Array>
}

/** The digest of a layer's uncompressed tar, by which a configuration names it. */
async function diffId(path: string): Promise<string> {
  const hash = createHash('sha256')
  const decompressed = await decompression(path)
  await pipeline(createReadStream(path), decompressed, hash)
  return `sha256:${hash.digest('hex')}`
}
