import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import * as sdk from '@aws-sdk/client-lambda'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { expect, test } from 'vitest'
import { testSandbox } from '../../../test/support.ts'

async function started() {
  const sandbox = await testSandbox()
  const client = new LambdaClient(sandbox.client)
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }
  const { Role } = await new IAMClient(sandbox.client).send(
    new CreateRoleCommand({ RoleName: 'hook', AssumeRolePolicyDocument: JSON.stringify(trust) }),
  )
  return {
    sandbox,
    client,
    /** A function whose command is a Node program, given as text. */
    async create(FunctionName: string, program: string, more: Partial<sdk.CreateFunctionCommandInput> = {}) {
      await client.send(
        new sdk.CreateFunctionCommand({
          FunctionName,
          Role: Role?.Arn,
          Code: { ZipFile: new Uint8Array() },
          Handler: 'hook.handler',
          Runtime: 'nodejs22.x',
          Environment: { Variables: { SANDBOX_COMMAND: JSON.stringify(['node', '-e', program]), COLOUR: 'blue' } },
          ...more,
        }),
      )
    },
    async invoke(FunctionName: string, payload?: unknown) {
      const answer = await client.send(
        new sdk.InvokeCommand({
          FunctionName,
          Payload: payload === undefined ? undefined : Buffer.from(JSON.stringify(payload)),
        }),
      )
      return { error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() ?? 'null') }
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

const ECHO = `let all = ''
process.stdin.on('data', (chunk) => { all += chunk }).on('end', () => {
  console.error('got ' + all)
  console.log(JSON.stringify({ got: JSON.parse(all), variables: Object.keys(process.env).sort() }))
})`

test('a function gets its payload on stdin and answers on stdout, in an environment that holds nothing of ours', async () => {
  await using s = await started()
  process.env.KIBAN_TEST_SECRET = 'ours'
  await s.create('echo', ECHO)
  const { error, payload } = await s.invoke('echo', { hello: 'world' })
  delete process.env.KIBAN_TEST_SECRET
  expect(error).toBeUndefined()
  expect(payload.got).toEqual({ hello: 'world' })
  expect(payload.variables).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_LAMBDA_FUNCTION_VERSION',
    'AWS_LAMBDA_LOG_GROUP_NAME',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'COLOUR',
    'PATH',
    'SANDBOX_FUNCTIONS',
  ])
})

test('a hook is invoked by its ARN, and its failure says what happened', async () => {
  await using s = await started()
  await s.create('good', `console.log('{"hookStatus":"SUCCEEDED"}')`)
  await s.create('bad', 'process.exit(3)')
  const arn = (name: string) => `arn:aws:lambda:ap-northeast-1:123456789012:function:${name}`
  const { functions } = s.sandbox.cloud
  expect(await functions.invoke(arn('good'), {})).toEqual({ hookStatus: 'SUCCEEDED' })
  await expect(functions.invoke(arn('bad'), {})).rejects.toThrow(
    /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/,
  )
  await expect(functions.invoke(arn('none'), {})).rejects.toThrow(`Function not found: ${arn('none')}`)
})

test('a function that fails answers 200 with its error', async () => {
  await using s = await started()
  await s.create('talks', `console.log('hello')`)
  await s.create('none', '', { Environment: { Variables: {} } })
  await s.create('missing', '', { Environment: { Variables: { SANDBOX_COMMAND: '["kiban-no-such-program"]' } } })
  expect(await s.invoke('talks')).toMatchObject({ error: 'Unhandled', payload: { errorType: 'Runtime.MarshalError' } })
  expect((await s.invoke('none')).payload.errorMessage).toContain(
    'set SANDBOX_COMMAND to a JSON array such as ["node", "hook.ts"]',
  )
  expect(await s.invoke('missing')).toMatchObject({ error: 'Unhandled', payload: { errorType: 'Runtime.InvalidEntrypoint' } })
})

test('a function that takes too long is ended with all its children', async () => {
  await using s = await started()
  const folder = await mkdtemp(join(tmpdir(), 'kiban-lambda-'))
  const program = `const child = require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' })
require('node:fs').writeFileSync('child', String(child.pid))
setTimeout(() => {}, 60000)`
  const Variables = { SANDBOX_COMMAND: JSON.stringify(['node', '-e', program]), SANDBOX_FOLDER: folder }
  await s.create('slow', '', { Timeout: 1, Environment: { Variables } })
  const { error, payload } = await s.invoke('slow', {})
  expect([error, payload.errorType]).toEqual(['Unhandled', 'Sandbox.Timedout'])
  expect(payload.errorMessage).toMatch(/Error: Task timed out after 1\.00 seconds$/)
  const child = Number(await readFile(join(folder, 'child'), 'utf8'))
  const isRunning = () => {
    try {
      process.kill(child, 0)
      return true
    } catch {
      return false
    }
  }
  for (let i = 0; i < 100 && isRunning(); i++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isRunning()).toBe(false)
  await rm(folder, { recursive: true })
})

test('what a function writes to stderr stands in its log', async () => {
  await using s = await started()
  await s.create('echo', ECHO)
  const answer = await s.client.send(new sdk.InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('1'), LogType: 'Tail' }))
  expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toBe('got 1\n')
  expect(s.sandbox.cloud.logs.groupExists('/aws/lambda/echo')).toBe(true)
})

test('functions are listed, changed and deleted; a role that Lambda may not assume is refused', async () => {
  await using s = await started()
  await s.create('b', '')
  await s.create('a', '')
  await expect(s.create('a', '')).rejects.toThrow(sdk.ResourceConflictException)
  await expect(s.create('c', '', { Role: 'arn:aws:iam::123456789012:role/none' })).rejects.toThrow(
    'The role defined for the function cannot be assumed by Lambda.',
  )
  await s.client.send(new sdk.UpdateFunctionConfigurationCommand({ FunctionName: 'a', Timeout: 900 }))
  const { Functions } = await s.client.send(new sdk.ListFunctionsCommand({}))
  expect(Functions?.map((each) => `${each.FunctionName} ${each.Timeout}`)).toEqual(['a 900', 'b 3'])
  await sdk.waitUntilFunctionActiveV2({ client: s.client, maxWaitTime: 5 }, { FunctionName: 'a' })
  await s.client.send(new sdk.DeleteFunctionCommand({ FunctionName: 'a' }))
  await expect(s.client.send(new sdk.GetFunctionCommand({ FunctionName: 'a' }))).rejects.toThrow(sdk.ResourceNotFoundException)
})
