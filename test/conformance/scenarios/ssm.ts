import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const VALUE = 'a < b & "c" \\ 日本語'

export const ssm: Scenario = {
  name: 'Parameters are written, found, labelled, tagged and deleted',
  steps: [
    step('ssm:PutParameter', { Name: '/play/a', Type: 'String', Value: VALUE }, { answer: { Version: 1, Tier: 'Standard' } }),
    step('ssm:PutParameter', { Name: '/play/a', Type: 'String', Value: 'again' }, { fails: 'ParameterAlreadyExists' }),
    step('ssm:PutParameter', { Name: '/play/a', Value: VALUE, Overwrite: true }, { answer: { Version: 2 } }),
    step('ssm:PutParameter', {
      ...{ Name: '/play/deep/secret', Type: 'SecureString', Value: 'hidden' },
      Tags: [{ Key: 'team', Value: 'bookshop' }],
    }),
    step('ssm:PutParameter', { Name: '/play/deep/list', Type: 'StringList', Value: 'a,b', Description: 'two letters' }),
    step(
      'ssm:GetParameter',
      { Name: '/play/a' },
      { answer: { Parameter: { Name: '/play/a', Type: 'String', Value: VALUE, Version: 2, DataType: 'text' } } },
    ),
    step('ssm:GetParameter', { Name: '/play/a:1' }, { answer: { Parameter: { Version: 1, Selector: ':1' } } }),
    step('ssm:GetParameter', { Name: '/play/none' }, { fails: 'ParameterNotFound' }),
    step('ssm:GetParameter', { Name: '/play/a:9' }, { fails: 'ParameterVersionNotFound' }),
    step(
      'ssm:GetParameter',
      { Name: '/play/deep/secret', WithDecryption: true },
      { answer: { Parameter: { Value: 'hidden', Type: 'SecureString' } } },
    ),
    step('ssm:GetParameters', { Names: ['/play/a', '/play/none'] }, { answer: { InvalidParameters: ['/play/none'] } }),
    step('ssm:GetParametersByPath', { Path: '/play' }, { answer: { Parameters: [{ Name: '/play/a' }] } }),
    step('ssm:GetParametersByPath', { Path: '/play', Recursive: true, MaxResults: 2 }, { keep: { next: 'NextToken' } }),
    step('ssm:GetParametersByPath', ({ next }) => ({ Path: '/play', Recursive: true, MaxResults: 2, NextToken: next }), {
      answer: { Parameters: [expect.anything()] },
    }),
    step('ssm:DescribeParameters', { ParameterFilters: [{ Key: 'Path', Option: 'Recursive', Values: ['/play'] }] }, {}),
    // The CLI asks for it through the Session Manager plugin only.
    step('ssm:StartSession', { Target: `ecs:play_${'0'.repeat(32)}_1` }, { fails: 'TargetNotConnected', newer: true }),
    step('ssm:ResumeSession', { SessionId: 'play-0' }, { fails: 'DoesNotExistException' }),
    step('ssm:TerminateSession', { SessionId: 'play-0' }, { answer: { SessionId: 'play-0' } }),
    step('ssm:GetParameterHistory', { Name: '/play/a' }, { answer: { Parameters: [{ Version: 1 }, { Version: 2 }] } }),
    step(
      'ssm:LabelParameterVersion',
      { Name: '/play/a', ParameterVersion: 1, Labels: ['live'] },
      { answer: { ParameterVersion: 1 } },
    ),
    step('ssm:GetParameter', { Name: '/play/a:live' }, { answer: { Parameter: { Version: 1 } } }),
    step(
      'ssm:UnlabelParameterVersion',
      { Name: '/play/a', ParameterVersion: 1, Labels: ['live', 'none'] },
      {
        answer: { RemovedLabels: ['live'], InvalidLabels: ['none'] },
      },
    ),
    step('ssm:AddTagsToResource', {
      ...{ ResourceType: 'Parameter', ResourceId: '/play/a' },
      Tags: [{ Key: 'owner', Value: 'aoi' }],
    }),
    step(
      'ssm:ListTagsForResource',
      { ResourceType: 'Parameter', ResourceId: '/play/a' },
      {
        answer: { TagList: [{ Key: 'owner', Value: 'aoi' }] },
      },
    ),
    step('ssm:RemoveTagsFromResource', { ResourceType: 'Parameter', ResourceId: '/play/a', TagKeys: ['owner'] }),
    step('ssm:DeleteParameter', { Name: '/play/a' }),
    step('ssm:DeleteParameter', { Name: '/play/a' }, { fails: 'ParameterNotFound' }),
    step(
      'ssm:DeleteParameters',
      { Names: ['/play/deep/secret', '/play/deep/list', '/play/none'] },
      {
        answer: { InvalidParameters: ['/play/none'] },
      },
    ),
  ],
}
