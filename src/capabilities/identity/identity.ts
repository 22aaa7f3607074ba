import type { Clock } from '../../core/clock.ts'
import type { Database } from '../../database/database.ts'
import type { OidcSettings } from './oidc-settings.ts'
import type { Seal } from './secret.ts'

/** What the work of identities stands on. */
export interface Identity {
  database: Database
  clock: Clock
  /** Throws when there is no key to seal with. */
  seal(): Promise<Seal>
  /** The company's provider, where there is one. Throws `oidc.settings`. */
  oidc?(): OidcSettings | undefined
}

/** What app.ts gives: opened at its first use. */
export interface IdentityDependencies {
  identity(): Promise<Identity>
}

export interface User {
  id: string
  /** Lower case; what the timeline shows. */
  name: string
  displayName: string
  email: string | undefined
  createdAt: number
  disabledAt: number | undefined
}
