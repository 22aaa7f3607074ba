import type { Role } from './permission.ts'

/** Who acts: a person or a machine, by whatever face they came. */
export interface Actor {
  /** `nobody` has not logged in, and may do only what is public. */
  kind: 'user' | 'machine' | 'nobody'
  /** A stable name: the login of the local user, an OIDC subject, a machine's role. */
  name: string
  /** The roles held, per product and environment; `*` stands for all. */
  grants: { role: Role; product: string; environment: string }[]
  /** The session or token by which they came, where there is one. */
  session?: string
  /** The face through which this call came. */
  face: 'cli' | 'http' | 'slack' | 'webhook' | 'worker'
}
