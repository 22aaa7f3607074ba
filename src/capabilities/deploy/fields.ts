// The fields that operations of deploys share.
import { resolve } from 'node:path'
import { z } from 'zod'
import { deployFields as text } from '../../core/messages/deploy-fields.ts'
import { about } from '../../core/operation.ts'

export const env = z.string().min(1).meta(about(text.environment.en, text.environment.ja))

export const services = z.array(z.string().min(1)).default([]).meta(about(text.services.en, text.services.ja))

/** A path becomes absolute where the caller stands; a URL or `host:path` stays. */
export const repository = z
  .string()
  .default('.')
  .meta(about(text.repository.en, text.repository.ja))
  .transform((given) => (/^[a-z+]+:\/\/|^[^/]+@[^/]+:/.test(given) ? given : resolve(given)))

export const ref = z.string().min(1).default('HEAD').meta(about(text.ref.en, text.ref.ja))

export const commit = z
  .string()
  .regex(/^[0-9a-f]{7,40}$/)
  .optional()
  .meta(about(text.commit.en, text.commit.ja))

/** The name of the newest deployment, whichever that is. */
export const NEWEST = 'newest'

export const place = (input: { product: string; env: string }) => ({ product: input.product, environment: input.env })
export const anyEnvironment = (input: { product: string }) => ({ product: input.product, environment: '*' })
