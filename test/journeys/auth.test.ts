// `kiban auth` as people and their tools use it: against a cloud that enforces MFA, with the AWS CLI reading what it wrote.
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { IAM } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, stepAt } from '../../src/sandbox/identity/totp.ts'
import { awsCli, noAwsCli } from '../conformance/clients/aws-cli.ts'
import { testSandbox } from '../support.ts'
import { type Ended, type Terminal, terminalIn } from './terminal.ts'

const ACCOUNT = '123456789012'
const STEP_MS = 30_000

let sandbox: Awaited<ReturnType<typeof testSandbox>>
let folder: string
let iam: IAM
let terminal: Terminal
let environment: Record<string, string>
let seed: string
let spent: number
/** What must never be seen where it does not belong. */
const canaries: string[] = []
let before: string

const credentialsFile = () => join(folder, '.aws', 'credentials')

beforeAll(async () => {
  sandbox = await testSandbox()
  folder = await mkdtemp(join(tmpdir(), 'kiban-auth-'))
  iam = new IAM(sandbox.client)
  const { AccessKey } = await user('careful')
  const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: 'careful' })
  seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
  const left = STEP_MS - (Date.now() % STEP_MS)
  if (left < 10_000) await new Promise((resolve) => setTimeout(resolve, left))
  spent = stepAt(Date.now())
  await iam.enableMFADevice({
    UserName: 'careful',
    SerialNumber: VirtualMFADevice?.SerialNumber,
    AuthenticationCode1: codeOf(seed, spent - 1),
    AuthenticationCode2: codeOf(seed, spent),
  })
  const guarded = await role('guarded', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })
  const plain = await role('plain')
  const allow = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] }
  await iam.putUserPolicy({ UserName: 'careful', PolicyName: 'assume', PolicyDocument: JSON.stringify(allow) })
  await iam.putRolePolicy({ RoleName: 'plain', PolicyName: 'assume', PolicyDocument: JSON.stringify(allow) })
  before = `# The keys of the bookshop\r
[other]\r
aws_access_key_id = AKIAOTHER\r
aws_secret_access_key=other-secret ; as it was\r
\r
[reshine]
aws_access_key_id = ${AccessKey?.AccessKeyId}
aws_secret_access_key = ${AccessKey?.SecretAccessKey}
mfa_serial = ${VirtualMFADevice?.SerialNumber}
duration_seconds = 43200
# the end, without a line end`
  canaries.push(AccessKey?.SecretAccessKey ?? '')
  await mkdir(join(folder, '.aws'))
  await writeFile(credentialsFile(), before, { mode: 0o600 })
  await writeFile(
    join(folder, '.aws', 'config'),
    `[profile reshine]
region = ap-northeast-1
[profile reshine-assume]
region = ap-northeast-1
[profile keys]
region = ap-northeast-1
source_profile = reshine
[profile guarded]
role_arn = ${guarded}
source_profile = reshine
mfa_serial = ${VirtualMFADevice?.SerialNumber}
[profile plain]
role_arn = ${plain}
source_profile = reshine
region = ap-northeast-1
[profile chained]
role_arn = ${await role('chained')}
source_profile = plain
[profile around]
role_arn = ${plain}
source_profile = around-again
[profile around-again]
role_arn = ${plain}
source_profile = around
[profile itself]
credential_process = ${process.execPath} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, '../../src/main.ts')} auth process itself
[profile through]
region = ap-northeast-1
credential_process = ${process.execPath} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, '../../src/main.ts')} auth process plain
`,
  )
  environment = {
    HOME: folder,
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    LANG: 'C.UTF-8',
  }
  terminal = terminalIn(folder, environment)
})
afterAll(async () => {
  await terminal?.close()
  iam?.destroy()
  await sandbox?.close()
  await rm(folder, { recursive: true, force: true })
})

async function user(UserName: string) {
  await iam.createUser({ UserName })
  return iam.createAccessKey({ UserName })
}

async function role(RoleName: string, Condition?: object): Promise<string> {
  const Statement = [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'sts:AssumeRole',
      ...(Condition ? { Condition } : {}),
    },
  ]
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
  })
  return Role?.Arn ?? ''
}

/** The next code that the device has not seen: a device takes that of the step after this one as well. */
async function code(): Promise<string> {
  while (spent > stepAt(Date.now())) await new Promise((resolve) => setTimeout(resolve, 500))
  spent = Math.max(spent, stepAt(Date.now())) + 1
  return codeOf(seed, spent)
}

const keysOf = (content: string): string => `[keys]\n${/aws_access_key_id = AKIA(?!OTHER).*\n.*\n/.exec(content)?.[0] ?? ''}`

/** Nothing of a secret in what a person sees. */
function quiet({ stdout, stderr }: Ended): void {
  for (const secret of canaries) expect(stdout + stderr).not.toContain(secret)
}

test('each failure has a sentence of its own, with the remedy', async () => {
  const said = async (...argv: string[]) => {
    const ended = await terminal.run('auth', ...argv)
    quiet(ended)
    return `${ended.code} ${ended.stderr}`
  }
  expect(await said('assume', 'nobody')).toMatch(/^4 .*There is no profile nobody.*\n.*There are: .*reshine/)
  expect(await said('assume', 'reshine')).toMatch(/^3 .*reshine needs a code of its MFA device\n.*--token-command/)
  expect(await said('assume', 'reshine', '--token', '12345')).toMatch(/^2 .*six digits, not 5/)
  const wrong = codeOf(seed, spent + 1) === '000000' ? '000001' : '000000'
  expect(await said('assume', 'reshine', '--token', wrong)).toMatch(
    /^3 .*wrong, was used already, or is over\n.*Wait for the next one/,
  )
  expect(await said('assume', 'around')).toMatch(/^2 .*around → around-again → around/)
  expect(await said('whoami', 'itself')).toMatch(/itself/)
  expect(await said('assume', 'reshine', '--token-command', 'false')).toMatch(/^2 .*false gave no code/)
  expect(await said('console', 'other')).toMatch(/^2 .*sessions of roles and of SSO alone/)
  const gone = terminalIn(folder, { ...environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' })
  expect(await gone.run('auth', 'whoami', 'plain')).toMatchObject({ code: 6 })
  expect(await readFile(credentialsFile(), 'utf8')).toBe(before)
})

test('assume writes a section that was not there, and no other byte', async () => {
  const ended = await terminal.run('auth', 'assume', 'reshine', '--token', await code())
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toMatch(/✔ \[reshine-assume\] is in .*credentials {2}good for (12h00m|11h59m)/)
  const after = await readFile(credentialsFile(), 'utf8')
  expect(after.startsWith(before)).toBe(true)
  const [, secret = '', token = ''] =
    /aws_secret_access_key = (\S+)\r?\naws_session_token = (\S+)/.exec(after.slice(before.length)) ?? []
  canaries.push(secret, token)
  quiet(ended)
  expect((await stat(credentialsFile())).mode & 0o777).toBe(0o600)
  expect((await readdir(join(folder, '.aws'))).filter((name) => /\.\d+\./.test(name))).toEqual([])
})

test('a session is used again until it nears its end, and nobody is asked', async () => {
  const [again] = await terminal.json('auth', 'assume', 'reshine')
  expect(again).toMatchObject({ profile: 'reshine', section: 'reshine-assume', reused: true, rest: 'file' })
  const ended = await terminal.run('auth', 'whoami', 'reshine')
  expect(ended.stdout).toMatch(/arn:aws:iam::123456789012:user\/careful {2}123456789012 {2}good for .*the session of before/)
  const listed = await terminal.run('auth', 'list')
  expect(listed.stdout).toMatch(/reshine +keys and MFA +ap-northeast-1 .*good for/)
  quiet(listed)
})

describe.skipIf(awsCli === undefined)(`the AWS CLI (${awsCli ?? noAwsCli})`, () => {
  const aws = async (profile: string, ...args: string[]) => {
    // Debian's knows no AWS_ENDPOINT_URL; what it starts does.
    const env = { PATH: process.env.PATH, ...environment }
    const argv = ['--endpoint-url', sandbox.endpoint, '--profile', profile, '--output', 'json', ...args]
    return promisify(execFile)(awsCli ?? '', argv, { env }).then(
      ({ stdout }) => JSON.parse(stdout),
      ({ stderr }) => String(stderr).trim(),
    )
  }

  test('reads the profile that kiban wrote, and works with it where MFA is demanded', async () => {
    expect(await aws('reshine-assume', 'sts', 'get-caller-identity')).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT}:user/careful`,
    })
    const assume = (profile: string) =>
      aws(profile, 'sts', 'assume-role', '--role-arn', `arn:aws:iam::${ACCOUNT}:role/guarded`, '--role-session-name', 'cli')
    expect(await assume('reshine-assume')).toMatchObject({
      AssumedRoleUser: { Arn: expect.stringContaining('assumed-role/guarded/cli') },
    })
    expect(await assume('reshine')).toContain('AccessDenied')
  })

  test('is given sessions by credential_process', async () => {
    expect(await aws('through', 'sts', 'get-caller-identity')).toMatchObject({
      Arn: expect.stringContaining('assumed-role/plain/'),
    })
  })
})

test('roles are assumed, in chains, with a code where the role asks for one', async () => {
  const [plain] = await terminal.json('auth', 'whoami', 'plain')
  expect(plain.arn).toContain(':assumed-role/plain/')
  const [chained] = await terminal.json('auth', 'whoami', 'chained')
  expect(chained.arn).toContain(':assumed-role/chained/')
  const [guarded] = await terminal.json('auth', 'whoami', 'guarded', '--token', await code())
  expect(guarded).toMatchObject({
    arn: expect.stringContaining(':assumed-role/guarded/'),
    region: 'ap-northeast-1',
    reused: false,
  })
  // A code counts once; the session does not need it again.
  expect((await terminal.json('auth', 'whoami', 'guarded'))[0]).toMatchObject({ reused: true })
})

test('exec hands the session to a command alone, with its exit code', async () => {
  const script =
    'process.stdout.write(JSON.stringify([process.env.AWS_ACCESS_KEY_ID?.slice(0,4), process.env.AWS_REGION, process.env.AWS_PROFILE, Boolean(process.env.AWS_SESSION_TOKEN)])); process.exit(7)'
  const withProfile = terminalIn(folder, { ...environment, AWS_PROFILE: 'other' })
  const ended = await withProfile.run('auth', 'exec', 'plain', '--', process.execPath, '-e', script)
  expect(ended).toMatchObject({ code: 7, stdout: JSON.stringify(['ASIA', 'ap-northeast-1', null, true]) })
  expect(await terminal.run('auth', 'exec', 'plain')).toMatchObject({ code: 2 })
})

test('env prints what each shell reads, and credential_process what it wants', async () => {
  const [document] = (await terminal.run('auth', 'process', 'plain')).stdout.split('\n').map((line) => line && JSON.parse(line))
  expect(document).toMatchObject({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/), Expiration: expect.any(String) })
  const sh = await terminal.run('auth', 'env', 'plain', '--shell', 'sh')
  const read = promisify(execFile)(
    '/bin/sh',
    ['-c', `${sh.stdout}\nprintf '%s|%s' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"`],
    { env: {} },
  )
  expect((await read).stdout).toBe(`${document.AccessKeyId}|${document.SecretAccessKey}`)
  expect((await terminal.run('auth', 'env', 'plain', '--shell', 'fish')).stdout).toMatch(
    /^set -e AWS_PROFILE\nset -gx AWS_ACCESS_KEY_ID 'ASIA/,
  )
  expect((await terminal.run('auth', 'env', 'plain', '--shell', 'powershell')).stdout).toMatch(/\$Env:AWS_ACCESS_KEY_ID = 'ASIA/)
})

test('console makes a link by which the session signs in, once', async () => {
  const { stdout } = await terminal.run('auth', 'console', 'plain', '--destination', 'ecs/v2/clusters')
  expect(stdout).not.toContain('SessionToken')
  const login = async () => fetch(stdout.trim(), { redirect: 'manual' })
  const answer = await login()
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toMatch(/ecs\/v2\/clusters\?region=ap-northeast-1$/)
  expect((await login()).status).toBe(400)
})

test('a file that is a link stays one; one that is protected is left alone', async () => {
  const real = join(folder, 'real-credentials')
  await writeFile(real, before, { mode: 0o600 })
  const link = join(folder, 'linked-credentials')
  await symlink(real, link)
  const linked = terminalIn(folder, { ...environment, AWS_SHARED_CREDENTIALS_FILE: link })
  expect(await linked.run('auth', 'assume', 'plain')).toMatchObject({ code: 0 })
  expect((await stat(link)).isFile()).toBe(true)
  expect(await readFile(real, 'utf8')).toContain('[plain-assume]')
  await chmod(real, 0o400)
  const refused = await linked.run('auth', 'assume', 'plain')
  expect(`${refused.code} ${refused.stderr}`).toMatch(/^2 .*protected from writing\n.*chmod u\+w/)
})

test('bytes of another encoding stay as they are', async () => {
  const file = join(folder, 'sjis-credentials')
  const shift = Buffer.concat([Buffer.from('# '), Buffer.from([0x8a, 0xee, 0x94, 0xd5]), Buffer.from('\n[x]\ny = 1\n')])
  await writeFile(file, shift, { mode: 0o600 })
  const there = terminalIn(folder, {
    ...environment,
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_CONFIG_FILE: join(folder, 'sjis-config'),
  })
  await writeFile(
    join(folder, 'sjis-config'),
    '[profile honten]\nrole_arn = arn:aws:iam::123456789012:role/plain\nsource_profile = keys\n[profile keys]\n',
  )
  await writeFile(file, Buffer.concat([shift, Buffer.from(keysOf(before))]))
  const start = await readFile(file)
  expect(await there.run('auth', 'assume', 'honten')).toMatchObject({ code: 0 })
  const after = await readFile(file)
  expect(after.subarray(0, start.length).equals(start)).toBe(true)
  expect(after.toString('utf8')).toContain('[honten-assume]')
})

test('kiban works within exec, for the same profile too', async () => {
  const inner = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/main.ts')]
  const ended = await terminal.run('auth', 'exec', 'plain', '--fresh', '--', ...inner, 'auth', 'whoami', 'plain', '--fresh')
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining(':assumed-role/plain/') })
})

test('two at once write both of their sections', async () => {
  await Promise.all([
    terminal.run('auth', 'assume', 'plain'),
    terminal.run('auth', 'assume', 'chained'),
    terminal.run('auth', 'assume', 'guarded'),
  ])
  const after = await readFile(credentialsFile(), 'utf8')
  expect(after.startsWith(before)).toBe(true)
  for (const section of ['reshine', 'plain', 'chained', 'guarded']) expect(after.split(`[${section}-assume]`).length).toBe(2)
})

test('sessions rest in files that their owner alone may read, until they are forgotten', async () => {
  const cache = join(folder, '.cache', 'kiban', 'sessions')
  const files = await readdir(cache)
  expect(files.length).toBeGreaterThan(2)
  for (const file of files) expect((await stat(join(cache, file))).mode & 0o777).toBe(0o600)
  expect((await stat(cache)).mode & 0o777).toBe(0o700)
  expect(await terminal.run('auth', 'logout', 'plain')).toMatchObject({ code: 0 })
  expect((await readdir(cache)).length).toBe(files.length - 1)
  await terminal.run('auth', 'logout')
  expect(await readdir(cache)).toEqual([])
})
