import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let secrets: SecretsManagerClient

beforeAll(async () => {
  sandbox = await testSandbox()
  secrets = new SecretsManagerClient(sandbox.client)
})
afterAll(() => sandbox.close())

const token = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`
const create = (Name: string, SecretString?: string, ClientRequestToken?: string) =>
  secrets.send(new CreateSecretCommand({ Name, SecretString, ClientRequestToken }))
const put = (SecretId: string, SecretString: string, ClientRequestToken?: string, VersionStages?: string[]) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken, VersionStages }))
const get = (SecretId: string, more: { VersionId?: string; VersionStage?: string } = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId, ...more }))
const stages = async (SecretId: string) => (await secrets.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages

describe('CreateSecret', () => {
  test('gives an ARN with six random characters, by which, without which, and by name it is found', async () => {
    const { ARN = '', Name } = await create('create/db', 'hunter2')
    expect([ARN, Name]).toEqual([
      expect.stringMatching(/^arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:create\/db-[a-zA-Z0-9]{6}$/),
      'create/db',
    ])
    for (const id of [ARN, ARN.slice(0, -7), 'create/db']) expect((await get(id)).SecretString).toBe('hunter2')
    await expect(get(ARN.slice(0, -3))).rejects.toBeInstanceOf(ResourceNotFoundException)
  })

  test('answers a repeated request the same, and refuses the name to another', async () => {
    const first = await create('create/once', 'v', token('1'))
    const { $metadata: _, ...again } = await create('create/once', 'v', token('1'))
    expect(again).toEqual({ ARN: first.ARN, Name: 'create/once', VersionId: token('1') })
    await expect(create('create/once', 'other', token('1'))).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: 'The operation failed because the secret create/once already exists.',
    })
  })

  test('a secret without a value has nothing to read', async () => {
    await create('create/empty')
    await expect(get('create/empty')).rejects.toMatchObject({
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    })
    await expect(get('create/none')).rejects.toMatchObject({ message: "Secrets Manager can't find the specified secret." })
  })

  test('keeps bytes as bytes', async () => {
    await secrets.send(new CreateSecretCommand({ Name: 'create/bytes', SecretBinary: new Uint8Array([0, 255, 128]) }))
    const { SecretBinary, SecretString } = await get('create/bytes')
    expect([SecretBinary, SecretString]).toEqual([new Uint8Array([0, 255, 128]), undefined])
  })
})

describe('versions', () => {
  test('AWSCURRENT moves to the new version and AWSPREVIOUS to the one before', async () => {
    await create('versions/a', 'one', token('1'))
    await put('versions/a', 'two', token('2'))
    await put('versions/a', 'three', token('3'))
    expect(await stages('versions/a')).toEqual({ [token('2')]: ['AWSPREVIOUS'], [token('3')]: ['AWSCURRENT'] })
    expect((await get('versions/a', { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('two')
    expect((await get('versions/a', { VersionId: token('1') })).SecretString).toBe('one')
    await expect(get('versions/a', { VersionId: token('1'), VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
  })

  test('a repeated token does nothing with the same value and fails with another', async () => {
    await create('versions/b', 'one', token('1'))
    await put('versions/b', 'two', token('2'))
    await put('versions/b', 'two', token('2'))
    expect(Object.keys((await stages('versions/b')) ?? {})).toEqual([token('1'), token('2')])
    await expect(put('versions/b', 'other', token('2'))).rejects.toMatchObject({ name: 'ResourceExistsException' })
  })

  test('labels of one’s own, and a move back to the previous version', async () => {
    await create('versions/c', 'one', token('1'))
    await put('versions/c', 'two', token('2'), ['AWSPENDING'])
    expect((await get('versions/c')).SecretString).toBe('one')
    const move = { SecretId: 'versions/c', VersionStage: 'AWSCURRENT', MoveToVersionId: token('2') }
    await expect(secrets.send(new UpdateSecretVersionStageCommand(move))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining('you must explicitly reference that version in RemoveFromVersionId'),
    })
    await secrets.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: token('1') }))
    expect(await stages('versions/c')).toEqual({ [token('1')]: ['AWSPREVIOUS'], [token('2')]: ['AWSPENDING', 'AWSCURRENT'] })
  })

  test('UpdateSecret makes a version only when it brings a value', async () => {
    await create('versions/d', 'one', token('1'))
    const described = await secrets.send(new UpdateSecretCommand({ SecretId: 'versions/d', Description: 'words' }))
    expect(described.VersionId).toBeUndefined()
    const updated = await secrets.send(
      new UpdateSecretCommand({ SecretId: 'versions/d', SecretString: 'two', ClientRequestToken: token('2') }),
    )
    expect(updated.VersionId).toBe(token('2'))
    expect((await get('versions/d')).SecretString).toBe('two')
  })

  test('deprecated versions are listed on request', async () => {
    await create('versions/e', 'one', token('1'))
    await put('versions/e', 'two', token('2'))
    await put('versions/e', 'three', token('3'))
    const list = async (IncludeDeprecated?: boolean) => {
      const { Versions } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'versions/e', IncludeDeprecated }))
      return Versions?.map(({ VersionId }) => VersionId)
    }
    expect(await list()).toEqual([token('2'), token('3')])
    expect(await list(true)).toEqual([token('1'), token('2'), token('3')])
  })
})

describe('DeleteSecret', () => {
  test('hides the secret until it is restored', async () => {
    await create('delete/a', 'v')
    const { DeletionDate } = await secrets.send(new DeleteSecretCommand({ SecretId: 'delete/a', RecoveryWindowInDays: 7 }))
    expect(Math.round(((DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(7)
    await expect(get('delete/a')).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    })
    await expect(create('delete/a', 'v')).rejects.toMatchObject({ name: 'InvalidRequestException' })
    await secrets.send(new RestoreSecretCommand({ SecretId: 'delete/a' }))
    expect((await get('delete/a')).SecretString).toBe('v')
  })

  test('by force it is gone at once, and the name is free', async () => {
    await create('delete/b', 'v')
    await secrets.send(new DeleteSecretCommand({ SecretId: 'delete/b', ForceDeleteWithoutRecovery: true }))
    await expect(get('delete/b')).rejects.toBeInstanceOf(ResourceNotFoundException)
    await create('delete/b', 'again')
  })

  test.each([
    { RecoveryWindowInDays: 6 },
    { RecoveryWindowInDays: 31 },
    { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
  ])('refuses %o', async (given) => {
    await create(`delete/${JSON.stringify(given).length}-${given.RecoveryWindowInDays}`, 'v')
    const SecretId = `delete/${JSON.stringify(given).length}-${given.RecoveryWindowInDays}`
    await expect(secrets.send(new DeleteSecretCommand({ SecretId, ...given }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })
})

describe('ListSecrets', () => {
  test('filters by name, tag and words, and pages in either order', async () => {
    await create('list/api/one', 'v')
    await create('list/api/two', 'v')
    await create('list/web', 'v')
    await secrets.send(
      new TagResourceCommand({
        SecretId: 'list/web',
        Tags: [
          { Key: 'team', Value: 'Books' },
          { Key: 'old', Value: 'x' },
        ],
      }),
    )
    await secrets.send(new UntagResourceCommand({ SecretId: 'list/web', TagKeys: ['old'] }))
    const names = async (Key: 'name' | 'tag-key' | 'tag-value' | 'all', ...Values: string[]) => {
      const { SecretList } = await secrets.send(new ListSecretsCommand({ Filters: [{ Key, Values }] }))
      return SecretList?.map(({ Name }) => Name)
    }
    expect(await names('name', 'list/api')).toEqual(['list/api/one', 'list/api/two'])
    expect(await names('tag-key', 'team')).toEqual(['list/web'])
    expect(await names('tag-value', 'Boo')).toEqual(['list/web'])
    expect(await names('tag-key', 'old')).toEqual([])
    expect(await names('all', 'books LIST')).toEqual(['list/web'])
    const page = {
      Filters: [{ Key: 'name' as const, Values: ['list/'] }],
      MaxResults: 2,
      SortOrder: 'desc' as const,
      SortBy: 'name' as const,
    }
    const first = await secrets.send(new ListSecretsCommand(page))
    const second = await secrets.send(new ListSecretsCommand({ ...page, NextToken: first.NextToken }))
    expect([first, second].map(({ SecretList }) => SecretList?.map(({ Name }) => Name))).toEqual([
      ['list/web', 'list/api/two'],
      ['list/api/one'],
    ])
  })

  test('BatchGetSecretValue gives what it can and names the rest', async () => {
    await create('batch/a', 'va')
    const { SecretValues, Errors } = await secrets.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['batch/a', 'batch/none'] }),
    )
    expect(SecretValues).toMatchObject([{ Name: 'batch/a', SecretString: 'va' }])
    expect(Errors).toEqual([
      {
        SecretId: 'batch/none',
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret.",
      },
    ])
  })
})

test('GetRandomPassword includes each kind and leaves out what is excluded', async () => {
  const { RandomPassword } = await secrets.send(
    new GetRandomPasswordCommand({ PasswordLength: 12, ExcludePunctuation: true, ExcludeCharacters: 'abc' }),
  )
  expect(RandomPassword).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Zd-z0-9]{12}$/)
})

test('a resource policy is kept', async () => {
  await create('policy/a', 'v')
  const ResourcePolicy = '{"Version":"2012-10-17","Statement":[]}'
  await secrets.send(new PutResourcePolicyCommand({ SecretId: 'policy/a', ResourcePolicy }))
  const got = await secrets.send(new GetResourcePolicyCommand({ SecretId: 'policy/a' }))
  expect(got.ResourcePolicy).toBe(ResourcePolicy)
})
