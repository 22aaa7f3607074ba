// Credentials that are not keys in a file: each from the server that AWS's documentation describes, played here.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { STS } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { testSandbox } from '../../test/support.ts'
import type { CallerEnvironment } from '../core/caller.ts'
import { describeServices } from './ecs-services.ts'
import { callerIdentity } from './identity.ts'
import { awsSession } from './session.ts'

const ACCOUNT = '111111111111'
const HOUR_MS = 3_600_000
const TOKEN = 'a-token-of-the-container'

interface Keys {
  AccessKeyId: string
  SecretAccessKey: string
  Token: string
}

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let home: string
/** Temporary keys that the sandbox knows. */
let keys: Keys
let server: Server
let url: string
/** Answers a request to the server of this test; what it refuses is a 4xx. */
let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void
let asked: string[] = []

beforeAll(async () => {
  sandbox = await testSandbox({ account: ACCOUNT })
  home = await mkdtemp(join(tmpdir(), 'kiban-home-'))
  const sts = new STS({ endpoint: sandbox.endpoint, region: sandbox.region, credentials: sandbox.credentials })
  const { Credentials: made } = await sts.getSessionToken({})
  sts.destroy()
  keys = { AccessKeyId: made?.AccessKeyId ?? '', SecretAccessKey: made?.SecretAccessKey ?? '', Token: made?.SessionToken ?? '' }
  server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    await answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await sandbox.close()
  await rm(home, { recursive: true, force: true })
})
beforeEach(() => {
  asked = []
})

const say = (response: ServerResponse, status: number, body: unknown) => {
  response.statusCode = status
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
const callerOf = (more: CallerEnvironment): CallerEnvironment => ({
  HOME: home,
  AWS_REGION: sandbox.region,
  AWS_ENDPOINT_URL_STS: sandbox.endpoint,
  AWS_ENDPOINT_URL_ECS: sandbox.endpoint,
  AWS_EC2_METADATA_DISABLED: 'true',
  ...more,
})
const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString()

/** Who each of so many requests of one session is answered to be. */
async function accountsOf(caller: CallerEnvironment, requests = 1): Promise<string[]> {
  const session = awsSession(undefined, caller)
  try {
    const accounts: string[] = []
    while (accounts.length < requests) accounts.push((await callerIdentity(session)).account)
    return accounts
  } finally {
    session.close()
  }
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
test("a task's role comes from the container's endpoint, with the token that its file holds now", async () => {
  const file = join(home, 'container-token')
  let token = TOKEN
  await writeFile(file, token)
  answer = ({ headers, url: path }, response) =>
    path === '/role' && headers.authorization === token
      ? say(response, 200, { ...keys, Expiration: fromNow(HOUR_MS) })
      : say(response, 401, { Code: 'Unauthorized', Message: 'wrong token' })
  const caller = callerOf({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/role`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  })
  expect(await accountsOf(caller, 3)).toEqual([ACCOUNT, ACCOUNT, ACCOUNT])
  expect(asked).toEqual(['GET /role'])
  token = 'another'
  await expect(accountsOf(caller)).rejects.toMatchObject({ kind: 'unauthenticated', code: 'aws.unauthenticated' })
  await writeFile(file, token)
  expect(await accountsOf(caller)).toEqual([ACCOUNT])
})

test('credentials that end soon are asked for again', async () => {
  answer = (_, response) => say(response, 200, { ...keys, Expiration: fromNow(60_000) })
  const session = awsSession(undefined, callerOf({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/role` }))
  const times = async () => {
    await callerIdentity(session)
    return asked.length
  }
  await expect.poll(times, { timeout: 20_000 }).toBeGreaterThan(1)
  session.close()
})

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
test("an instance's role comes from its metadata, version 2, which gives nothing without a token", async () => {
  answer = ({ method, url: path = '', headers }, response) => {
    if (method === 'PUT' && path === '/latest/api/token')
      return Number(headers['x-aws-ec2-metadata-token-ttl-seconds']) > 0 ? say(response, 200, TOKEN) : say(response, 400, '')
    if (headers['x-aws-ec2-metadata-token'] !== TOKEN) return say(response, 401, '')
    if (/^\/latest\/meta-data\/iam\/security-credentials\/?$/.test(path)) return say(response, 200, 'instance-role')
    if (!path.endsWith('/security-credentials/instance-role')) return say(response, 404, '')
    const times = { LastUpdated: fromNow(0), Expiration: fromNow(HOUR_MS) }
    return say(response, 200, { Code: 'Success', Type: 'AWS-HMAC', ...keys, ...times })
  }
  const instance = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url }
  expect(await accountsOf(callerOf(instance), 2)).toEqual([ACCOUNT, ACCOUNT])
  expect(asked).toContain('PUT /latest/api/token')
})

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html, …/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html */
test('a profile with single sign-on uses the login that `aws sso login` left, and says so when it is over', async () => {
  answer = ({ url: path = '', headers }, response) =>
    headers['x-amz-sso_bearer_token'] !== TOKEN
      ? say(response, 401, { message: 'Session token not found or invalid' })
      : path === `/federation/credentials?account_id=${ACCOUNT}&role_name=deployer`
        ? say(response, 200, {
            roleCredentials: {
              accessKeyId: keys.AccessKeyId,
              secretAccessKey: keys.SecretAccessKey,
              sessionToken: keys.Token,
              expiration: Date.now() + HOUR_MS,
            },
          })
        : say(response, 404, { message: path })
  const cache = join(home, '.aws', 'sso', 'cache')
  await mkdir(cache, { recursive: true })
  await writeFile(
    join(home, '.aws', 'config'),
    `[profile shop]\nsso_session = corp\nsso_account_id = ${ACCOUNT}\nsso_role_name = deployer\n[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = ap-northeast-1\n`,
  )
  const login = (expiresAt: string) =>
    writeFile(
      join(cache, `${createHash('sha1').update('corp').digest('hex')}.json`),
      JSON.stringify({ startUrl: 'https://corp.example/start', region: 'ap-northeast-1', accessToken: TOKEN, expiresAt }),
    )
  const caller = callerOf({ AWS_PROFILE: 'shop', AWS_ENDPOINT_URL_SSO: url })
  await login(fromNow(HOUR_MS))
  expect(await accountsOf(caller, 2)).toEqual([ACCOUNT, ACCOUNT])
  expect(asked).toEqual([`GET /federation/credentials?account_id=${ACCOUNT}&role_name=deployer`])
  await login(fromNow(-HOUR_MS))
  await expect(accountsOf(caller)).rejects.toMatchObject({
    kind: 'unauthenticated',
    code: 'aws.unauthenticated',
    hint: { en: expect.stringContaining('aws sso login') },
  })
  await login(fromNow(HOUR_MS))
  expect(await accountsOf(caller)).toEqual([ACCOUNT])
})

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
test('a role is assumed by the identity token that a file holds, as on GitHub Actions and EKS', async () => {
  const file = join(home, 'identity-token')
  await writeFile(file, TOKEN)
  const arn = `arn:aws:iam::${ACCOUNT}:role/deployer`
  answer = async (request, response) => {
    const form = new URLSearchParams(await text(request))
    const given = [form.get('Action'), form.get('RoleArn'), form.get('WebIdentityToken'), request.headers.authorization]
    if (JSON.stringify(given) !== JSON.stringify(['AssumeRoleWithWebIdentity', arn, TOKEN, undefined]))
      return say(
        response,
        400,
        `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no</Message></Error></ErrorResponse>`,
      )
    response.setHeader('content-type', 'text/xml')
    say(
      response,
      200,
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
      <AccessKeyId>${keys.AccessKeyId}</AccessKeyId><SecretAccessKey>${keys.SecretAccessKey}</SecretAccessKey>
      <SessionToken>${keys.Token}</SessionToken><Expiration>${fromNow(HOUR_MS)}</Expiration></Credentials>
      <AssumedRoleUser><Arn>${arn}</Arn><AssumedRoleId>A:kiban</AssumedRoleId></AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    )
  }
  const caller = callerOf({ AWS_ROLE_ARN: arn, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ENDPOINT_URL_STS: url })
  const session = awsSession(undefined, caller)
  expect(await describeServices(session, 'none', ['none'])).toEqual(new Map())
  session.close()
  await writeFile(file, 'forged')
  const forged = awsSession(undefined, caller)
  await expect(describeServices(forged, 'none', ['none'])).rejects.toMatchObject({
    kind: 'unauthenticated',
    hint: { en: expect.stringContaining('trust policy') },
  })
  forged.close()
})
