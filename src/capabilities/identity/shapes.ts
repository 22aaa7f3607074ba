import { z } from 'zod'
import { roles } from '../../core/permission.ts'

export const RoleName = z.enum(roles)

export const GrantShape = z.object({
  id: z.string(),
  role: RoleName,
  /** `*` for all. */
  product: z.string(),
  environment: z.string(),
  grantedBy: z.string(),
  reason: z.string().optional(),
  /** Epoch milliseconds. */
  grantedAt: z.number(),
  expiresAt: z.number().optional(),
})
export type GrantShape = z.infer<typeof GrantShape>

export const UserShape = z.object({
  name: z.string(),
  displayName: z.string(),
  email: z.string().optional(),
  createdAt: z.number(),
  disabledAt: z.number().optional(),
  grants: z.array(GrantShape),
})
export type UserShape = z.infer<typeof UserShape>

export const SessionShape = z.object({
  id: z.string(),
  method: z.string(),
  createdAt: z.number(),
  seenAt: z.number(),
  expiresAt: z.number(),
  /** What the browser called itself. */
  agent: z.string().optional(),
  /** Whether this request came by it. */
  current: z.boolean(),
})

export const TokenShape = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  grants: z.array(z.object({ role: RoleName, product: z.string(), environment: z.string() })),
  createdAt: z.number(),
  expiresAt: z.number(),
  usedAt: z.number().optional(),
})

export const FederationShape = z.object({
  id: z.string(),
  issuer: z.string(),
  audience: z.string(),
  /** Patterns of claims; one that is left out is not looked at. */
  wanted: z.object({
    repository: z.string(),
    ref: z.string().optional(),
    jobEnvironment: z.string().optional(),
    jobWorkflow: z.string().optional(),
    ownerId: z.string().optional(),
  }),
  role: RoleName,
  /** `*` for all. */
  product: z.string(),
  environment: z.string(),
  createdBy: z.string(),
  createdAt: z.number(),
})
export type FederationShape = z.infer<typeof FederationShape>

/** A browser never sees `secret`: it becomes a cookie. */
export const LoginShape = z.object({ name: z.string(), secret: z.string().optional(), expiresAt: z.number() })

export const WhoamiShape = z.object({
  name: z.string(),
  kind: z.enum(['user', 'machine', 'nobody']),
  face: z.string(),
  grants: z.array(z.object({ role: RoleName, product: z.string(), environment: z.string() })),
})
export type WhoamiShape = z.infer<typeof WhoamiShape>
