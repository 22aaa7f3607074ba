import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  InvalidCiphertextException,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

const DAY_MS = 86_400_000
let sandbox: Awaited<ReturnType<typeof testSandbox>>
let kms: KMSClient

beforeAll(async () => {
  sandbox = await testSandbox()
  kms = new KMSClient(sandbox.client)
})
afterAll(() => sandbox.close())

async function newKey(): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  return KeyMetadata?.KeyId ?? ''
}
const encrypt = (KeyId: string, text: string, EncryptionContext?: Record<string, string>) =>
  kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text), EncryptionContext }))
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()

describe('Encrypt and Decrypt', () => {
  test('a ciphertext knows its key, by whatever name that was given', async () => {
    const id = await newKey()
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/app', TargetKeyId: id }))
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/app' }))
    const arn = `arn:aws:kms:ap-northeast-1:123456789012:key/${id}`
    expect(KeyMetadata).toMatchObject({ Arn: arn, KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT', KeyManager: 'CUSTOMER' })
    for (const name of [id, arn, 'alias/app', 'arn:aws:kms:ap-northeast-1:123456789012:alias/app']) {
      const { CiphertextBlob, KeyId } = await encrypt(name, 'secret')
      expect(KeyId).toBe(arn)
      const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
      expect([text(opened.Plaintext), opened.KeyId]).toEqual(['secret', arn])
    }
  })

  test('the order of the context does not matter, its content does', async () => {
    const id = await newKey()
    const { CiphertextBlob } = await encrypt(id, 'secret', { a: '1', b: '2' })
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { b: '2', a: '1' } }))
    expect(text(opened.Plaintext)).toBe('secret')
    const others: (Record<string, string> | undefined)[] = [undefined, { a: '1' }, { a: '1', b: '3' }]
    for (const EncryptionContext of others) {
      await expect(kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).rejects.toBeInstanceOf(
        InvalidCiphertextException,
      )
    }
  })

  test('an altered ciphertext and one of nobody are InvalidCiphertextException', async () => {
    const { CiphertextBlob = new Uint8Array() } = await encrypt(await newKey(), 'secret')
    CiphertextBlob[CiphertextBlob.length - 1] = (CiphertextBlob.at(-1) ?? 0) ^ 1
    for (const blob of [CiphertextBlob, Buffer.from('nobody')]) {
      await expect(kms.send(new DecryptCommand({ CiphertextBlob: blob }))).rejects.toBeInstanceOf(InvalidCiphertextException)
    }
  })

  test('another key than the ciphertext’s is IncorrectKeyException', async () => {
    const { CiphertextBlob } = await encrypt(await newKey(), 'secret')
    await expect(kms.send(new DecryptCommand({ CiphertextBlob, KeyId: await newKey() }))).rejects.toMatchObject({
      name: 'IncorrectKeyException',
    })
  })

  test('ReEncrypt moves a ciphertext to another key and context', async () => {
    const [from, to] = [await newKey(), await newKey()]
    const { CiphertextBlob } = await encrypt(from, 'secret', { a: '1' })
    const moved = await kms.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: { a: '1' },
        DestinationKeyId: to,
        DestinationEncryptionContext: { b: '2' },
      }),
    )
    expect([moved.SourceKeyId, moved.KeyId].map((arn) => arn?.split('/')[1])).toEqual([from, to])
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { b: '2' } }))
    expect(text(opened.Plaintext)).toBe('secret')
  })

  test('what was encrypted before a rotation opens after it', async () => {
    const id = await newKey()
    const { CiphertextBlob } = await encrypt(id, 'old')
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }))
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
    expect(text(opened.Plaintext)).toBe('old')
  })
})

test('data keys come with or without their plaintext', async () => {
  const KeyId = await newKey()
  const key = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_128' }))
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob }))
  expect(key.Plaintext).toHaveLength(16)
  expect(opened.Plaintext).toEqual(key.Plaintext)
  const bare = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 64 }))
  const openedBare = await kms.send(new DecryptCommand({ CiphertextBlob: bare.CiphertextBlob }))
  expect(openedBare.Plaintext).toHaveLength(64)
  await expect(kms.send(new GenerateDataKeyCommand({ KeyId }))).rejects.toMatchObject({
    message: 'Please specify either number of bytes or key spec.',
  })
  const { Plaintext } = await kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 }))
  expect(Plaintext).toHaveLength(8)
})

describe('the life of a key', () => {
  test('a disabled key does nothing until it is enabled', async () => {
    const KeyId = await newKey()
    await kms.send(new DisableKeyCommand({ KeyId }))
    await expect(encrypt(KeyId, 'x')).rejects.toMatchObject({
      name: 'DisabledException',
      message: `arn:aws:kms:ap-northeast-1:123456789012:key/${KeyId} is disabled.`,
    })
    await kms.send(new EnableKeyCommand({ KeyId }))
    await encrypt(KeyId, 'x')
  })

  test('a key pending deletion is unusable, and comes back disabled', async () => {
    const KeyId = await newKey()
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
    expect(scheduled.DeletionDate?.getTime()).toBeGreaterThan(Date.now() + 6.9 * DAY_MS)
    await expect(encrypt(KeyId, 'x')).rejects.toMatchObject({ name: 'KMSInvalidStateException' })
    await kms.send(new CancelKeyDeletionCommand({ KeyId }))
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
    expect(KeyMetadata?.KeyState).toBe('Disabled')
    await expect(kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })

  test('a key that is not there is NotFoundException', async () => {
    const absent = '12345678-1234-1234-1234-123456789012'
    await expect(encrypt(absent, 'x')).rejects.toMatchObject({
      name: 'NotFoundException',
      message: `Key 'arn:aws:kms:ap-northeast-1:123456789012:key/${absent}' does not exist`,
    })
    await expect(encrypt('alias/none', 'x')).rejects.toMatchObject({
      message: 'Alias arn:aws:kms:ap-northeast-1:123456789012:alias/none is not found.',
    })
  })

  test('rotation, policy and tags are kept', async () => {
    const KeyId = await newKey()
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }))
    expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
    })
    const Policy = '{"Version":"2012-10-17","Statement":[]}'
    await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }))
    expect((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toBe(Policy)
    await expect(kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{' }))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    })
    await kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'books' }] }))
    expect((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([{ TagKey: 'team', TagValue: 'books' }])
  })

  test('asymmetric keys are refused', async () => {
    await expect(kms.send(new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    })
  })
})

describe('aliases', () => {
  test('the managed ones exist and cannot be changed', async () => {
    const { Aliases } = await kms.send(new ListAliasesCommand({}))
    expect(Aliases?.map(({ AliasName }) => AliasName)).toEqual(
      expect.arrayContaining(['alias/aws/secretsmanager', 'alias/aws/ssm']),
    )
    await expect(kms.send(new DeleteAliasCommand({ AliasName: 'alias/aws/ssm' }))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    })
  })

  test('move between keys, and are listed by key', async () => {
    const [first, second] = [await newKey(), await newKey()]
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/moving', TargetKeyId: first }))
    await expect(kms.send(new CreateAliasCommand({ AliasName: 'alias/moving', TargetKeyId: second }))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    })
    await kms.send(new UpdateAliasCommand({ AliasName: 'alias/moving', TargetKeyId: second }))
    const { Aliases } = await kms.send(new ListAliasesCommand({ KeyId: second }))
    expect(Aliases).toMatchObject([{ AliasName: 'alias/moving', TargetKeyId: second }])
  })

  test('are listed in pages', async () => {
    const first = await kms.send(new ListAliasesCommand({ Limit: 1 }))
    expect([first.Aliases?.length, first.Truncated]).toEqual([1, true])
    const second = await kms.send(new ListAliasesCommand({ Limit: 100, Marker: first.NextMarker }))
    expect(second.Truncated).toBe(false)
    expect(second.Aliases?.map(({ AliasName }) => AliasName)).not.toContain(first.Aliases?.[0]?.AliasName)
  })
})

test('ListKeys names managed keys too', async () => {
  const id = await newKey()
  const { Keys } = await kms.send(new ListKeysCommand({}))
  expect(Keys).toContainEqual({ KeyId: id, KeyArn: `arn:aws:kms:ap-northeast-1:123456789012:key/${id}` })
  expect(Keys?.length).toBeGreaterThanOrEqual(3)
})
