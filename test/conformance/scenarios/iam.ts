import { expect } from 'vitest'
import { type Credentials, type Kept, type Scenario, type Step, step } from '../scenario.ts'
import { nextCode, twoCodes } from '../totp-step.ts'

const ACCOUNT = '123456789012'
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const TRUST = { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }
const READ = { Effect: 'Allow', Action: 'ssm:Get*', Resource: '*' }
const CUSTOM = `arn:aws:iam::${ACCOUNT}:policy/play-read`
const SCANNER = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const TAGS = [{ Key: 'team', Value: 'bookshop' }]

const roles: Step[] = [
  step(
    'iam:CreateRole',
    { RoleName: 'play-role', AssumeRolePolicyDocument: policy(TRUST), Tags: TAGS, Description: 'first' },
    {
      answer: {
        Role: { Path: '/', AssumeRolePolicyDocument: { Statement: [TRUST] }, Arn: `arn:aws:iam::${ACCOUNT}:role/play-role` },
      },
    },
  ),
  step('iam:CreateRole', { RoleName: 'play-role', AssumeRolePolicyDocument: policy(TRUST) }, { fails: 'EntityAlreadyExists' }),
  step(
    'iam:CreateRole',
    { RoleName: 'play-broken', AssumeRolePolicyDocument: '{"Statement":' },
    { fails: 'MalformedPolicyDocument' },
  ),
  step('iam:GetRole', { RoleName: 'play-role' }, { answer: { Role: { MaxSessionDuration: 3600, Tags: TAGS } } }),
  step('iam:GetRole', { RoleName: 'play-none' }, { fails: 'NoSuchEntity' }),
  step(
    'iam:ListRoles',
    { PathPrefix: '/' },
    { answer: { Roles: expect.arrayContaining([expect.objectContaining({ RoleName: 'play-role' })]) } },
  ),
  step('iam:UpdateRole', { RoleName: 'play-role', Description: 'second', MaxSessionDuration: 7200 }),
  step('iam:UpdateAssumeRolePolicy', { RoleName: 'play-role', PolicyDocument: policy(TRUST) }),
  step('iam:TagRole', { RoleName: 'play-role', Tags: [{ Key: 'owner', Value: 'aoi' }] }),
  step('iam:UntagRole', { RoleName: 'play-role', TagKeys: ['team'] }),
  step('iam:ListRoleTags', { RoleName: 'play-role' }, { answer: { Tags: [{ Key: 'owner', Value: 'aoi' }] } }),
  step('iam:PutRolePolicy', { RoleName: 'play-role', PolicyName: 'read', PolicyDocument: policy(READ) }),
  step('iam:GetRolePolicy', { RoleName: 'play-role', PolicyName: 'read' }, { answer: { PolicyDocument: { Statement: [READ] } } }),
  step('iam:GetRolePolicy', { RoleName: 'play-role', PolicyName: 'none' }, { fails: 'NoSuchEntity' }),
  step('iam:ListRolePolicies', { RoleName: 'play-role' }, { answer: { PolicyNames: ['read'] } }),
  step(
    'iam:SimulatePrincipalPolicy',
    {
      ...{ PolicySourceArn: `arn:aws:iam::${ACCOUNT}:role/play-role`, ActionNames: ['ssm:GetParameter', 'ssm:PutParameter'] },
    },
    { answer: { EvaluationResults: [{ EvalDecision: 'allowed' }, { EvalDecision: 'implicitDeny' }] } },
  ),
  step(
    'iam:CreateServiceLinkedRole',
    { AWSServiceName: 'ecs.application-autoscaling.amazonaws.com' },
    {
      answer: { Role: { RoleName: 'AWSServiceRoleForApplicationAutoScaling_ECSService' } },
    },
  ),
]

const policies: Step[] = [
  step(
    'iam:CreatePolicy',
    { PolicyName: 'play-read', PolicyDocument: policy(READ), Tags: TAGS },
    { answer: { Policy: { Arn: CUSTOM, DefaultVersionId: 'v1' } } },
  ),
  step('iam:CreatePolicy', { PolicyName: 'play-read', PolicyDocument: policy(READ) }, { fails: 'EntityAlreadyExists' }),
  step(
    'iam:CreatePolicyVersion',
    { PolicyArn: CUSTOM, PolicyDocument: policy({ ...READ, Action: '*' }), SetAsDefault: true },
    {
      answer: { PolicyVersion: { VersionId: 'v2', IsDefaultVersion: true } },
    },
  ),
  step('iam:GetPolicy', { PolicyArn: CUSTOM }, { answer: { Policy: { DefaultVersionId: 'v2', AttachmentCount: 0 } } }),
  step('iam:GetPolicy', { PolicyArn: `${CUSTOM}-none` }, { fails: 'NoSuchEntity' }),
  step('iam:ListPolicies', { Scope: 'Local' }, { answer: { Policies: [{ PolicyName: 'play-read' }] } }),
  step(
    'iam:GetPolicyVersion',
    { PolicyArn: CUSTOM, VersionId: 'v1' },
    { answer: { PolicyVersion: { Document: { Statement: [READ] } } } },
  ),
  step(
    'iam:ListPolicyVersions',
    { PolicyArn: CUSTOM },
    { answer: { Versions: expect.arrayContaining([expect.objectContaining({ VersionId: 'v2', IsDefaultVersion: true })]) } },
  ),
  step('iam:DeletePolicyVersion', { PolicyArn: CUSTOM, VersionId: 'v2' }, { fails: 'DeleteConflict' }),
  step('iam:DeletePolicyVersion', { PolicyArn: CUSTOM, VersionId: 'v1' }),
  step('iam:AttachRolePolicy', { RoleName: 'play-role', PolicyArn: CUSTOM }),
  step('iam:AttachRolePolicy', { RoleName: 'play-role', PolicyArn: `${CUSTOM}-none` }, { fails: 'NoSuchEntity' }),
  step(
    'iam:ListAttachedRolePolicies',
    { RoleName: 'play-role' },
    { answer: { AttachedPolicies: [{ PolicyArn: CUSTOM, PolicyName: 'play-read' }] } },
  ),
  step('iam:DeletePolicy', { PolicyArn: CUSTOM }, { fails: 'DeleteConflict' }),
  step('iam:DeleteRole', { RoleName: 'play-role' }, { fails: 'DeleteConflict' }),
  step('iam:DetachRolePolicy', { RoleName: 'play-role', PolicyArn: CUSTOM }),
  step('iam:DetachRolePolicy', { RoleName: 'play-role', PolicyArn: CUSTOM }, { fails: 'NoSuchEntity' }),
  step('iam:DeletePolicy', { PolicyArn: CUSTOM }),
  step('iam:DeleteRolePolicy', { RoleName: 'play-role', PolicyName: 'read' }),
  step('iam:DeleteRole', { RoleName: 'play-role' }),
]

const users: Step[] = [
  step(
    'iam:CreateUser',
    { UserName: 'play-user', Path: '/staff/', Tags: TAGS },
    { answer: { User: { Arn: `arn:aws:iam::${ACCOUNT}:user/staff/play-user` } } },
  ),
  step('iam:CreateUser', { UserName: 'play-user' }, { fails: 'EntityAlreadyExists' }),
  step('iam:GetUser', { UserName: 'play-user' }, { answer: { User: { Path: '/staff/', Tags: TAGS } } }),
  step('iam:GetUser', { UserName: 'play-none' }, { fails: 'NoSuchEntity' }),
  step('iam:ListUsers', { PathPrefix: '/staff/' }, { answer: { Users: [{ UserName: 'play-user' }] } }),
  step('iam:TagUser', { UserName: 'play-user', Tags: [{ Key: 'owner', Value: 'aoi' }] }),
  step('iam:PutUserPolicy', { UserName: 'play-user', PolicyName: 'read', PolicyDocument: policy(READ) }),
  step('iam:GetUserPolicy', { UserName: 'play-user', PolicyName: 'read' }, { answer: { PolicyDocument: { Statement: [READ] } } }),
  step('iam:ListUserPolicies', { UserName: 'play-user' }, { answer: { PolicyNames: ['read'] } }),
  step('iam:AttachUserPolicy', { UserName: 'play-user', PolicyArn: SCANNER }),
  step('iam:ListAttachedUserPolicies', { UserName: 'play-user' }, { answer: { AttachedPolicies: [{ PolicyArn: SCANNER }] } }),
  step('iam:DetachUserPolicy', { UserName: 'play-user', PolicyArn: SCANNER }),
  step(
    'iam:CreateAccessKey',
    { UserName: 'play-user' },
    {
      answer: { AccessKey: { Status: 'Active', UserName: 'play-user' } },
      keep: { userKey: 'AccessKey.AccessKeyId', userSecret: 'AccessKey.SecretAccessKey' },
    },
  ),
  step('iam:ListAccessKeys', { UserName: 'play-user' }, { answer: { AccessKeyMetadata: [{ Status: 'Active' }] } }),
  step(
    'sts:GetCallerIdentity',
    {},
    { answer: { Arn: `arn:aws:iam::${ACCOUNT}:user/staff/play-user`, Account: ACCOUNT }, as: user },
  ),
  step('ssm:GetParameter', { Name: '/none' }, { fails: 'ParameterNotFound', as: user }),
  step('ssm:PutParameter', { Name: '/play/mine', Value: 'x', Type: 'String' }, { fails: 'AccessDeniedException', as: user }),
  step('sqs:CreateQueue', { QueueName: 'mine' }, { fails: ['AccessDenied', 'AccessDeniedException'], as: user }),
  step('ec2:DescribeVpcs', {}, { fails: 'UnauthorizedOperation', as: user }),
  step('s3:ListBuckets', {}, { fails: 'AccessDenied', as: user }),
  step('elbv2:DescribeLoadBalancers', {}, { fails: 'AccessDenied', as: user }),
  step('lambda:ListFunctions', {}, { fails: 'AccessDeniedException', as: user }),
  step('iam:UpdateAccessKey', ({ userKey }) => ({ UserName: 'play-user', AccessKeyId: userKey, Status: 'Inactive' })),
  step('sts:GetCallerIdentity', {}, { fails: 'InvalidClientTokenId', as: user }),
  step('sts:GetAccessKeyInfo', ({ userKey }) => ({ AccessKeyId: userKey }), { answer: { Account: ACCOUNT } }),
  step('iam:DeleteUser', { UserName: 'play-user' }, { fails: 'DeleteConflict' }),
  step('iam:DeleteAccessKey', ({ userKey }) => ({ UserName: 'play-user', AccessKeyId: userKey })),
  step('iam:DeleteUserPolicy', { UserName: 'play-user', PolicyName: 'read' }),
  step('iam:DeleteUser', { UserName: 'play-user' }),
]

function user({ userKey = '', userSecret = '' }: Kept): Credentials {
  return { accessKeyId: userKey, secretAccessKey: userSecret }
}

export const iam: Scenario = {
  name: 'Roles, policies, users and their keys are made, used and taken away',
  steps: [...roles, ...policies, ...users],
}

const seedOf = (base64 = '') => Buffer.from(base64, 'base64').toString()

/** A user with a key and an MFA device of their own, under names that start with theirs. */
function member(name: string): Step[] {
  return [
    step('iam:CreateUser', { UserName: name }),
    step('iam:PutUserPolicy', {
      UserName: name,
      PolicyName: 'assume',
      PolicyDocument: policy({ Effect: 'Allow', Action: ['sts:*', 'iam:List*'], Resource: '*' }),
    }),
    step(
      'iam:CreateAccessKey',
      { UserName: name },
      {
        keep: { [`${name}Key`]: 'AccessKey.AccessKeyId', [`${name}Secret`]: 'AccessKey.SecretAccessKey' },
      },
    ),
    step(
      'iam:CreateVirtualMFADevice',
      { VirtualMFADeviceName: name },
      {
        keep: { [`${name}Serial`]: 'VirtualMFADevice.SerialNumber', [`${name}Seed`]: 'VirtualMFADevice.Base32StringSeed' },
      },
    ),
    step(
      'iam:EnableMFADevice',
      (kept) => ({
        ...{ UserName: name, SerialNumber: kept[`${name}Serial`] },
        ...{ AuthenticationCode1: '000000', AuthenticationCode2: '000000' },
      }),
      { fails: 'InvalidAuthenticationCode' },
    ),
    step('iam:EnableMFADevice', async (kept) => ({
      ...{ UserName: name, SerialNumber: kept[`${name}Serial`] },
      ...(await twoCodes(seedOf(kept[`${name}Seed`]))),
    })),
  ]
}

const memberOf =
  (name: string) =>
  (kept: Kept): Credentials => ({
    accessKeyId: kept[`${name}Key`] ?? '',
    secretAccessKey: kept[`${name}Secret`] ?? '',
  })
const sora = memberOf('sora')
const haru = memberOf('haru')
const session = ({ sessionKey = '', sessionSecret = '', sessionToken = '' }: Kept): Credentials => ({
  accessKeyId: sessionKey,
  secretAccessKey: sessionSecret,
  sessionToken,
})
const keepSession = {
  sessionKey: 'Credentials.AccessKeyId',
  sessionSecret: 'Credentials.SecretAccessKey',
  sessionToken: 'Credentials.SessionToken',
}
const GUARDED = `arn:aws:iam::${ACCOUNT}:role/play-guarded`

/** Sora's next code, kept so that it can be tried again. */
function newCode(kept: Kept): string {
  const code = nextCode(seedOf(kept.soraSeed))
  kept.soraCode = code
  return code
}

export const mfa: Scenario = {
  name: 'MFA opens what asks for it, once for each code, and nothing else does',
  steps: [
    ...member('sora'),
    ...member('haru'),
    step('iam:ListMFADevices', { UserName: 'sora' }, { answer: { MFADevices: [{ UserName: 'sora' }] } }),
    step(
      'iam:ListVirtualMFADevices',
      { AssignmentStatus: 'Assigned' },
      { answer: { VirtualMFADevices: [expect.anything(), expect.anything()] } },
    ),
    step('iam:CreateRole', {
      RoleName: 'play-guarded',
      AssumeRolePolicyDocument: policy({
        ...{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' },
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      }),
    }),
    step('sts:AssumeRole', { RoleArn: GUARDED, RoleSessionName: 'play' }, { fails: 'AccessDenied', as: sora }),
    step(
      'sts:AssumeRole',
      ({ soraSerial }) => ({ RoleArn: GUARDED, RoleSessionName: 'play', SerialNumber: soraSerial, TokenCode: 'abcdef' }),
      {
        fails: 'ValidationError',
        as: sora,
      },
    ),
    step(
      'sts:AssumeRole',
      ({ haruSerial, haruSeed }) => ({
        ...{ RoleArn: GUARDED, RoleSessionName: 'play', SerialNumber: haruSerial, TokenCode: nextCode(seedOf(haruSeed)) },
      }),
      { fails: 'AccessDenied', as: sora },
    ),
    step(
      'sts:AssumeRole',
      (kept) => ({
        ...{ RoleArn: GUARDED, RoleSessionName: 'play', SerialNumber: kept.soraSerial, TokenCode: newCode(kept) },
      }),
      {
        answer: { AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/play-guarded/play` } },
        keep: keepSession,
        as: sora,
      },
    ),
    step(
      'sts:AssumeRole',
      ({ soraSerial, soraCode }) => ({
        ...{ RoleArn: GUARDED, RoleSessionName: 'play', SerialNumber: soraSerial, TokenCode: soraCode },
      }),
      { fails: 'AccessDenied', as: sora },
    ),
    step('sts:GetCallerIdentity', {}, { answer: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/play-guarded/play` }, as: session }),
    step('iam:ListRoles', {}, { fails: 'AccessDenied', as: session }),
    step(
      'sts:GetCallerIdentity',
      {},
      {
        fails: 'InvalidClientTokenId',
        as: (kept) => ({ ...session(kept), sessionToken: 'made-up' }),
      },
    ),
    step(
      'sts:GetCallerIdentity',
      {},
      { fails: 'InvalidClientTokenId', as: (kept) => ({ ...session(kept), sessionToken: undefined }) },
    ),
    step('sts:GetSessionToken', {}, { keep: keepSession, as: haru }),
    step('iam:ListUsers', {}, { fails: 'AccessDenied', as: session }),
    step(
      'sts:GetSessionToken',
      ({ haruSerial, haruSeed }) => ({ SerialNumber: haruSerial, TokenCode: nextCode(seedOf(haruSeed)), DurationSeconds: 900 }),
      {
        keep: keepSession,
        as: haru,
      },
    ),
    step(
      'iam:ListUsers',
      {},
      { answer: { Users: expect.arrayContaining([expect.objectContaining({ UserName: 'haru' })]) }, as: session },
    ),
    step('iam:DeactivateMFADevice', ({ soraSerial }) => ({ UserName: 'sora', SerialNumber: soraSerial })),
    step('iam:DeleteVirtualMFADevice', ({ haruSerial }) => ({ SerialNumber: haruSerial }), { fails: 'DeleteConflict' }),
    step('iam:DeleteVirtualMFADevice', ({ soraSerial }) => ({ SerialNumber: soraSerial })),
  ],
}

const wrongSecret = ({ accessKeyId = '' }: Kept) => ({ accessKeyId, secretAccessKey: 'wrong' })
const unknownKey = ({ secretAccessKey = '' }: Kept) => ({ accessKeyId: 'AKIAUNKNOWN000000000', secretAccessKey })
const madeUpSession = (kept: Kept) => ({
  accessKeyId: kept.accessKeyId ?? '',
  secretAccessKey: kept.secretAccessKey ?? '',
  sessionToken: 'made-up',
})

/** One read of each service, with what it calls a wrong secret, an unknown key, a made-up session and no signature. */
const refused: [call: Step['call'], input: object, secret: string, key: string, token: string, unsigned: string][] = [
  [
    'sts:GetCallerIdentity',
    {},
    'SignatureDoesNotMatch',
    'InvalidClientTokenId',
    'InvalidClientTokenId',
    'MissingAuthenticationToken',
  ],
  ['iam:ListUsers', {}, 'SignatureDoesNotMatch', 'InvalidClientTokenId', 'InvalidClientTokenId', 'MissingAuthenticationToken'],
  [
    'elbv2:DescribeLoadBalancers',
    {},
    'SignatureDoesNotMatch',
    'InvalidClientTokenId',
    'InvalidClientTokenId',
    'MissingAuthenticationToken',
  ],
  ['ec2:DescribeVpcs', {}, 'AuthFailure', 'AuthFailure', 'AuthFailure', 'MissingAuthenticationToken'],
  ['s3:ListBuckets', {}, 'SignatureDoesNotMatch', 'InvalidAccessKeyId', 'InvalidToken', 'AccessDenied'],
  ...(
    [
      'ecs:ListClusters',
      'ecr:DescribeRepositories',
      'ssm:DescribeParameters',
      'secretsmanager:ListSecrets',
      'kms:ListKeys',
      'logs:DescribeLogGroups',
      'events:ListRules',
      'scheduler:ListSchedules',
      'lambda:ListFunctions',
    ] as const
  ).map(
    (call) =>
      [
        call,
        {},
        'InvalidSignatureException',
        'UnrecognizedClientException',
        'UnrecognizedClientException',
        'MissingAuthenticationTokenException',
      ] as (typeof refused)[number],
  ),
]

export const refusals: Scenario = {
  name: 'A wrong secret, an unknown key, a made-up session and no signature are refused by every service in its own words',
  steps: refused.flatMap(([call, input, secret, key, token, unsigned]) => [
    step(call, input as never, { fails: secret, as: wrongSecret }),
    step(call, input as never, { fails: key, as: unknownKey }),
    step(call, input as never, { fails: token, as: madeUpSession }),
    step(call, input as never, { fails: unsigned, as: 'nobody' }),
  ]),
}
