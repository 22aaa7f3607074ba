// Secrets are references only: where a value is kept, never the value.
import { z } from 'zod'
import { EnvironmentVariable, pattern } from './field.ts'

// A name under applications/, a path under the product, a full parameter path, an ARN, `secretsmanager:name[:key]`, or a
// value that only KMS can read, `kms:base64`.
const Reference = pattern(
  /^(arn:aws[a-z-]*:(ssm|secretsmanager):[^\s]+|kms:[A-Za-z0-9+/]+={0,2}|secretsmanager:[^\s:]+(:[^\s:]+)?|\/?[A-Za-z0-9_.{}-]+(\/[A-Za-z0-9_.{}-]+)*)$/,
  'secretReference',
)

/** A list of names, or a map from environment variable to reference; always the map when read. */
export const Secrets = z.union([
  z
    .array(Reference)
    .transform((references) => Object.fromEntries(references.map((reference) => [variableOf(reference), reference]))),
  z.record(EnvironmentVariable, Reference),
])

/** `database-url` becomes `DATABASE_URL`; of a path or ARN the last part counts. */
export function variableOf(reference: string): string {
  const last = reference.split(/[/:]/).at(-1) ?? ''
  return last
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_')
}

/** How a value begins that KMS encrypted: it is decrypted when the task definition is registered, and never before. */
export const KMS_VALUE = 'kms:'

export interface SecretPlace {
  product: string
  environment: string
  /** Where bare names are: `/bookshop/staging/applications`. */
  prefix: string
  account: string | undefined
  region: string | undefined
}

/**
 * A reference as ECS's `valueFrom` wants it: a parameter's path or an ARN. Undefined when it needs an account and region
 * that nobody gave (ECS takes Secrets Manager's secrets by ARN only).
 */
export function valueFrom(reference: string, place: SecretPlace): string | undefined {
  const filled = reference.replaceAll('{product}', place.product).replaceAll('{env}', place.environment)
  if (filled.startsWith('arn:') || filled.startsWith('/') || filled.startsWith(KMS_VALUE)) return filled
  if (filled.startsWith('secretsmanager:')) {
    const [, name, key] = filled.split(':')
    if (!place.account || !place.region) return undefined
    const arn = `arn:aws:secretsmanager:${place.region}:${place.account}:secret:${name}`
    return key ? `${arn}:${key}::` : arn
  }
  const [first, second] = filled.split('/')
  if (first === 'general' && second) return `/${place.product}/${filled}`
  if (first === 'infrastructures' && second) return `/${place.product}/${place.environment}/${filled}`
  return `${place.prefix}/${filled}`
}
