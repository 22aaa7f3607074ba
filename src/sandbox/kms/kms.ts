import type { Cloud, Handlers, Service } from '../cloud.ts'
import { aliasOperations } from './alias-operations.ts'
import { cryptoOperations } from './crypto-operations.ts'
import { keyOperations } from './key-operations.ts'
import { KeyRing, type Keys } from './keys.ts'

export type KmsHandlers = Handlers<typeof import('@aws-sdk/client-kms')>

/** KMS with symmetric keys; `keys` is for the services that encrypt what they keep. */
export function kms(cloud: Cloud): Service & { keys: Keys } {
  const ring = new KeyRing(cloud)
  const handlers: KmsHandlers = { ...keyOperations(cloud, ring), ...aliasOperations(cloud, ring), ...cryptoOperations(ring) }
  return { client: () => import('@aws-sdk/client-kms'), signingName: 'kms', handlers, keys: ring }
}
