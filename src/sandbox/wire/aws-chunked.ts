/**
 * Bodies in the content coding `aws-chunked`: chunks with a header line each, and trailers after the last, which is empty.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */

export interface ChunkedBody {
  /** The last is empty. */
  chunks: Chunk[]
  /** Lines of `name:value`. */
  trailer: string
}

export interface Chunk {
  data: Buffer
  /** After the size in the header line: `chunk-signature=…`. */
  extension: string
}

/** Undefined for a body that ends before its last chunk. */
export function chunkedBody(bytes: Uint8Array): ChunkedBody | undefined {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: Chunk[] = []
  let at = 0
  for (;;) {
    const end = source.indexOf('\r\n', at)
    const [, hex = '', extension = ''] =
      end < 0 ? [] : (/^([0-9a-f]{1,12})(?:;(.*))?$/i.exec(source.toString('latin1', at, end)) ?? [])
    const size = Number.parseInt(hex, 16)
    const start = end + 2
    if (Number.isNaN(size) || start + size > source.length) return undefined
    chunks.push({ data: source.subarray(start, start + size), extension })
    if (size === 0) return { chunks, trailer: source.toString('latin1', start) }
    at = start + size + 2
  }
}
