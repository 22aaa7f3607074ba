import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import type { Alias, KeyRing } from './keys.ts'
import type { KmsHandlers } from './kms.ts'

const DEFAULT_PAGE = 50

export function aliasOperations(cloud: Cloud, ring: KeyRing): KmsHandlers {
  const now = () => new Date(cloud.clock.now())

  return {
    CreateAlias(input) {
      const name = changeable(input.AliasName as string)
      const key = ring.findCustomers(input.TargetKeyId as string)
      if (ring.aliases.has(name)) {
        throw new AwsError('AlreadyExistsException', `An alias with the name ${ring.aliasArn(name)} already exists`)
      }
      ring.aliases.set(name, { name, keyId: key.id, createdAt: now(), updatedAt: now() })
      return {}
    },

    UpdateAlias(input) {
      const name = changeable(input.AliasName as string)
      const alias = existing(ring, name)
      const key = ring.findCustomers(input.TargetKeyId as string)
      ring.aliases.set(name, { ...alias, keyId: key.id, updatedAt: now() })
      return {}
    },

    DeleteAlias(input) {
      const name = changeable(input.AliasName as string)
      existing(ring, name)
      ring.aliases.delete(name)
      return {}
    },

    ListAliases(input) {
      const key = input.KeyId === undefined ? undefined : ring.find(input.KeyId)
      const aliases = [...ring.aliases.values()].filter((alias) => key === undefined || alias.keyId === key.id)
      const { items, nextToken } = page(
        sortedBy(aliases, (alias) => alias.name),
        (alias) => alias.name,
        { token: input.Marker, size: input.Limit ?? DEFAULT_PAGE, invalid: invalidMarker },
      )
      const entries = items.map((alias) => ({
        AliasName: alias.name,
        AliasArn: ring.aliasArn(alias.name),
        TargetKeyId: alias.keyId,
        CreationDate: alias.createdAt,
        LastUpdatedDate: alias.updatedAt,
      }))
      return { Aliases: entries, NextMarker: nextToken, Truncated: nextToken !== undefined }
    },
  }
}

export const invalidMarker = (): never => {
  throw new AwsError('InvalidMarkerException', 'Could not deserialize marker')
}

function changeable(name: string): string {
  if (!name.startsWith('alias/')) {
    throw new AwsError(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  }
  if (name.startsWith('alias/aws/')) throw new AwsError('NotAuthorizedException', '')
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) throw new AwsError('InvalidAliasNameException', `Invalid alias name ${name}`)
  return name
}

function existing(ring: KeyRing, name: string): Alias {
  const alias = ring.aliases.get(name)
  if (!alias) throw new AwsError('NotFoundException', `Alias ${ring.aliasArn(name)} is not found.`)
  return alias
}
