import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const NOW = Date.now()
const GROUP = '/play/web'
const ARN = `arn:aws:logs:ap-northeast-1:123456789012:log-group:${GROUP}`

export const logs: Scenario = {
  name: 'Log groups and streams take events, page through them and filter them',
  steps: [
    step('logs:CreateLogGroup', { logGroupName: GROUP, tags: { team: 'bookshop' } }),
    step('logs:CreateLogGroup', { logGroupName: GROUP }, { fails: 'ResourceAlreadyExistsException' }),
    step('logs:CreateLogGroup', { logGroupName: 'a b' }, { fails: 'InvalidParameterException' }),
    step('logs:PutRetentionPolicy', { logGroupName: GROUP, retentionInDays: 14 }),
    step('logs:PutRetentionPolicy', { logGroupName: GROUP, retentionInDays: 15 }, { fails: 'InvalidParameterException' }),
    step(
      'logs:DescribeLogGroups',
      { logGroupNamePrefix: '/play' },
      {
        answer: { logGroups: [{ logGroupName: GROUP, retentionInDays: 14, arn: `${ARN}:*` }] },
      },
    ),
    step('logs:DeleteRetentionPolicy', { logGroupName: GROUP }),
    step('logs:CreateLogStream', { logGroupName: GROUP, logStreamName: 'web/1' }),
    step('logs:CreateLogStream', { logGroupName: GROUP, logStreamName: 'web/1' }, { fails: 'ResourceAlreadyExistsException' }),
    step('logs:CreateLogStream', { logGroupName: '/play/none', logStreamName: 'x' }, { fails: 'ResourceNotFoundException' }),
    step('logs:PutLogEvents', {
      ...{ logGroupName: GROUP, logStreamName: 'web/1' },
      logEvents: [
        { timestamp: NOW - 3000, message: 'hello' },
        { timestamp: NOW - 2000, message: '{"level":"error","status":500}' },
        { timestamp: NOW - 1000, message: 'good bye 日本語' },
      ],
    }),
    step(
      'logs:PutLogEvents',
      {
        ...{ logGroupName: GROUP, logStreamName: 'web/1' },
        logEvents: [
          { timestamp: NOW - 30 * 24 * 3600_000, message: 'too old' },
          { timestamp: NOW, message: 'late' },
        ],
      },
      { answer: { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } } },
    ),
    step(
      'logs:PutLogEvents',
      {
        ...{ logGroupName: GROUP, logStreamName: 'none' },
        logEvents: [{ timestamp: NOW, message: 'x' }],
      },
      { fails: 'ResourceNotFoundException' },
    ),
    step(
      'logs:PutLogEvents',
      {
        ...{ logGroupName: GROUP, logStreamName: 'web/1' },
        logEvents: [
          { timestamp: NOW, message: 'x' },
          { timestamp: NOW - 1, message: 'y' },
        ],
      },
      { fails: 'InvalidParameterException' },
    ),
    step(
      'logs:DescribeLogStreams',
      { logGroupName: GROUP, orderBy: 'LastEventTime' },
      {
        answer: { logStreams: [{ logStreamName: 'web/1', firstEventTimestamp: NOW - 3000 }] },
      },
    ),
    step(
      'logs:GetLogEvents',
      { logGroupName: GROUP, logStreamName: 'web/1', startFromHead: true, limit: 2 },
      {
        answer: { events: [{ message: 'hello' }, { timestamp: NOW - 2000 }], nextForwardToken: expect.stringMatching(/^f\//) },
        keep: { forward: 'nextForwardToken' },
      },
    ),
    step('logs:GetLogEvents', ({ forward }) => ({ logGroupName: GROUP, logStreamName: 'web/1', nextToken: forward }), {
      answer: { events: [{ message: 'good bye 日本語' }, { message: 'late' }] },
    }),
    step(
      'logs:FilterLogEvents',
      { logGroupName: GROUP, filterPattern: '{ $.status >= 500 }' },
      {
        answer: { events: [{ logStreamName: 'web/1', message: '{"level":"error","status":500}' }] },
      },
    ),
    step(
      'logs:FilterLogEvents',
      { logGroupName: GROUP, filterPattern: 'hello', logStreamNames: ['web/1'] },
      {
        answer: { events: [{ message: 'hello' }] },
      },
    ),
    step(
      'logs:FilterLogEvents',
      { logGroupName: GROUP, filterPattern: '{ $.status >= ' },
      { fails: 'InvalidParameterException' },
    ),
    step('logs:TagResource', { resourceArn: ARN, tags: { owner: 'aoi' } }),
    step('logs:ListTagsForResource', { resourceArn: ARN }, { answer: { tags: { owner: 'aoi', team: 'bookshop' } } }),
    step('logs:UntagResource', { resourceArn: ARN, tagKeys: ['team'] }),
    step('logs:TagLogGroup', { logGroupName: GROUP, tags: { old: 'way' } }),
    step('logs:UntagLogGroup', { logGroupName: GROUP, tags: ['old'] }),
    step('logs:ListTagsLogGroup', { logGroupName: GROUP }, { answer: { tags: { owner: 'aoi' } } }),
    step('logs:DeleteLogStream', { logGroupName: GROUP, logStreamName: 'web/1' }),
    step('logs:DeleteLogGroup', { logGroupName: GROUP }),
    step('logs:DeleteLogGroup', { logGroupName: GROUP }, { fails: 'ResourceNotFoundException' }),
  ],
}
