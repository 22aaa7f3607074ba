// Tasks that cannot start for want of something. kiban deploys with few permissions here, so that it cannot see beforehand
// what is missing, as in an account where it may look at nothing.
import { KMS } from '@aws-sdk/client-kms'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ACCOUNT,
  makeRole,
  type Outcome,
  type ProcessStage,
  processStage,
  type TestService,
  told,
} from '../../../../test/process-stage.ts'

const REGION = 'ap-northeast-1'
const deployer = [
  { Effect: 'Allow', Action: ['ecs:*', 'iam:PassRole', 'logs:GetLogEvents'], Resource: '*' },
  { Effect: 'Allow', Action: ['ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups'], Resource: '*' },
]
const allow = (...Action: string[]) => ({ Effect: 'Allow', Action, Resource: '*' })
const pulls = allow('ecr:*')
const logs = allow('logs:*')
const sleeps = { files: { 'main.js': 'setInterval(() => {}, 1000)' } }
const repository = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`

let stage: ProcessStage
let outcome: Outcome
let secretArn: string
let keyArn: string
beforeAll(async () => {
  stage = await processStage({ deployer })
  const { client } = stage.sandbox
  const vault = new SecretsManager(client)
  const kms = new KMS(client)
  secretArn = (await vault.createSecret({ Name: 'shop/database', SecretString: '{"url":"postgres://"}' })).ARN ?? ''
  keyArn = (await kms.createKey({})).KeyMetadata?.Arn ?? ''
  await stage.ssm.putParameter({ Name: '/shop/plain', Value: 'x', Type: 'SecureString' })
  await stage.ssm.putParameter({ Name: '/shop/locked', Value: 'x', Type: 'SecureString', KeyId: keyArn })
  await makeRole(stage.iam, 'shop-untrusted', [pulls], 'lambda.amazonaws.com')
  const walled = await stage.ec2.createSecurityGroup({ GroupName: 'walled', Description: 'lets nothing out' })
  await stage.ec2.revokeSecurityGroupEgress({
    GroupId: walled.GroupId,
    IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  })
  const wants = (valueFrom: string, more: Partial<TestService> = {}): TestService => ({
    image: sleeps,
    ...more,
    manifest: { secrets: { TOKEN: valueFrom }, ...more.manifest },
  })
  const network = { security_groups: [walled.GroupId] }
  outcome = await stage.deploy({
    'no-image': { reference: `${repository}/shop/none:v9` },
    'no-pull': { image: sleeps, allows: [logs, allow('ecr:GetAuthorizationToken')] },
    'no-token': { image: sleeps, allows: [logs] },
    foreign: { reference: 'registry.example/shop/web:v1' },
    'other-account': { reference: `999999999999.dkr.ecr.${REGION}.amazonaws.com/shop/web:v1` },
    graviton: { image: { ...sleeps, architecture: 'arm64' } },
    'no-parameter': wants('/shop/none'),
    'no-secret': wants(`arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/none-AbCdEf`),
    'no-key': wants(`${secretArn}:password::`),
    'may-not-parameter': wants('/shop/plain', { allows: [pulls, logs] }),
    'may-not-secret': wants(secretArn, { allows: [pulls, logs] }),
    'may-not-key': wants('/shop/locked', { allows: [pulls, logs, allow('ssm:GetParameters')] }),
    'no-log-group': { image: sleeps, without: ['log group'] },
    'may-not-log': { image: sleeps, allows: [pulls] },
    'no-role': { image: sleeps, manifest: { names: { task_role: 'shop-untrusted' } } },
    'no-way-to-ecr': { image: sleeps, manifest: { network } },
    'no-way-to-ssm': wants('/shop/plain', { manifest: { network } }),
    'no-way-to-vault': wants(secretArn, { manifest: { network } }),
  })
  for (const one of [vault, kms]) one.destroy()
})
afterAll(() => stage.close())

test('each task that cannot start is told by what it lacks', () => {
  const first = ' nothing-to-go-back-to'
  expect(told(outcome)).toEqual({
    'no-image': `failed image-missing${first}`,
    'no-pull': `failed image-denied${first}`,
    'no-token': `failed image-denied${first}`,
    foreign: `failed registry-unreachable${first}`,
    'other-account': `failed image-denied${first}`,
    graviton: `failed architecture${first}`,
    'no-parameter': `failed parameter-missing${first}`,
    'no-secret': `failed secret-missing${first}`,
    'no-key': `failed secret-key-missing${first}`,
    'may-not-parameter': `failed secret-denied${first}`,
    'may-not-secret': `failed secret-denied${first}`,
    'may-not-key': `failed key-denied${first}`,
    'no-log-group': `failed log-group-missing${first}`,
    'may-not-log': `failed log-denied${first}`,
    'no-role': `failed role-unusable${first}`,
    'no-way-to-ecr': `failed registry-unreachable${first}`,
    'no-way-to-ssm': `failed aws-unreachable${first}`,
    'no-way-to-vault': `failed aws-unreachable${first}`,
  })
})

test('each names what is missing, who may not, and where to put it right', () => {
  const title = (name: string) => outcome.rollouts[name]?.causes?.[0]?.title.en
  const next = (name: string) => outcome.rollouts[name]?.causes?.[0]?.next.en
  expect(title('no-image')).toBe(`There is no image ${repository}/shop/none:v9`)
  expect(title('no-pull')).toMatch(/^The role shop-staging-no-pull-execution may not pull .*shop\/no-pull@sha256:/)
  expect(title('foreign')).toBe('The task could not reach the registry registry.example')
  expect(title('graviton')).toMatch(/ is not for linux\/amd64$/)
  expect(title('no-parameter')).toBe('There is no parameter /shop/none')
  expect(next('no-parameter')).toBe('Create it: aws ssm put-parameter --type SecureString --name /shop/none --value …')
  expect(title('no-secret')).toBe('There is no secret shop/none-AbCdEf')
  expect(title('no-key')).toMatch(/^The secret shop\/database-\w+ has no JSON key password$/)
  expect(next('may-not-parameter')).toBe('Allow shop-staging-may-not-parameter-execution ssm:GetParameters on /shop/plain')
  expect(next('may-not-secret')).toMatch(
    /^Allow shop-staging-may-not-secret-execution secretsmanager:GetSecretValue on shop\/database-/,
  )
  expect(title('may-not-key')).toBe(`The role shop-staging-may-not-key-execution may not decrypt with the key ${keyArn}`)
  expect(title('no-log-group')).toBe('There is no log group /shop/staging/no-log-group')
  expect(title('may-not-log')).toBe(
    'The role shop-staging-may-not-log-execution may not write to the log group /shop/staging/may-not-log',
  )
  expect(title('no-role')).toBe('Tasks cannot assume the role shop-untrusted')
  expect(title('no-way-to-ecr')).toBe('The task could not reach the registry Amazon ECR')
  expect(title('no-way-to-ssm')).toBe('The task could not reach AWS Systems Manager Parameter Store')
  expect(title('no-way-to-vault')).toBe('The task could not reach AWS Secrets Manager')
})

test('no value of a secret is anywhere in what is kept', () => {
  expect(JSON.stringify(outcome)).not.toContain('postgres://')
})
