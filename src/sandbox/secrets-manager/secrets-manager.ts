import type { Cloud, Handlers, Service } from '../cloud.ts'
import type { Keys } from '../kms/keys.ts'
import { listOperations } from './list-operations.ts'
import { policyOperations } from './policy-operations.ts'
import { randomPassword } from './random-password.ts'
import { secretOperations } from './secret-operations.ts'
import { SecretStore } from './secret-store.ts'
import { valueOperations } from './value-operations.ts'

export type SecretsManagerHandlers = Handlers<typeof import('@aws-sdk/client-secrets-manager')>

export function secretsManager(cloud: Cloud, keys: Keys): Service & { store: SecretStore } {
  const store = new SecretStore(cloud, keys)
  const handlers: SecretsManagerHandlers = {
    ...secretOperations(store),
    ...valueOperations(store),
    ...listOperations(store),
    ...policyOperations(store),
    GetRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),
  }
  return { client: () => import('@aws-sdk/client-secrets-manager'), signingName: 'secretsmanager', handlers, store }
}
