import { isIP } from 'node:net'

/** Passkeys belong to a name in the DNS, never to a bare address: https://www.w3.org/TR/webauthn-3/#rp-id */
export const hasName = (publicUrl: URL | undefined): publicUrl is URL =>
  publicUrl !== undefined && isIP(publicUrl.hostname.replace(/^\[|\]$/g, '')) === 0
