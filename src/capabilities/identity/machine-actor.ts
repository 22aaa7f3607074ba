import type { Actor } from '../../core/actor.ts'
import type { Queryable } from '../../database/database.ts'
import { findUser, grantsOf } from './user-store.ts'

/** A person whom a face knows by an account of its own, with what is granted to them at this moment; undefined where they are disabled. */
export async function personActor(database: Queryable, name: string, face: Actor['face']): Promise<Actor | undefined> {
  const user = await findUser(database, { name })
  if (!user || user.disabledAt !== undefined) return undefined
  const grants = await grantsOf(database, [user.id])
  return {
    kind: 'user',
    name: user.name,
    face,
    grants: grants.map(({ role, product, environment }) => ({ role, product, environment })),
  }
}

/**
 * A machine that proves itself by a signature: it may what is granted to the user of its name at this moment, and nothing
 * where there is no such user, or one that is disabled.
 */
export async function machineActor(database: Queryable, name: string, face: Actor['face']): Promise<Actor> {
  const user = await findUser(database, { name })
  const grants = user && user.disabledAt === undefined ? await grantsOf(database, [user.id]) : []
  return { kind: 'machine', name, face, grants: grants.map(({ role, product, environment }) => ({ role, product, environment })) }
}
