import type { Filter, SecretListEntry, SecretValueEntry } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { type Secret, stagesByVersion } from './secret.ts'
import { description } from './secret-operations.ts'
import type { SecretStore } from './secret-store.ts'
import type { SecretsManagerHandlers } from './secrets-manager.ts'
import { entry } from './value-operations.ts'

const LIST_PAGE = 100
const BATCH_PAGE = 20

export function listOperations(store: SecretStore): SecretsManagerHandlers {
  return {
    ListSecrets(input) {
      const passes = secretFilter(input.Filters)
      const found = store.all().filter((secret) => (input.IncludePlannedDeletion || !secret.deletion) && passes(secret))
      const keyOf = sortKey(input.SortBy ?? 'created-date')
      const descending = input.SortOrder === 'desc'
      const sorted = sortedBy(found, keyOf)
      const { items, nextToken } = page(descending ? sorted.toReversed() : sorted, keyOf, {
        token: input.NextToken,
        size: input.MaxResults ?? LIST_PAGE,
        descending,
        invalid: invalidToken,
      })
      return { SecretList: items.map(listEntry), NextToken: nextToken }
    },

    ListSecretVersionIds(input) {
      const secret = store.find(input.SecretId as string)
      const shown = secret.versions.filter(({ stages }) => input.IncludeDeprecated || stages.length > 0)
      const versions = sortedBy(shown, ({ id }) => id)
      const { items, nextToken } = page(versions, ({ id }) => id, {
        token: input.NextToken,
        size: input.MaxResults ?? LIST_PAGE,
        invalid: invalidToken,
      })
      const entries = items.map((version) => ({
        VersionId: version.id,
        VersionStages: version.stages,
        LastAccessedDate: version.accessedAt,
        CreatedDate: version.createdAt,
        KmsKeyIds: [secret.keyId ? version.keyArn : 'DefaultEncryptionKey'],
      }))
      return { Versions: entries, NextToken: nextToken, ARN: secret.arn, Name: secret.name }
    },

    BatchGetSecretValue(input) {
      if ((input.SecretIdList === undefined) === (input.Filters === undefined)) {
        throw new AwsError('InvalidParameterException', "Either 'SecretIdList' or 'Filters' must be provided, but not both.")
      }
      if (input.SecretIdList) return batch(store, input.SecretIdList)
      const passes = secretFilter(input.Filters)
      const found = sortedBy(
        store.all().filter((secret) => !secret.deletion && passes(secret)),
        ({ name }) => name,
      )
      const { items, nextToken } = page(found, ({ name }) => name, {
        token: input.NextToken,
        size: input.MaxResults ?? BATCH_PAGE,
        invalid: invalidToken,
      })
      return {
        ...batch(
          store,
          items.map(({ arn }) => arn),
        ),
        NextToken: nextToken,
      }
    },
  }
}

function batch(store: SecretStore, identifiers: string[]) {
  const values: SecretValueEntry[] = []
  const errors: { SecretId: string; ErrorCode: string; Message: string }[] = []
  for (const identifier of identifiers) {
    try {
      values.push(entry(store, store.findAlive(identifier), {}))
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      errors.push({ SecretId: identifier, ErrorCode: error.code, Message: error.message })
    }
  }
  return { SecretValues: values, Errors: errors }
}

/** Filters are joined by and, the values of one by or; `!` negates a value. All but `all` match a prefix. */
function secretFilter(filters: Filter[] = []): (secret: Secret) => boolean {
  return (secret) => filters.every(({ Key, Values }) => Values?.some((value) => matches(secret, Key as string, value)) ?? true)
}

function matches(secret: Secret, key: string, value: string): boolean {
  if (value.startsWith('!')) return !matches(secret, key, value.slice(1))
  const keys = Object.keys(secret.tags)
  const values = Object.values(secret.tags)
  if (key === 'name') return secret.name.startsWith(value)
  if (key === 'description') return isPrefixed(secret.description ?? '', value)
  if (key === 'tag-key') return keys.some((tag) => tag.startsWith(value))
  if (key === 'tag-value') return values.some((tag) => tag.startsWith(value))
  if (key === 'owning-service' || key === 'primary-region') return false
  const all = [secret.name, secret.description ?? '', ...keys, ...values].join(' ').toLowerCase()
  return value
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}

function isPrefixed(text: string, prefix: string): boolean {
  return text.toLowerCase().startsWith(prefix.toLowerCase())
}

function sortKey(by: string): (secret: Secret) => string {
  const time = (date: Date | undefined) => String(date?.getTime() ?? 0).padStart(16, '0')
  if (by === 'name') return ({ name }) => name
  if (by === 'last-changed-date') return (secret) => time(secret.changedAt) + secret.name
  if (by === 'last-accessed-date') return (secret) => time(secret.accessedAt) + secret.name
  return (secret) => time(secret.createdAt) + secret.name
}

function listEntry(secret: Secret): SecretListEntry {
  const { VersionIdsToStages: _, ...rest } = description(secret)
  return { ...rest, DeletedDate: secret.deletion?.calledAt, SecretVersionsToStages: stagesByVersion(secret) }
}

const invalidToken = (): never => {
  throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.')
}
