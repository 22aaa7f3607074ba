import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const SECRET = Buffer.from('a secret \u0000 of bytes')
const bytes = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64')
const BASE64 = expect.stringMatching(/^[A-Za-z0-9+/]+=*$/)
const UNKNOWN_KEY = 'arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-4000-8000-000000000000'

export const kms: Scenario = {
  name: 'Keys encrypt, are named, rotated and scheduled for deletion',
  steps: [
    step(
      'kms:CreateKey',
      { Description: 'play', Tags: [{ TagKey: 'team', TagValue: 'bookshop' }] },
      {
        answer: { KeyMetadata: { Enabled: true, KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT', KeyManager: 'CUSTOMER' } },
        keep: { id: 'KeyMetadata.KeyId', arn: 'KeyMetadata.Arn' },
      },
    ),
    step('kms:CreateKey', {}, { keep: { other: 'KeyMetadata.KeyId' } }),
    step('kms:DescribeKey', ({ id }) => ({ KeyId: id }), { answer: { KeyMetadata: { Description: 'play', Origin: 'AWS_KMS' } } }),
    step('kms:DescribeKey', { KeyId: UNKNOWN_KEY }, { fails: 'NotFoundException' }),
    step('kms:ListKeys', { Limit: 1 }, { answer: { Truncated: true, Keys: [expect.anything()] } }),
    step('kms:UpdateKeyDescription', ({ id }) => ({ KeyId: id, Description: 'played' })),
    step('kms:CreateAlias', ({ id }) => ({ AliasName: 'alias/play', TargetKeyId: id })),
    step('kms:CreateAlias', ({ id }) => ({ AliasName: 'alias/play', TargetKeyId: id }), { fails: 'AlreadyExistsException' }),
    step('kms:CreateAlias', ({ id }) => ({ AliasName: 'play', TargetKeyId: id }), { fails: 'ValidationException' }),
    step('kms:ListAliases', ({ id }) => ({ KeyId: id }), { answer: { Aliases: [{ AliasName: 'alias/play' }] } }),
    step(
      'kms:Encrypt',
      { KeyId: 'alias/play', Plaintext: SECRET, EncryptionContext: { for: 'test' } },
      {
        answer: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
        keep: { sealed: 'CiphertextBlob' },
      },
    ),
    step('kms:Decrypt', ({ sealed }) => ({ CiphertextBlob: bytes(sealed), EncryptionContext: { for: 'test' } }), {
      answer: { Plaintext: SECRET.toString('base64') },
    }),
    step('kms:Decrypt', ({ sealed }) => ({ CiphertextBlob: bytes(sealed), EncryptionContext: { for: 'else' } }), {
      fails: 'InvalidCiphertextException',
    }),
    step('kms:UpdateAlias', ({ other }) => ({ AliasName: 'alias/play', TargetKeyId: other })),
    step(
      'kms:ReEncrypt',
      ({ sealed }) => ({
        ...{ CiphertextBlob: bytes(sealed), SourceEncryptionContext: { for: 'test' } },
        DestinationKeyId: 'alias/play',
      }),
      { answer: { SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } },
    ),
    step('kms:GenerateDataKey', ({ id }) => ({ KeyId: id, KeySpec: 'AES_256' }), {
      answer: { Plaintext: BASE64, CiphertextBlob: BASE64 },
    }),
    step('kms:GenerateDataKeyWithoutPlaintext', ({ id }) => ({ KeyId: id, NumberOfBytes: 24 }), {
      answer: { CiphertextBlob: BASE64 },
    }),
    step('kms:GenerateRandom', { NumberOfBytes: 12 }, { answer: { Plaintext: expect.stringMatching(/^.{16}$/) } }),
    step('kms:DeleteAlias', { AliasName: 'alias/play' }),
    step('kms:DeleteAlias', { AliasName: 'alias/play' }, { fails: 'NotFoundException' }),
    step('kms:TagResource', ({ id }) => ({ KeyId: id, Tags: [{ TagKey: 'owner', TagValue: 'aoi' }] })),
    step('kms:UntagResource', ({ id }) => ({ KeyId: id, TagKeys: ['team'] })),
    step('kms:ListResourceTags', ({ id }) => ({ KeyId: id }), { answer: { Tags: [{ TagKey: 'owner', TagValue: 'aoi' }] } }),
    step('kms:EnableKeyRotation', ({ id }) => ({ KeyId: id })),
    step('kms:GetKeyRotationStatus', ({ id }) => ({ KeyId: id }), {
      answer: { KeyRotationEnabled: true },
    }),
    step('kms:RotateKeyOnDemand', ({ id }) => ({ KeyId: id }), { newer: true }),
    step('kms:DisableKeyRotation', ({ id }) => ({ KeyId: id })),
    step('kms:GetKeyPolicy', ({ id }) => ({ KeyId: id, PolicyName: 'default' }), {
      keep: { policy: 'Policy' },
    }),
    step('kms:PutKeyPolicy', ({ id, policy }) => ({ KeyId: id, PolicyName: 'default', Policy: policy })),
    step('kms:PutKeyPolicy', ({ id }) => ({ KeyId: id, PolicyName: 'default', Policy: '{' }), {
      fails: 'MalformedPolicyDocumentException',
    }),
    step('kms:ListKeyPolicies', ({ id }) => ({ KeyId: id }), { answer: { PolicyNames: ['default'] } }),
    step('kms:DisableKey', ({ id }) => ({ KeyId: id })),
    step('kms:Encrypt', ({ id }) => ({ KeyId: id, Plaintext: SECRET }), { fails: 'DisabledException' }),
    step('kms:EnableKey', ({ id }) => ({ KeyId: id })),
    step('kms:ScheduleKeyDeletion', ({ id }) => ({ KeyId: id, PendingWindowInDays: 7 }), {
      answer: { KeyState: 'PendingDeletion' },
    }),
    step('kms:Encrypt', ({ id }) => ({ KeyId: id, Plaintext: SECRET }), { fails: 'KMSInvalidStateException' }),
    step('kms:CancelKeyDeletion', ({ id }) => ({ KeyId: id })),
    step('kms:DescribeKey', ({ id }) => ({ KeyId: id }), { answer: { KeyMetadata: { KeyState: 'Disabled' } } }),
  ],
}
