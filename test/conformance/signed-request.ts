// Requests that no client would make, signed by a signer that is not ours: smithy's.
import { createHash, createHmac } from 'node:crypto'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'

export interface RawRequest {
  method?: string
  path?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: string | Buffer
}

export function signerFor({ region, credentials }: Pick<ClientConfig, 'region' | 'credentials'>, service: string): SignatureV4 {
  const settings = { service, region, credentials, applyChecksum: false, uriEscapePath: service !== 's3' }
  // biome-ignore lint/suspicious/noExplicitAny: the constructor type of smithy's hashes is not exported
  return new SignatureV4({ ...settings, sha256: Sha256 as any })
}

/** Signs a request as the administrator and sends it, however odd it is. */
export async function sendSigned(client: ClientConfig, service: string, request: RawRequest): Promise<Response> {
  const { method = 'POST', path = '/', query = {}, headers = {}, body = '' } = request
  const { host } = new URL(client.endpoint)
  const unsigned = new HttpRequest({ method, path, query, headers: { host, ...headers }, body })
  const signed = await signerFor(client, service).sign(unsigned)
  const search = Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : ''
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return fetch(`${client.endpoint}${path}${search}`, { method, headers: signed.headers, ...(hasBody && { body }) })
}

class Sha256 {
  readonly #hash
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret ? createHmac('sha256', secret) : createHash('sha256')
  }
  update(data: string | Uint8Array) {
    this.#hash.update(data)
  }
  async digest() {
    return new Uint8Array(this.#hash.digest())
  }
  reset() {}
}
