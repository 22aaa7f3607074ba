import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'
import { roleFor } from './role.ts'

const ROLE = 'arn:aws:iam::123456789012:role/play-scheduler'
const GROUP = 'arn:aws:scheduler:ap-northeast-1:123456789012:schedule-group/play'
const TARGET = { Arn: 'arn:aws:sqs:ap-northeast-1:123456789012:play-schedules', RoleArn: ROLE, Input: '{"due":true}' }
const schedule = {
  ...{ Name: 'daily', GroupName: 'play', ScheduleExpression: 'cron(0 9 * * ? *)', ScheduleExpressionTimezone: 'Asia/Tokyo' },
  ...{ FlexibleTimeWindow: { Mode: 'OFF' }, Target: TARGET },
}

export const scheduler: Scenario = {
  name: 'Schedules are made in groups, changed and deleted',
  steps: [
    roleFor('play-scheduler', 'scheduler.amazonaws.com'),
    step('sqs:CreateQueue', { QueueName: 'play-schedules' }),
    step(
      'scheduler:CreateScheduleGroup',
      { Name: 'play', Tags: [{ Key: 'team', Value: 'bookshop' }] },
      {
        answer: { ScheduleGroupArn: GROUP },
      },
    ),
    step('scheduler:CreateScheduleGroup', { Name: 'play' }, { fails: 'ConflictException' }),
    step('scheduler:GetScheduleGroup', { Name: 'play' }, { answer: { State: 'ACTIVE', CreationDate: expect.any(String) } }),
    step('scheduler:GetScheduleGroup', { Name: 'none' }, { fails: 'ResourceNotFoundException' }),
    step(
      'scheduler:ListScheduleGroups',
      {},
      { answer: { ScheduleGroups: expect.arrayContaining([expect.objectContaining({ Name: 'default' })]) } },
    ),
    step('scheduler:CreateSchedule', schedule, { answer: { ScheduleArn: expect.stringMatching(/:schedule\/play\/daily$/) } }),
    step('scheduler:CreateSchedule', schedule, { fails: 'ConflictException' }),
    step(
      'scheduler:CreateSchedule',
      { ...schedule, Name: 'broken', ScheduleExpression: 'cron(0 9 * * * *)' },
      { fails: 'ValidationException' },
    ),
    step(
      'scheduler:CreateSchedule',
      { ...schedule, Name: 'broken', ScheduleExpressionTimezone: 'Asia/Kyoto' },
      { fails: 'ValidationException' },
    ),
    step('scheduler:CreateSchedule', { ...schedule, GroupName: 'none' }, { fails: 'ResourceNotFoundException' }),
    step(
      'scheduler:GetSchedule',
      { Name: 'daily', GroupName: 'play' },
      {
        answer: {
          State: 'ENABLED',
          ScheduleExpressionTimezone: 'Asia/Tokyo',
          Target: { ...TARGET, RetryPolicy: { MaximumRetryAttempts: 185 } },
        },
      },
    ),
    step('scheduler:GetSchedule', { Name: 'none', GroupName: 'play' }, { fails: 'ResourceNotFoundException' }),
    step(
      'scheduler:ListSchedules',
      { GroupName: 'play' },
      { answer: { Schedules: [{ Name: 'daily', Target: { Arn: TARGET.Arn } }] } },
    ),
    step('scheduler:UpdateSchedule', { ...schedule, State: 'DISABLED', Description: 'paused' }),
    step(
      'scheduler:GetSchedule',
      { Name: 'daily', GroupName: 'play' },
      {
        answer: { State: 'DISABLED', Description: 'paused' },
      },
    ),
    step('scheduler:UpdateSchedule', { ...schedule, Name: 'none' }, { fails: 'ResourceNotFoundException' }),
    step('scheduler:TagResource', { ResourceArn: GROUP, Tags: [{ Key: 'owner', Value: 'aoi' }] }),
    step('scheduler:UntagResource', { ResourceArn: GROUP, TagKeys: ['team'] }),
    step('scheduler:ListTagsForResource', { ResourceArn: GROUP }, { answer: { Tags: [{ Key: 'owner', Value: 'aoi' }] } }),
    step('scheduler:DeleteSchedule', { Name: 'daily', GroupName: 'play' }),
    step('scheduler:DeleteSchedule', { Name: 'daily', GroupName: 'play' }, { fails: 'ResourceNotFoundException' }),
    step('scheduler:DeleteScheduleGroup', { Name: 'play' }),
  ],
}
