import { createHmac, timingSafeEqual } from 'node:crypto'

const FORM = /^sha256=[0-9a-f]{64}$/

/**
 * Whether a webhook's body was signed with the secret; in constant time. An empty secret signs nothing.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function isSigned(body: Uint8Array, signature: string | undefined, secret: string): boolean {
  if (secret === '' || signature === undefined || !FORM.test(signature)) return false
  const wanted = createHmac('sha256', secret).update(body).digest()
  return timingSafeEqual(wanted, Buffer.from(signature.slice('sha256='.length), 'hex'))
}
