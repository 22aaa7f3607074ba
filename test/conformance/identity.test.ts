import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { HttpRequest } from '@smithy/core/protocols'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Credentials } from '../../src/sandbox/identity/administrator.ts'
import { testSandbox } from '../support.ts'
import { signerFor } from './signed-request.ts'
import { nextCode, twoCodes } from './totp-step.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>

beforeAll(async () => {
  sandbox = await testSandbox()
})
afterAll(() => sandbox.close())

const account = '123456789012'
type Session = Credentials & { sessionToken?: string }
const stsAs = (credentials: Session) => new STSClient({ ...sandbox.client, credentials })
const iam = () => new IAMClient(sandbox.client)
const whoAmI = new GetCallerIdentityCommand({})

describe('Who signs', () => {
  test('The administrator learns who they are', async () => {
    const { $metadata, ...identity } = await stsAs(sandbox.credentials).send(whoAmI)
    expect(identity).toEqual({
      Account: account,
      Arn: `arn:aws:iam::${account}:user/administrator`,
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{16}$/),
    })
    expect($metadata).toMatchObject({ httpStatusCode: 200, attempts: 1 })
  })

  test('A wrong secret is refused by Query and JSON services each in its way', async () => {
    const credentials = { ...sandbox.credentials, secretAccessKey: 'wrong' }
    await expect(stsAs(credentials).send(whoAmI)).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403, attempts: 1 },
    })
    const ssm = new SSMClient({ ...sandbox.client, credentials })
    await expect(ssm.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('An unknown key is refused by Query and JSON services each in its way', async () => {
    const credentials = { ...sandbox.credentials, accessKeyId: 'AKIAUNKNOWN000000000' }
    const message = 'The security token included in the request is invalid.'
    await expect(stsAs(credentials).send(whoAmI)).rejects.toMatchObject({ name: 'InvalidClientTokenId', message })
    const ssm = new SSMClient({ ...sandbox.client, credentials })
    await expect(ssm.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message,
    })
  })

  test('A session token that is made up is refused', async () => {
    const credentials = { ...sandbox.credentials, sessionToken: 'made-up' }
    await expect(stsAs(credentials).send(whoAmI)).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })

  test('A session that is over is refused by Query, JSON and S3 each in its way', async () => {
    const { Credentials } = await stsAs(sandbox.credentials).send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    const credentials = sessionOf(Credentials)
    expect((await stsAs(credentials).send(whoAmI)).Account).toBe(account)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 901_000 })
    onTestFinished(() => void vi.useRealTimers())
    // The answers' Date headers tell the SDK of another time, by which it would try again.
    const once = { ...sandbox.client, credentials, maxAttempts: 1 }
    const message = 'The security token included in the request is expired'
    await expect(new STSClient(once).send(whoAmI)).rejects.toMatchObject({ name: 'ExpiredToken', message })
    const read = new SSMClient(once).send(new GetParameterCommand({ Name: '/x' }))
    await expect(read).rejects.toMatchObject({ name: 'ExpiredTokenException', message })
    await expect(new S3Client(once).send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'ExpiredToken' })
  })

  test('An unsigned request is refused', async () => {
    const query = await fetch(sandbox.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    })
    expect([query.status, await query.text()]).toEqual([403, expect.stringContaining('<Code>MissingAuthenticationToken</Code>')])
    const json = await fetch(sandbox.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetParameter' },
      body: '{"Name":"/x"}',
    })
    expect([json.status, await json.json()]).toEqual([
      400,
      { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
    ])
    const s3 = await fetch(`${sandbox.endpoint}/bucket/key`)
    expect([s3.status, await s3.text()]).toEqual([403, expect.stringContaining('<Error><Code>AccessDenied</Code>')])
  })

  test('A clock that is 16 minutes off is refused, 14 minutes are not', async () => {
    const at = async (minutes: number) => {
      const signed = await signedWhoAmI({ signingDate: new Date(Date.now() + minutes * 60_000) })
      return (await send(signed)).status
    }
    expect([await at(-16), await at(-14), await at(14), await at(16)]).toEqual([403, 200, 200, 403])
  })

  test('A body that changes after signing is refused', async () => {
    const signed = await signedWhoAmI({})
    expect((await send(signed)).status).toBe(200)
    const altered = await send({ ...signed, body: `${signed.body}&DurationSeconds=900` })
    expect([altered.status, await altered.text()]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')])
  })

  test('An x-amz- header that is not under the signature is refused', async () => {
    const signed = await signedWhoAmI({})
    const answer = await send({ ...signed, headers: { ...signed.headers, 'x-amz-security-token': '' } })
    expect(answer.status).toBe(403)
  })

  test('A signature for another region is refused', async () => {
    const client = new SSMClient({ ...sandbox.client, region: 'eu-west-1' })
    await expect(client.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: "Credential should be scoped to a valid region, not 'eu-west-1'. ",
    })
  })
})

describe('Presigned URLs', () => {
  test('One works, and no longer once a letter of it is changed', async () => {
    const url = await presignedWhoAmI({})
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('user/administrator')])
    const altered = await fetch(url.replace('Version=2011-06-15', 'Version=2011-06-16'))
    expect([altered.status, await altered.text()]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')])
  })

  test('One that is past its time is refused', async () => {
    const url = await presignedWhoAmI({ expiresIn: 60, signingDate: new Date(Date.now() - 61_000) })
    expect((await fetch(url)).status).toBe(403)
  })
})

describe('Users', () => {
  test('A new user may do nothing, then what a policy says, and never what one denies', async () => {
    const credentials = await newUser('reader')
    const ssm = new SSMClient({ ...sandbox.client, credentials })
    const roles = new IAMClient({ ...sandbox.client, credentials })
    const arn = `arn:aws:iam::${account}:user/reader`
    await expect(ssm.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(
        new RegExp(
          `^User: ${arn} is not authorized to perform: ssm:GetParameter on resource: .+ because no identity-based policy`,
        ),
      ),
    })
    await iam().send(new AttachUserPolicyCommand({ UserName: 'reader', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }))
    await expect(ssm.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({ name: 'ParameterNotFound' })
    await expect(ssm.send(new PutParameterCommand({ Name: '/x', Value: 'v', Type: 'String' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
    expect((await roles.send(new ListRolesCommand({}))).Roles).toBeDefined()
    await iam().send(
      new PutUserPolicyCommand({
        UserName: 'reader',
        PolicyName: 'no-roles',
        PolicyDocument: policy({ Effect: 'Deny', Action: 'iam:List*', Resource: '*' }),
      }),
    )
    await expect(roles.send(new ListRolesCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    })
  })

  test('A condition that the sandbox does not know lets nobody in, whatever it is called', async () => {
    const credentials = await newUser('sly')
    const ssm = new SSMClient({ ...sandbox.client, credentials })
    for (const operator of ['StringUnlike', '__proto__', 'constructor']) {
      const statement = `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"${operator}":{"aws:username":"sly"}}}`
      const PolicyDocument = `{"Version":"2012-10-17","Statement":[${statement}]}`
      await iam().send(new PutUserPolicyCommand({ UserName: 'sly', PolicyName: 'all', PolicyDocument }))
      const read = ssm.send(new GetParameterCommand({ Name: '/x' }))
      await expect(read, operator).rejects.toMatchObject({ name: 'AccessDeniedException' })
    }
  })

  test('An inactive key is refused', async () => {
    const credentials = await newUser('idle')
    await iam().send(new UpdateAccessKeyCommand({ UserName: 'idle', AccessKeyId: credentials.accessKeyId, Status: 'Inactive' }))
    await expect(stsAs(credentials).send(whoAmI)).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })
})

describe('Roles', () => {
  test('A role is assumed by whom it trusts, and by nobody else', async () => {
    const trusted = await newUser('trusted')
    const stranger = await newUser('stranger')
    const RoleArn = await newRole('inner', { AWS: `arn:aws:iam::${account}:user/trusted` })
    await iam().send(new AttachRolePolicyCommand({ RoleName: 'inner', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }))
    const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' })
    const { Credentials, AssumedRoleUser } = await stsAs(trusted).send(assume)
    const arn = `arn:aws:sts::${account}:assumed-role/inner/session`
    expect(AssumedRoleUser).toEqual({ Arn: arn, AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{16}:session$/) })
    const session = sessionOf(Credentials)
    expect(await stsAs(session).send(whoAmI)).toMatchObject({ Arn: arn, UserId: AssumedRoleUser?.AssumedRoleId })
    const ssm = new SSMClient({ ...sandbox.client, credentials: session })
    await expect(ssm.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({ name: 'ParameterNotFound' })
    await expect(stsAs({ ...session, sessionToken: undefined }).send(whoAmI)).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
    await expect(stsAs(stranger).send(assume)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::${account}:user/stranger is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    })
  })

  test('A role that trusts the account asks for the caller’s own permission too', async () => {
    const credentials = await newUser('member')
    const RoleArn = await newRole('shared', { AWS: `arn:aws:iam::${account}:root` })
    const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' })
    await expect(stsAs(credentials).send(assume)).rejects.toMatchObject({ name: 'AccessDenied' })
    await iam().send(
      new PutUserPolicyCommand({
        UserName: 'member',
        PolicyName: 'assume',
        PolicyDocument: policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: RoleArn }),
      }),
    )
    expect((await stsAs(credentials).send(assume)).Credentials).toBeDefined()
  })

  test('An external id that the trust policy asks for must be given', async () => {
    const RoleArn = await newRole('partner', { AWS: account }, { StringEquals: { 'sts:ExternalId': 'agreed' } })
    const assume = (ExternalId?: string) =>
      stsAs(sandbox.credentials).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ExternalId }))
    await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(assume('guessed')).rejects.toMatchObject({ name: 'AccessDenied' })
    expect((await assume('agreed')).Credentials).toBeDefined()
  })

  test('A session policy narrows what the role may do', async () => {
    const RoleArn = await newRole('narrowed', { AWS: account })
    await iam().send(
      new PutRolePolicyCommand({
        RoleName: 'narrowed',
        PolicyName: 'all',
        PolicyDocument: policy({ Effect: 'Allow', Action: '*', Resource: '*' }),
      }),
    )
    const { Credentials } = await stsAs(sandbox.credentials).send(
      new AssumeRoleCommand({
        RoleArn,
        RoleSessionName: 'session',
        Policy: policy({ Effect: 'Allow', Action: 'ssm:Get*', Resource: '*' }),
      }),
    )
    const ssm = new SSMClient({ ...sandbox.client, credentials: sessionOf(Credentials) })
    await expect(ssm.send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({ name: 'ParameterNotFound' })
    await expect(ssm.send(new PutParameterCommand({ Name: '/x', Value: 'v', Type: 'String' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  })

  test('A chained role lasts an hour at most', async () => {
    const first = await newRole('first', { AWS: account })
    const second = await newRole('second', { AWS: first })
    const { Credentials } = await stsAs(sandbox.credentials).send(
      new AssumeRoleCommand({ RoleArn: first, RoleSessionName: 'one' }),
    )
    const chained = stsAs(sessionOf(Credentials))
    await expect(
      chained.send(new AssumeRoleCommand({ RoleArn: second, RoleSessionName: 'two', DurationSeconds: 3601 })),
    ).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining('1 hour session limit') })
    const answer = await chained.send(new AssumeRoleCommand({ RoleArn: second, RoleSessionName: 'two' }))
    expect(answer.Credentials?.SessionToken).toBeDefined()
  })
})

describe('MFA', () => {
  test('A trust policy that asks for MFA lets a right code in, once, and nothing else', async () => {
    const credentials = await newUser('careful')
    const RoleArn = await newRole(
      'guarded',
      { AWS: `arn:aws:iam::${account}:user/careful` },
      { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    )
    const { SerialNumber, seed } = await newDevice('careful')
    const assume = (mfa: { SerialNumber?: string; TokenCode?: string }) =>
      stsAs(credentials).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...mfa }))
    // The device has spent the codes of this step and the one before; the next one is within the window.
    const right = nextCode(seed)
    await expect(assume({})).rejects.toMatchObject({ name: 'AccessDenied' })
    const wrong = right === '000000' ? '000001' : '000000'
    await expect(assume({ SerialNumber, TokenCode: wrong })).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    })
    const { Credentials } = await assume({ SerialNumber, TokenCode: right })
    expect((await stsAs(sessionOf(Credentials)).send(whoAmI)).Arn).toContain(':assumed-role/guarded/session')
    await expect(assume({ SerialNumber, TokenCode: right })).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    })
  })

  test('Another user’s device does not help', async () => {
    await newUser('owner')
    const { SerialNumber, seed } = await newDevice('owner')
    const thief = await newUser('thief')
    await expect(
      stsAs(thief).send(new GetSessionTokenCommand({ SerialNumber, TokenCode: nextCode(seed) })),
    ).rejects.toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('unable to validate MFA code') })
  })

  test('A session token without MFA does not reach IAM', async () => {
    const { Credentials } = await stsAs(sandbox.credentials).send(new GetSessionTokenCommand({}))
    const client = new IAMClient({ ...sandbox.client, credentials: sessionOf(Credentials) })
    await expect(client.send(new ListRolesCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

async function newUser(UserName: string): Promise<Credentials> {
  await iam().send(new CreateUserCommand({ UserName }))
  const { AccessKey } = await iam().send(new CreateAccessKeyCommand({ UserName }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

async function newRole(RoleName: string, Principal: object, Condition?: object): Promise<string> {
  const { Role } = await iam().send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: policy({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(Condition && { Condition }) }),
    }),
  )
  return Role?.Arn ?? ''
}

async function newDevice(UserName: string): Promise<{ SerialNumber: string; seed: string }> {
  const { VirtualMFADevice } = await iam().send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: UserName }))
  const SerialNumber = VirtualMFADevice?.SerialNumber ?? ''
  const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
  await iam().send(new EnableMFADeviceCommand({ UserName, SerialNumber, ...(await twoCodes(seed)) }))
  return { SerialNumber, seed }
}

const policy = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })

function sessionOf(credentials: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string } | undefined): Session {
  return {
    accessKeyId: credentials?.AccessKeyId ?? '',
    secretAccessKey: credentials?.SecretAccessKey ?? '',
    sessionToken: credentials?.SessionToken ?? '',
  }
}

async function signedWhoAmI(options: { signingDate?: Date }) {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const { host } = new URL(sandbox.endpoint)
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' }
  const request = new HttpRequest({ method: 'POST', path: '/', headers, body })
  const signed = await signerFor(sandbox, 'sts').sign(request, options)
  return { headers: signed.headers, body }
}

function send({ headers, body }: { headers: Record<string, string>; body: string }): Promise<Response> {
  return fetch(sandbox.endpoint, { method: 'POST', headers, body })
}

async function presignedWhoAmI(options: { expiresIn?: number; signingDate?: Date }): Promise<string> {
  const { host } = new URL(sandbox.endpoint)
  const query = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
  const request = new HttpRequest({ method: 'GET', path: '/', headers: { host }, query })
  const signed = await signerFor(sandbox, 'sts').presign(request, options)
  const entries = Object.entries(signed.query ?? {}) as [string, string][]
  return `${sandbox.endpoint}/?${new URLSearchParams(entries)}`
}
