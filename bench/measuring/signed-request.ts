// A request of AWS's JSON protocol, signed once and sent as often as wanted: the client's own work stays small.
import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'
import type { HttpRequest } from './hammer.ts'

/** `target` is `AmazonSSM.PutParameter`. Good for five minutes. */
export async function signedRequest(
  to: ClientConfig,
  { service, target, version, input }: { service: string; target: string; version: '1.0' | '1.1'; input: object },
): Promise<HttpRequest> {
  const url = new URL(to.endpoint)
  const body = JSON.stringify(input)
  const signer = new SignatureV4({ service, region: to.region, credentials: to.credentials, sha256: Sha256 })
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
    body,
  })
  return { url, method: 'POST', headers: { ...signed.headers, 'content-length': String(Buffer.byteLength(body)) }, body }
}

/** What the signer asks of a hash. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>

  constructor(key?: ConstructorParameters<NonNullable<ConstructorParameters<typeof SignatureV4>[0]['sha256']>>[0]) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(key as Uint8Array))
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}
