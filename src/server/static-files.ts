// The console's files: built once, served from a folder, found by every deep link.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { Readable } from 'node:stream'

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}
/** Their names change with their content. */
const HASHED = /^assets\//

/** Answers with a file of the folder, packed when the reader takes it so; with its page for any other path. */
export async function staticFile(folder: string, path: string, acceptEncoding = ''): Promise<Response> {
  const wanted = safePath(folder, path)
  const isFile = wanted !== undefined && extname(wanted) !== '' && (await sizeOf(join(folder, wanted))) !== undefined
  if (!isFile && HASHED.test(wanted ?? '')) return new Response('Not found\n', { status: 404 })
  const file = isFile && wanted ? wanted : 'index.html'
  const packed = /\bbr\b/.test(acceptEncoding) && (await sizeOf(join(folder, `${file}.br`))) !== undefined
  const from = join(folder, packed ? `${file}.br` : file)
  const size = await sizeOf(from)
  if (size === undefined) return new Response('The console is not built here: run script/console\n', { status: 404 })
  return new Response(Readable.toWeb(createReadStream(from)) as ReadableStream, {
    headers: {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': String(size),
      'cache-control': HASHED.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(packed ? { 'content-encoding': 'br' } : {}),
    },
  })
}

/** Undefined for a path that would lead out of the folder, or that is no path. */
function safePath(folder: string, path: string): string | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined
  }
  if (decoded.includes('\0')) return undefined
  const full = normalize(join(folder, decoded))
  return full.startsWith(folder.endsWith(sep) ? folder : folder + sep)
    ? full.slice(folder.length).replace(/^[\\/]+/, '')
    : undefined
}

const sizeOf = async (file: string): Promise<number | undefined> => {
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}
