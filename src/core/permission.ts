import type { Actor } from './actor.ts'

/** From least to most: each may all that the one before it may. */
export const roles = ['viewer', 'developer', 'manager', 'sre'] as const
export type Role = (typeof roles)[number]

/** What an operation needs, from least to most; each operation names one. */
export type Permission = keyof typeof permissions | 'public' | 'signed-in'

/** The one table of who may do what; every face asks `can`. */
export const permissions = {
  /** Look at anything that holds no secret value. */
  read: ['viewer', 'developer', 'manager', 'sre'],
  /** Change what runs in an environment that is not protected. */
  deploy: ['developer', 'manager', 'sre'],
  /** Change what runs in a protected environment. */
  'deploy.protected': ['manager', 'sre'],
  /** Take away what somebody else holds: a lock, a running deployment. */
  force: ['manager', 'sre'],
  /** See who did what on the whole platform, people and roles among it. */
  audit: ['manager', 'sre'],
  /** Agree to, or refuse, what others want to deploy. */
  approve: ['manager', 'sre'],
  /** Let nothing be deployed for a while, or deploy through that. */
  freeze: ['manager', 'sre'],
  /** Change the platform itself. */
  administer: ['sre'],
} as const satisfies Record<string, readonly Role[]>

/** In the place of an environment: a role in any of them will do. */
export const SOME = '?'

/** Where an operation acts; `*` where it concerns every product or environment. */
export interface Place {
  product: string
  environment: string
}

/**
 * Whether the actor holds a role that has the permission at that place. `public` is open before anybody has logged in,
 * `signed-in` to whoever has, whatever their roles. Fails closed.
 */
export function can(actor: Actor, permission: Permission, place: Place): boolean {
  if (permission === 'public') return true
  if (permission === 'signed-in') return actor.kind !== 'nobody'
  const allowed: readonly Role[] = permissions[permission]
  return actor.grants.some(
    (grant) =>
      allowed.includes(grant.role) &&
      (grant.product === '*' || grant.product === place.product) &&
      (grant.environment === '*' || place.environment === SOME || grant.environment === place.environment),
  )
}

/** Where the actor holds a role that has the permission: what a query looks through, so that a page of its answer is full. */
export function placesOf(actor: Actor, permission: keyof typeof permissions): { products: string[]; environments: string[] } {
  const allowed: readonly Role[] = permissions[permission]
  const held = actor.grants.filter(({ role }) => allowed.includes(role))
  return { products: held.map(({ product }) => product), environments: held.map(({ environment }) => environment) }
}

/** Whether the actor holds this role or a greater one there: nobody hands on more than they have. */
export function holds(actor: Actor, wanted: { role: Role } & Place): boolean {
  return actor.grants.some(
    (grant) =>
      roles.indexOf(grant.role) >= roles.indexOf(wanted.role) &&
      (grant.product === '*' || grant.product === wanted.product) &&
      (grant.environment === '*' || grant.environment === wanted.environment),
  )
}
