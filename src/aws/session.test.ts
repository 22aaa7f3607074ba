import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testSandbox } from '../../test/support.ts'
import type { CallerEnvironment } from '../core/caller.ts'
import { describeServices } from './ecs-services.ts'
import { callerIdentity, cloudOf, regionOf, sameCloud } from './identity.ts'
import { awsSession } from './session.ts'

let tokyo: Awaited<ReturnType<typeof testSandbox>>
let osaka: Awaited<ReturnType<typeof testSandbox>>
let home: string
beforeAll(async () => {
  tokyo = await testSandbox({ account: '111111111111' })
  osaka = await testSandbox({ account: '222222222222', region: 'ap-northeast-3' })
  home = await mkdtemp(join(tmpdir(), 'kiban-home-'))
  await mkdir(join(home, '.aws'))
})
afterAll(async () => {
  await Promise.all([tokyo.close(), osaka.close(), rm(home, { recursive: true, force: true })])
})

/** Only the first is closed: a session left open keeps no process alive. */
const accountOf = async (caller: CallerEnvironment): Promise<string> => {
  const session = awsSession(undefined, caller)
  try {
    return (await callerIdentity(session)).account
  } finally {
    session.close()
  }
}

const keysOf = ({ credentials }: typeof tokyo) =>
  `aws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`

test('genova 9.21: callers in one process are each answered by their own account, at the same time', async () => {
  const [east, west] = [awsSession(undefined, tokyo.env), awsSession(undefined, osaka.env)]
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      const session = at % 2 === 0 ? east : west
      return [(await callerIdentity(session)).account, await regionOf(session)]
    }),
  )
  const expected = Array.from({ length: 20 }, (_, at) =>
    at % 2 === 0 ? ['111111111111', 'ap-northeast-1'] : ['222222222222', 'ap-northeast-3'],
  )
  expect(answers).toEqual(expected)
  east.close()
  west.close()
})

test('this process sees its own variables while a caller is served', async () => {
  const own = process.env.AWS_ACCESS_KEY_ID
  const asked = accountOf(tokyo.env)
  expect(process.env.AWS_ACCESS_KEY_ID).toBe(own)
  await asked
  expect(process.env.AWS_ACCESS_KEY_ID).toBe(own)
  expect(Object.keys(process.env)).not.toContain('AWS_ENDPOINT_URL')
})

test('a profile is looked up in the files of its caller, with its region, keys and endpoint', async () => {
  await writeFile(
    join(home, '.aws', 'config'),
    `[profile shop]\nregion = ap-northeast-3\nservices = local\n[services local]\nsts =\n  endpoint_url = ${osaka.endpoint}\n`,
  )
  await writeFile(join(home, '.aws', 'credentials'), `[shop]\n${keysOf(osaka)}`)
  const session = awsSession(undefined, { HOME: home, AWS_PROFILE: 'shop' })
  expect(await cloudOf(session)).toEqual({ account: '222222222222', endpoint: osaka.endpoint.replace('127.0.0.1', 'localhost') })
  expect(await regionOf(session)).toBe('ap-northeast-3')
  session.close()

  const elsewhere = join(home, 'elsewhere')
  await writeFile(elsewhere, `[shop]\n${keysOf(tokyo)}`)
  const moved = { AWS_PROFILE: 'shop', AWS_SHARED_CREDENTIALS_FILE: elsewhere, AWS_ENDPOINT_URL: tokyo.endpoint }
  expect(await accountOf({ HOME: '/nonexistent', ...moved })).toBe('111111111111')
})

test("a profile's program is run with the variables of its caller", async () => {
  const program = join(home, 'keys.sh')
  await writeFile(program, `printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"}' "$AWS_TEST_KEY" "$AWS_TEST_SECRET"`)
  const config = join(home, 'config-with-program')
  await writeFile(config, `[profile shop]\nregion = ap-northeast-1\ncredential_process = /bin/sh ${program}\n`)
  const callerOf = ({ credentials, endpoint, region }: typeof tokyo) => ({
    AWS_PROFILE: 'shop',
    AWS_REGION: region,
    AWS_CONFIG_FILE: config,
    AWS_ENDPOINT_URL: endpoint,
    AWS_TEST_KEY: credentials.accessKeyId,
    AWS_TEST_SECRET: credentials.secretAccessKey,
  })
  expect(await Promise.all([accountOf(callerOf(tokyo)), accountOf(callerOf(osaka))])).toEqual(['111111111111', '222222222222'])
})

test("one service's endpoint counts for that service alone", async () => {
  const caller = { ...tokyo.env, AWS_ENDPOINT_URL_ECS: osaka.endpoint }
  const session = awsSession(undefined, caller)
  expect((await callerIdentity(session)).account).toBe('111111111111')
  // The other sandbox does not know the key.
  await expect(describeServices(session, 'none', ['none'])).rejects.toMatchObject({ code: 'aws.unauthenticated' })
  session.close()
})

test('credentials that were refused are looked up again, for somebody may have logged in', async () => {
  const file = join(home, 'renewed')
  await writeFile(file, '[default]\naws_access_key_id = AKIAAAAAAAAAAAAAAAAA\naws_secret_access_key = expired\n')
  const session = awsSession(undefined, {
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_ENDPOINT_URL: tokyo.endpoint,
    AWS_REGION: 'ap-northeast-1',
  })
  await expect(callerIdentity(session)).rejects.toMatchObject({ kind: 'unauthenticated' })
  await writeFile(file, `[default]\n${keysOf(tokyo)}`)
  expect((await callerIdentity(session)).account).toBe('111111111111')
  session.close()
})

test('who the credentials are is known without a region; where to act is not', async () => {
  const session = awsSession(undefined, {
    AWS_ENDPOINT_URL: tokyo.endpoint,
    AWS_ACCESS_KEY_ID: tokyo.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: tokyo.credentials.secretAccessKey,
    AWS_CONFIG_FILE: '/nonexistent',
  })
  expect((await callerIdentity(session)).account).toBe('111111111111')
  await expect(regionOf(session)).rejects.toMatchObject({ code: 'aws.no-region' })
  session.close()
})

test('two endpoints with the same account id are two clouds, two names of this machine are one', () => {
  const here = { account: '123456789012', endpoint: 'http://localhost:4566' }
  expect(sameCloud(here, { account: '123456789012', endpoint: 'http://localhost:4567' })).toBe(false)
  expect(sameCloud(here, { account: '123456789012' })).toBe(false)
  expect(sameCloud(here, { ...here })).toBe(true)
})
