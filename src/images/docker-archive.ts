// What `docker image save` writes, as an OCI image layout: its layers are packed anew, since it saves them unpacked.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import { configOf, finishLayout, keepLayer, type LayoutImage, parsed, startLayout } from './oci-layout.ts'
import { packedLayer } from './process/layer.ts'

/** Reads the archive's one image. Throws KibanError `image.broken`. */
export async function layoutOfDockerArchive(archive: string, layout: string, work: string): Promise<LayoutImage> {
  const folder = join(work, 'archive')
  await mkdir(folder)
  const files = await unpacked(archive, folder)
  const bytesOf = async (name: string) => {
    const file = files.get(name)
    return file === undefined ? undefined : readFile(file)
  }
  const list = parsed(Buffer.from(`{"images":${await bytesOf('manifest.json')}}`), 'manifest.json').images
  const { Config, Layers } = Array.isArray(list) && list.length === 1 ? list[0] : {}
  if (typeof Config !== 'string' || !Array.isArray(Layers)) throw broken('manifest.json does not name exactly one image')
  const config = configOf(parsed(await bytesOf(Config), Config))
  await startLayout(layout)
  const layers: { digest: string; size: number }[] = []
  for (const [at, name] of Layers.entries()) {
    const file = files.get(String(name))
    if (!file) throw broken(`${name} is missing`)
    const packed = join(work, 'packed-layer')
    const layer = await packedLayer(await plain(file), packed)
    if (layer.diffId !== config.rootfs?.diff_ids[at]) throw broken(`${name} is not what the configuration says`)
    await keepLayer(layout, packed, layer.digest)
    layers.push(layer)
  }
  return finishLayout(layout, config, layers)
}

/** Every file of the archive, by its name there; links, which older versions write for equal layers, lead to their file. */
async function unpacked(archive: string, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const links: [name: string, target: string][] = []
  const reader = extract()
  const reading = pipeline(createReadStream(archive), reader)
  reading.catch(() => {})
  for await (const entry of reader) {
    const { name, type, linkname } = entry.header
    if (type === 'file') {
      // Names come from outside: they are kept apart from the names on this machine.
      const file = join(folder, createHash('sha256').update(name).digest('hex'))
      await pipeline(entry, createWriteStream(file))
      files.set(name, file)
    } else {
      if (type === 'symlink' || type === 'link') links.push([name, linkname ?? ''])
      entry.resume()
    }
  }
  await reading
  for (const [name, target] of links) {
    const file = files.get(join(name, '..', target)) ?? files.get(target)
    if (file) files.set(name, file)
  }
  return files
}

/** With the containerd image store, layers are saved as they were pulled: packed. */
async function plain(file: string) {
  const head = await readHead(file)
  const stream = createReadStream(file)
  return head[0] === 0x1f && head[1] === 0x8b ? stream.pipe(createGunzip()) : stream
}

async function readHead(file: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file, { end: 1 })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const broken = (what: string) => new KibanError('invalid', 'image.broken', images.layoutBroken(what))
