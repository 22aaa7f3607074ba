import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    },
  ],
})
const TOKEN = 'f47ac10b-58cc-4372-a567-0e02b2c3d479'

export const secretsManager: Scenario = {
  name: 'Secrets keep versions, are staged, found, deleted and restored',
  steps: [
    step(
      'secretsmanager:CreateSecret',
      {
        ...{ Name: 'play/a', SecretString: '{"password":"p & <w>"}', Description: 'first' },
        Tags: [{ Key: 'team', Value: 'bookshop' }],
      },
      {
        answer: { Name: 'play/a', ARN: expect.stringMatching(/:secret:play\/a-[A-Za-z0-9]{6}$/) },
        keep: { arn: 'ARN', first: 'VersionId' },
      },
    ),
    step('secretsmanager:CreateSecret', { Name: 'play/a', SecretString: 'x' }, { fails: 'ResourceExistsException' }),
    step('secretsmanager:CreateSecret', { Name: 'play/bytes', SecretBinary: Buffer.from([0, 1, 255]) }),
    step(
      'secretsmanager:GetSecretValue',
      { SecretId: 'play/a' },
      {
        answer: { SecretString: '{"password":"p & <w>"}', VersionStages: ['AWSCURRENT'] },
      },
    ),
    step('secretsmanager:GetSecretValue', { SecretId: 'play/bytes' }, { answer: { SecretBinary: 'AAH/' } }),
    step('secretsmanager:GetSecretValue', { SecretId: 'play/none' }, { fails: 'ResourceNotFoundException' }),
    step(
      'secretsmanager:GetSecretValue',
      { SecretId: 'play/a', VersionStage: 'AWSPREVIOUS' },
      { fails: 'ResourceNotFoundException' },
    ),
    step(
      'secretsmanager:PutSecretValue',
      { SecretId: 'play/a', SecretString: 'second', ClientRequestToken: TOKEN },
      {
        answer: { VersionId: TOKEN, VersionStages: ['AWSCURRENT'] },
      },
    ),
    step(
      'secretsmanager:PutSecretValue',
      { SecretId: 'play/a', SecretString: 'other', ClientRequestToken: TOKEN },
      {
        fails: 'ResourceExistsException',
      },
    ),
    step(
      'secretsmanager:GetSecretValue',
      { SecretId: 'play/a', VersionStage: 'AWSPREVIOUS' },
      {
        answer: { SecretString: '{"password":"p & <w>"}' },
      },
    ),
    step('secretsmanager:UpdateSecretVersionStage', ({ first }) => ({
      ...{ SecretId: 'play/a', VersionStage: 'AWSCURRENT' },
      ...{ MoveToVersionId: first, RemoveFromVersionId: TOKEN },
    })),
    step(
      'secretsmanager:ListSecretVersionIds',
      { SecretId: 'play/a' },
      {
        answer: { Versions: expect.arrayContaining([expect.objectContaining({ VersionStages: ['AWSCURRENT'] })]) },
      },
    ),
    step('secretsmanager:UpdateSecret', { SecretId: 'play/a', Description: 'changed' }),
    step(
      'secretsmanager:DescribeSecret',
      { SecretId: 'play/a' },
      {
        answer: { Description: 'changed', Tags: [{ Key: 'team', Value: 'bookshop' }] },
      },
    ),
    step(
      'secretsmanager:ListSecrets',
      { Filters: [{ Key: 'name', Values: ['play/'] }] },
      {
        answer: { SecretList: [expect.anything(), expect.anything()] },
      },
    ),
    step(
      'secretsmanager:BatchGetSecretValue',
      { SecretIdList: ['play/a', 'play/none'] },
      {
        answer: {
          SecretValues: [{ Name: 'play/a' }],
          Errors: [{ SecretId: 'play/none', ErrorCode: 'ResourceNotFoundException' }],
        },
        newer: true,
      },
    ),
    step('secretsmanager:TagResource', { SecretId: 'play/a', Tags: [{ Key: 'owner', Value: 'aoi' }] }),
    step('secretsmanager:UntagResource', { SecretId: 'play/a', TagKeys: ['team'] }),
    step('secretsmanager:PutResourcePolicy', { SecretId: 'play/a', ResourcePolicy: POLICY }, { answer: { Name: 'play/a' } }),
    step(
      'secretsmanager:PutResourcePolicy',
      { SecretId: 'play/a', ResourcePolicy: '{' },
      {
        fails: 'MalformedPolicyDocumentException',
      },
    ),
    step(
      'secretsmanager:GetResourcePolicy',
      { SecretId: 'play/a' },
      { answer: { Name: 'play/a', ResourcePolicy: expect.any(String) } },
    ),
    step('secretsmanager:DeleteResourcePolicy', { SecretId: 'play/a' }),
    step(
      'secretsmanager:GetRandomPassword',
      { PasswordLength: 20, ExcludePunctuation: true },
      {
        answer: { RandomPassword: expect.stringMatching(/^[A-Za-z0-9]{20}$/) },
      },
    ),
    step('secretsmanager:DeleteSecret', { SecretId: 'play/a', RecoveryWindowInDays: 7 }, { answer: { Name: 'play/a' } }),
    step('secretsmanager:GetSecretValue', { SecretId: 'play/a' }, { fails: 'InvalidRequestException' }),
    step('secretsmanager:RestoreSecret', { SecretId: 'play/a' }),
    step('secretsmanager:DeleteSecret', { SecretId: 'play/a', ForceDeleteWithoutRecovery: true }),
    step('secretsmanager:DeleteSecret', { SecretId: 'play/none' }, { fails: 'ResourceNotFoundException' }),
    step('secretsmanager:DeleteSecret', { SecretId: 'play/bytes', ForceDeleteWithoutRecovery: true }),
  ],
}
