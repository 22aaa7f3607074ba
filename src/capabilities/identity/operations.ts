import type { Operation } from '../../core/operation.ts'
import { deviceOperations } from './device-operations.ts'
import { federationOperations } from './federation-operations.ts'
import type { IdentityDependencies } from './identity.ts'
import { loginOperations } from './login-operations.ts'
import { oidcOperations } from './oidc-operations.ts'
import { passkeyOperations } from './passkey-operations.ts'
import { peopleOperations } from './people-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { whoamiOperations } from './whoami-operations.ts'

/** `all` gives every operation of the product, once they are all declared. */
export function identityOperations(dependencies: IdentityDependencies, all: () => readonly Operation[]): Operation[] {
  return [
    ...whoamiOperations(all),
    ...loginOperations(dependencies),
    ...oidcOperations(dependencies),
    ...passkeyOperations(dependencies),
    ...deviceOperations(dependencies),
    ...sessionOperations(dependencies),
    ...federationOperations(dependencies),
    ...peopleOperations(dependencies),
  ]
}
