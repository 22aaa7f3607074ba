import { randomBytes } from 'node:crypto'
import type { KeyMetadata } from '@aws-sdk/client-kms'
import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { invalidMarker } from './alias-operations.ts'
import { defaultPolicy, type Key, type KeyRing } from './keys.ts'
import type { KmsHandlers } from './kms.ts'

const KEY_PAGE = 100
const TAG_PAGE = 50
const MAXIMUM_TAGS = 50
const DAY_MS = 86_400_000
const DELETION_WINDOW_DAYS = { default: 30, least: 7, most: 30 }
const ROTATION_PERIOD_DAYS = 365

export function keyOperations(cloud: Cloud, ring: KeyRing): KmsHandlers {
  return {
    CreateKey(input) {
      refuseUnsupported(input)
      const key = ring.create({
        description: input.Description ?? '',
        policy: input.Policy === undefined ? defaultPolicy(cloud.account) : parsedPolicy(input.Policy),
        tags: taggedWith({}, input.Tags),
        manager: 'CUSTOMER',
      })
      return { KeyMetadata: metadata(cloud, key) }
    },

    DescribeKey: (input) => ({ KeyMetadata: metadata(cloud, ring.find(input.KeyId as string)) }),

    ListKeys(input) {
      const keys = sortedBy(ring.all(), (key) => key.id)
      const { items, nextToken } = page(keys, (key) => key.id, {
        token: input.Marker,
        size: input.Limit ?? KEY_PAGE,
        invalid: invalidMarker,
      })
      return {
        Keys: items.map((key) => ({ KeyId: key.id, KeyArn: key.arn })),
        NextMarker: nextToken,
        Truncated: nextToken !== undefined,
      }
    },

    UpdateKeyDescription(input) {
      ring.save({ ...changeable(ring, input.KeyId), description: input.Description as string })
      return {}
    },

    EnableKey(input) {
      ring.save({ ...changeable(ring, input.KeyId), enabled: true })
      return {}
    },

    DisableKey(input) {
      ring.save({ ...changeable(ring, input.KeyId), enabled: false })
      return {}
    },

    ScheduleKeyDeletion(input) {
      const key = changeable(ring, input.KeyId)
      const days = input.PendingWindowInDays ?? DELETION_WINDOW_DAYS.default
      if (days < DELETION_WINDOW_DAYS.least || days > DELETION_WINDOW_DAYS.most) {
        throw new AwsError('ValidationException', `${days} is not between 7 and 30 days.`)
      }
      const deletionDate = new Date(cloud.clock.now() + days * DAY_MS)
      ring.save({ ...key, deletionDate })
      return { KeyId: key.arn, DeletionDate: deletionDate, KeyState: 'PendingDeletion', PendingWindowInDays: days }
    },

    CancelKeyDeletion(input) {
      const { deletionDate, ...key } = ring.findCustomers(input.KeyId as string)
      if (!deletionDate) throw new AwsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`)
      ring.save({ ...key, enabled: false })
      return { KeyId: key.arn }
    },

    EnableKeyRotation(input) {
      const key = enabledOf(changeable(ring, input.KeyId))
      const periodDays = input.RotationPeriodInDays ?? key.rotation?.periodDays ?? ROTATION_PERIOD_DAYS
      ring.save({ ...key, rotation: { periodDays, since: new Date(cloud.clock.now()) } })
      return {}
    },

    DisableKeyRotation(input) {
      const { rotation: _, ...key } = enabledOf(changeable(ring, input.KeyId))
      ring.save(key)
      return {}
    },

    GetKeyRotationStatus(input) {
      const key = ring.find(input.KeyId as string)
      if (!key.rotation) return { KeyId: key.arn, KeyRotationEnabled: false }
      const { periodDays, since } = key.rotation
      return {
        KeyId: key.arn,
        KeyRotationEnabled: key.deletionDate === undefined,
        RotationPeriodInDays: periodDays,
        NextRotationDate: new Date(since.getTime() + periodDays * DAY_MS),
      }
    },

    RotateKeyOnDemand(input) {
      const key = enabledOf(changeable(ring, input.KeyId))
      ring.save({ ...key, materials: [...key.materials, randomBytes(32)] })
      return { KeyId: key.arn }
    },

    GetKeyPolicy(input) {
      refuseOtherPolicy(input.PolicyName)
      return { Policy: ring.find(input.KeyId as string).policy, PolicyName: 'default' }
    },

    PutKeyPolicy(input) {
      refuseOtherPolicy(input.PolicyName)
      ring.save({ ...changeable(ring, input.KeyId), policy: parsedPolicy(input.Policy as string) })
      return {}
    },

    ListKeyPolicies(input) {
      ring.find(input.KeyId as string)
      return { PolicyNames: ['default'], Truncated: false }
    },

    TagResource(input) {
      const key = changeable(ring, input.KeyId)
      ring.save({ ...key, tags: taggedWith(key.tags, input.Tags) })
      return {}
    },

    UntagResource(input) {
      const key = changeable(ring, input.KeyId)
      const gone = new Set(input.TagKeys)
      ring.save({ ...key, tags: Object.fromEntries(Object.entries(key.tags).filter(([name]) => !gone.has(name))) })
      return {}
    },

    ListResourceTags(input) {
      const tags = Object.entries(ring.find(input.KeyId as string).tags)
      const { items, nextToken } = page(
        sortedBy(tags, ([name]) => name),
        ([name]) => name,
        { token: input.Marker, size: input.Limit ?? TAG_PAGE, invalid: invalidMarker },
      )
      return {
        Tags: items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        NextMarker: nextToken,
        Truncated: nextToken !== undefined,
      }
    },
  }
}

function metadata(cloud: Cloud, key: Key): KeyMetadata {
  return {
    AWSAccountId: cloud.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.enabled && !key.deletionDate,
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.deletionDate ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled',
    DeletionDate: key.deletionDate,
    Origin: 'AWS_KMS',
    KeyManager: key.manager,
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  }
}

function refuseUnsupported(input: {
  KeySpec?: string
  CustomerMasterKeySpec?: string
  KeyUsage?: string
  Origin?: string
  MultiRegion?: boolean
  CustomKeyStoreId?: string
  XksKeyId?: string
}): void {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  const refused =
    (spec !== 'SYMMETRIC_DEFAULT' && `KeySpec ${spec}`) ||
    ((input.KeyUsage ?? 'ENCRYPT_DECRYPT') !== 'ENCRYPT_DECRYPT' && `KeyUsage ${input.KeyUsage}`) ||
    ((input.Origin ?? 'AWS_KMS') !== 'AWS_KMS' && `Origin ${input.Origin}`) ||
    (input.MultiRegion && 'MultiRegion') ||
    (input.CustomKeyStoreId && 'CustomKeyStoreId') ||
    (input.XksKeyId && 'XksKeyId')
  if (refused) throw new AwsError('UnsupportedOperationException', `${refused} is not supported by this sandbox.`)
}

function changeable(ring: KeyRing, identifier: string | undefined): Key {
  const key = ring.findCustomers(identifier as string)
  if (key.deletionDate) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)
  return key
}

function enabledOf(key: Key): Key {
  if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`)
  return key
}

function refuseOtherPolicy(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw new AwsError('NotFoundException', 'No such policy exists')
}

function parsedPolicy(text: string): string {
  try {
    const policy: unknown = JSON.parse(text)
    if (typeof policy === 'object' && policy !== null && 'Statement' in policy) return text
  } catch {}
  throw new AwsError('MalformedPolicyDocumentException', 'Policy contains invalid json')
}

function taggedWith(old: Record<string, string>, tags: { TagKey?: string; TagValue?: string }[] | undefined) {
  const next = { ...old }
  for (const { TagKey, TagValue } of tags ?? []) {
    if (TagKey?.toLowerCase().startsWith('aws:'))
      throw new AwsError('TagException', 'aws: prefixed tag key names are not allowed')
    next[TagKey as string] = TagValue as string
  }
  if (Object.keys(next).length > MAXIMUM_TAGS) throw new AwsError('LimitExceededException', 'Too many tags')
  return next
}
