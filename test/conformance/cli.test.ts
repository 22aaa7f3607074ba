// Debian's `aws` as a person runs it: a process with an exit code, its own S3 commands, and what it says of an error.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSandbox } from '../support.ts'
import { aws, awsCli, noAwsCli } from './clients/aws-cli.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let folder: string

beforeAll(async () => {
  sandbox = await testSandbox()
  folder = await mkdtemp(join(tmpdir(), 'kiban-cli-'))
})
afterAll(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => aws(sandbox, args, sandbox.credentials)
const succeeded = async (...args: string[]): Promise<unknown> => {
  const { code, out, error } = await run(...args)
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return out
}

describe.skipIf(awsCli === undefined)(`The aws CLI (${awsCli ?? noAwsCli})`, () => {
  test('A read ends with 0, an error of the service with 254 and its code', async () => {
    expect(await succeeded('sts', 'get-caller-identity')).toMatchObject({
      Arn: 'arn:aws:iam::123456789012:user/administrator',
    })
    expect(await run('ssm', 'get-parameter', '--name', '/cli/none')).toMatchObject({
      code: 254,
      error: expect.stringContaining('(ParameterNotFound) when calling the GetParameter operation'),
    })
    const unsigned = await aws(sandbox, ['ecs', 'list-clusters'], 'nobody')
    expect(unsigned).toMatchObject({ code: 254, error: expect.stringContaining('(MissingAuthenticationTokenException)') })
  })

  test('An object comes back as it went, and by a presigned URL too', async () => {
    const source = join(folder, 'object')
    const back = join(folder, 'back')
    await writeFile(source, Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251)))
    await succeeded('s3', 'mb', 's3://cli-bucket')
    await succeeded('s3', 'cp', source, 's3://cli-bucket/folder/the object+1', '--no-progress')
    await succeeded('s3', 'cp', 's3://cli-bucket/folder/the object+1', back, '--no-progress')
    expect((await readFile(back)).equals(await readFile(source))).toBe(true)
    const url = String(await succeeded('s3', 'presign', 's3://cli-bucket/folder/the object+1')).trim()
    const answer = await fetch(url)
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 100_000])
    expect((await fetch(url.replace('object', 'subject'))).status).toBe(403)
    await succeeded('s3', 'rm', 's3://cli-bucket', '--recursive')
    await succeeded('s3', 'rb', 's3://cli-bucket')
  })

  /** One of each protocol, of a service that is simulated and of one that is not. */
  const unserved = [
    { args: ['ssm', 'list-documents'], api: 'ssm:ListDocuments' },
    { args: ['sts', 'decode-authorization-message', '--encoded-message', 'x'], api: 'sts:DecodeAuthorizationMessage' },
    { args: ['ec2', 'describe-instances'], api: 'ec2:DescribeInstances' },
    { args: ['lambda', 'list-layers'], api: 'lambda:ListLayers' },
    {
      args: ['s3api', 'get-bucket-inventory-configuration', '--bucket', 'b', '--id', 'i'],
      api: 's3:GetBucketInventoryConfiguration',
    },
    { args: ['dynamodb', 'list-tables'], api: 'dynamodb:ListTables' },
    { args: ['rds', 'describe-db-instances'], api: 'rds:DescribeDBInstances' },
    { args: ['batch', 'describe-job-queues'], api: 'batch (POST /v1/describejobqueues)' },
  ]

  test('What the sandbox does not simulate fails by its name, whatever the protocol, and is noted', async () => {
    for (const { args, api } of unserved) {
      expect(await run(...args), api).toMatchObject({
        code: 254,
        error: expect.stringContaining(`The sandbox does not simulate ${api}`),
      })
      expect(sandbox.log, api).toContain(`${api} was called, but the sandbox does not simulate it`)
    }
  })
})
