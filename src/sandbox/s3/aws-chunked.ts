// Bodies in the content coding `aws-chunked`, unwrapped: their trailers hold a checksum.
import { chunkedBody } from '../wire/aws-chunked.ts'
import { s3Error } from './error.ts'

export interface Unchunked {
  body: Uint8Array
  /** By lower-case name. */
  trailers: Record<string, string>
}

/** Whether a request's Content-Encoding says so, and what is left of it for the object. */
export function contentCoding(encoding: string | undefined): { isChunked: boolean; rest: string | undefined } {
  const codings = (encoding ?? '').split(',').map((coding) => coding.trim())
  const rest = codings.filter((coding) => coding !== '' && coding !== 'aws-chunked')
  return { isChunked: codings.includes('aws-chunked'), rest: rest.length > 0 ? rest.join(',') : undefined }
}

export function unchunked(bytes: Uint8Array): Unchunked {
  const body = chunkedBody(bytes)
  if (!body) throw incomplete()
  return { body: Buffer.concat(body.chunks.map(({ data }) => data)), trailers: trailersIn(body.trailer) }
}

function trailersIn(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

const incomplete = () => s3Error('InvalidRequest', {}, 'The aws-chunked body ended before its last chunk.')
