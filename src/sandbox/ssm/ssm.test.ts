import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  ParameterNotFound,
  PutParameterCommand,
  type PutParameterCommandInput,
  RemoveTagsFromResourceCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let ssm: SSMClient

beforeAll(async () => {
  sandbox = await testSandbox()
  ssm = new SSMClient(sandbox.client)
})
afterAll(() => sandbox.close())

const put = (name: string, value: string, more: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: 'String', ...more }))

describe('PutParameter', () => {
  test('makes version 1, and a new version with Overwrite only', async () => {
    expect(await put('/put/level', 'info')).toMatchObject({ Version: 1, Tier: 'Standard' })
    await expect(put('/put/level', 'debug')).rejects.toMatchObject({
      name: 'ParameterAlreadyExists',
      message: 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    })
    expect(await put('/put/level', 'debug', { Overwrite: true, Type: undefined })).toMatchObject({ Version: 2 })
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/put/level' }))
    expect(Parameter).toEqual({
      Name: '/put/level',
      Type: 'String',
      Value: 'debug',
      Version: 2,
      LastModifiedDate: expect.any(Date),
      ARN: 'arn:aws:ssm:ap-northeast-1:123456789012:parameter/put/level',
      DataType: 'text',
    })
  })

  test('takes 4096 bytes in the standard tier and 8192 in the advanced one, from which there is no way back', async () => {
    await put('/put/size', 'x'.repeat(4096))
    await expect(put('/put/size-2', 'x'.repeat(4097))).rejects.toMatchObject({ name: 'ValidationException' })
    expect(await put('/put/size', 'x'.repeat(8192), { Overwrite: true, Tier: 'Advanced' })).toMatchObject({ Tier: 'Advanced' })
    await expect(put('/put/size', 'x'.repeat(8193), { Overwrite: true })).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(put('/put/size', 'x', { Overwrite: true, Tier: 'Standard' })).rejects.toMatchObject({
      name: 'ValidationException',
    })
    expect(await put('/put/smart', 'x'.repeat(5000), { Tier: 'Intelligent-Tiering' })).toMatchObject({ Tier: 'Advanced' })
  })

  test.each([
    ['aws-name', 'AccessDeniedException'],
    ['/aws/name', 'AccessDeniedException'],
    ['SSM-name', 'ValidationException'],
    ['/a b', 'ValidationException'],
    ['a/b', 'ValidationException'],
    ['/a//b', 'ValidationException'],
    [`/${Array(16).fill('x').join('/')}`, 'HierarchyLevelLimitExceededException'],
    [`/${'x'.repeat(1000)}`, 'ValidationException'],
  ])('refuses the name %s with %s', async (name, code) => {
    await expect(put(name, 'v')).rejects.toMatchObject({ name: code })
  })

  test('refuses policies, a change of type, a value against its pattern, and tags with Overwrite', async () => {
    await put('/put/port', '80', { AllowedPattern: '^\\d+$' })
    await expect(put('/put/port', 'http', { Overwrite: true, AllowedPattern: '^\\d+$' })).rejects.toMatchObject({
      name: 'ParameterPatternMismatchException',
    })
    await expect(put('/put/port', '80', { Overwrite: true, Type: 'SecureString' })).rejects.toMatchObject({
      name: 'HierarchyTypeMismatchException',
    })
    await expect(put('/put/x', '1', { Policies: '[{"Type":"Expiration"}]' })).rejects.toMatchObject({
      name: 'InvalidPolicyTypeException',
    })
    await expect(put('/put/x', '1', { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] })).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(put('/put/x', '1', { Type: undefined })).rejects.toMatchObject({
      message: 'A parameter type is required when you create a parameter.',
    })
  })

  test('keeps 100 versions and never drops a labelled one', async () => {
    for (let i = 1; i <= 101; i++) await put('/put/many', String(i), { Overwrite: i > 1 })
    const first = await ssm.send(new GetParameterHistoryCommand({ Name: '/put/many' }))
    expect(first.Parameters?.map(({ Version }) => Version)).toEqual(Array.from({ length: 50 }, (_, i) => i + 2))
    const second = await ssm.send(new GetParameterHistoryCommand({ Name: '/put/many', NextToken: first.NextToken }))
    expect(second.Parameters?.at(-1)?.Version).toBe(101)
    expect(second.NextToken).toBeUndefined()
    await ssm.send(new LabelParameterVersionCommand({ Name: '/put/many', ParameterVersion: 2, Labels: ['kept'] }))
    await expect(put('/put/many', '102', { Overwrite: true })).rejects.toMatchObject({ name: 'ParameterMaxVersionLimitExceeded' })
  })
})

describe('SecureString', () => {
  test('is ciphertext of KMS until decryption is asked for', async () => {
    await put('/secure/password', 'hunter2', { Type: 'SecureString' })
    const closed = await ssm.send(new GetParameterCommand({ Name: '/secure/password' }))
    const opened = await ssm.send(new GetParameterCommand({ Name: '/secure/password', WithDecryption: true }))
    expect(opened.Parameter?.Value).toBe('hunter2')
    const decrypted = await new KMSClient(sandbox.client).send(
      new DecryptCommand({
        CiphertextBlob: Buffer.from(closed.Parameter?.Value ?? '', 'base64'),
        EncryptionContext: { PARAMETER_ARN: 'arn:aws:ssm:ap-northeast-1:123456789012:parameter/secure/password' },
      }),
    )
    expect(Buffer.from(decrypted.Plaintext ?? []).toString()).toBe('hunter2')
  })

  test('is refused with a key that does not exist', async () => {
    await expect(put('/secure/x', 'v', { Type: 'SecureString', KeyId: 'alias/none' })).rejects.toMatchObject({
      name: 'InvalidKeyId',
    })
  })
})

describe('reading', () => {
  test('selects a version by number or label', async () => {
    for (const value of ['one', 'two', 'three']) await put('/read/v', value, { Overwrite: true })
    const labelled = await ssm.send(
      new LabelParameterVersionCommand({ Name: '/read/v', ParameterVersion: 2, Labels: ['good', '9bad'] }),
    )
    expect(labelled).toMatchObject({ InvalidLabels: ['9bad'], ParameterVersion: 2 })
    await ssm.send(new LabelParameterVersionCommand({ Name: '/read/v', ParameterVersion: 2, Labels: ['good'] }))
    const { Parameters, InvalidParameters } = await ssm.send(
      new GetParametersCommand({ Names: ['/read/v:1', '/read/v:good', '/read/v', '/read/v:77', '/read/none'] }),
    )
    expect(Parameters?.map(({ Value, Selector }) => [Value, Selector])).toEqual([
      ['one', ':1'],
      ['two', ':good'],
      ['three', undefined],
    ])
    expect(InvalidParameters).toEqual(['/read/v:77', '/read/none'])
    const byArn = await ssm.send(new GetParameterCommand({ Name: 'arn:aws:ssm:ap-northeast-1:123456789012:parameter/read/v:2' }))
    expect(byArn.Parameter?.Value).toBe('two')
    await expect(ssm.send(new GetParameterCommand({ Name: '/read/v:77' }))).rejects.toMatchObject({
      name: 'ParameterVersionNotFound',
      message: 'Systems Manager could not find version 77 of /read/v. Verify the version and try again.',
    })
  })

  test('a label moves from version to version', async () => {
    for (const value of ['one', 'two']) await put('/read/label', value, { Overwrite: true })
    for (const version of [1, 2]) {
      await ssm.send(new LabelParameterVersionCommand({ Name: '/read/label', ParameterVersion: version, Labels: ['live'] }))
    }
    const { Parameters } = await ssm.send(new GetParameterHistoryCommand({ Name: '/read/label' }))
    expect(Parameters?.map(({ Labels }) => Labels)).toEqual([[], ['live']])
  })

  test('a missing parameter is ParameterNotFound', async () => {
    await expect(ssm.send(new GetParameterCommand({ Name: '/read/none' }))).rejects.toBeInstanceOf(ParameterNotFound)
  })

  test('walks a path in pages of ten', async () => {
    for (let i = 0; i < 12; i++) await put(`/path/a/${String(i).padStart(2, '0')}`, String(i))
    await put('/path/top', 't')
    await put('/pathology', 'p')
    const direct = await ssm.send(new GetParametersByPathCommand({ Path: '/path' }))
    expect(direct.Parameters?.map(({ Name }) => Name)).toEqual(['/path/top'])
    const first = await ssm.send(new GetParametersByPathCommand({ Path: '/path/', Recursive: true }))
    expect(first.Parameters).toHaveLength(10)
    const second = await ssm.send(new GetParametersByPathCommand({ Path: '/path/', Recursive: true, NextToken: first.NextToken }))
    expect(second.Parameters?.map(({ Name }) => Name)).toEqual(['/path/a/10', '/path/a/11', '/path/top'])
    expect(second.NextToken).toBeUndefined()
    await expect(ssm.send(new GetParametersByPathCommand({ Path: 'path' }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(ssm.send(new GetParametersByPathCommand({ Path: '/path', NextToken: 'junk' }))).rejects.toMatchObject({
      name: 'InvalidNextToken',
    })
  })
})

test('DescribeParameters filters by name, path, type and tag', async () => {
  await put('/find/api/url', 'u', { Tags: [{ Key: 'team', Value: 'books' }] })
  await put('/find/api/token', 't', { Type: 'SecureString' })
  await put('/find/web', 'w', { Type: 'StringList' })
  const names = async (...filters: [string, string | undefined, string[]][]) => {
    const ParameterFilters = filters.map(([Key, Option, Values]) => ({ Key, Option, Values }))
    const { Parameters } = await ssm.send(new DescribeParametersCommand({ ParameterFilters }))
    return Parameters?.map(({ Name }) => Name)
  }
  expect(await names(['Name', 'Contains', ['api']])).toEqual(['/find/api/token', '/find/api/url'])
  expect(await names(['Path', 'Recursive', ['/find']], ['Type', undefined, ['SecureString']])).toEqual(['/find/api/token'])
  expect(await names(['Path', 'OneLevel', ['/find']])).toEqual(['/find/web'])
  expect(await names(['tag:team', 'Equals', ['books']])).toEqual(['/find/api/url'])
  await expect(names(['Label', undefined, ['x']])).rejects.toMatchObject({ name: 'InvalidFilterKey' })
})

test('tags come and go', async () => {
  await put('/tagged', 'v', { Tags: [{ Key: 'a', Value: '1' }] })
  const resource = { ResourceType: 'Parameter', ResourceId: '/tagged' } as const
  await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: 'b', Value: '2' }] }))
  await ssm.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: ['a'] }))
  const { TagList } = await ssm.send(new ListTagsForResourceCommand(resource))
  expect(TagList).toEqual([{ Key: 'b', Value: '2' }])
})

test('DeleteParameters says which were there', async () => {
  await put('/gone', 'v')
  expect(await ssm.send(new DeleteParametersCommand({ Names: ['/gone', '/never'] }))).toMatchObject({
    DeletedParameters: ['/gone'],
    InvalidParameters: ['/never'],
  })
})
