import type { Actor } from '../../core/actor.ts'
import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { can, type Place } from '../../core/permission.ts'
import type { Queryable } from '../../database/database.ts'
import { environmentsOf } from '../../manifest/environment.ts'
import { findProduct } from '../products/catalogue.ts'

/**
 * Stopping what rolls in a protected environment, or holding it up, changes what runs there as much as a deployment does.
 * Which environments are protected says the manifest as the catalogue has read it; one that it does not know counts as
 * protected. Throws `permission.denied`.
 */
export async function refuseProtected(database: Queryable, actor: Actor, place: Place): Promise<void> {
  // Without a server nobody comes further: there is no catalogue then, and the person at the machine may do everything.
  if (can(actor, 'deploy.protected', place)) return
  const product = await findProduct(database, place.product)
  const environments = product ? environmentsOf(product.manifest) : {}
  const known = Object.hasOwn(environments, place.environment) ? environments[place.environment] : undefined
  if (known && !known.protected) return
  const { text, hint } = known
    ? { text: deploy.protectedEnvironment(actor.name, place.environment), hint: deploy.protectedHint }
    : { text: deploy.unknownProtection(actor.name, `${place.product}/${place.environment}`), hint: deploy.unknownProtectionHint }
  throw new KibanError('forbidden', 'permission.denied', text, { hint, place })
}
