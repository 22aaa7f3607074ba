import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { KibanError } from '../../core/error.ts'
import { identity as text } from '../../core/messages/identity.ts'
import type { Database } from '../../database/database.ts'
import type { Identity } from './identity.ts'
import { type OidcSettings, oidcSettings } from './oidc-settings.ts'
import { type Seal, sealBy } from './secret.ts'

const KEY_BYTES = 32

export interface IdentityOptions {
  database: Database
  clock: Clock
  folder: string
  environment: NodeJS.ProcessEnv
}

export function openIdentity({ database, clock, folder, environment }: IdentityOptions): Identity {
  // Only passwords need it, and those are the last resort: it is looked for at its first use.
  let seal: Promise<Seal> | undefined
  // One object for as long as the process runs: what is known of a provider goes by it.
  let oidc: { settings: OidcSettings | undefined } | undefined
  return {
    database,
    clock,
    seal: () => {
      seal ??= sealOf(folder, environment)
      return seal
    },
    oidc() {
      oidc ??= { settings: oidcSettings(environment) }
      return oidc.settings
    },
  }
}

/** By `KIBAN_SECRET_KEY`; with the embedded database, by a file beside it that is made at the first use. */
async function sealOf(folder: string, environment: NodeJS.ProcessEnv): Promise<Seal> {
  const given = environment.KIBAN_SECRET_KEY
  if (given) {
    const key = Buffer.from(given, 'base64')
    if (key.length !== KEY_BYTES)
      throw new KibanError('invalid', 'secret-key.invalid', text.badSecretKey, { hint: text.secretKeyHint })
    return sealBy(key)
  }
  // Several servers on one database have no folder in common.
  if (environment.DATABASE_URL)
    throw new KibanError('invalid', 'secret-key.missing', text.noSecretKey, { hint: text.secretKeyHint })
  const file = join(folder, 'secret.key')
  try {
    await writeFile(file, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return sealBy(Buffer.from(await readFile(file, 'utf8'), 'base64'))
}
