import { type Scenario, step } from '../scenario.ts'

const QUEUE = 'arn:aws:sqs:ap-northeast-1:123456789012:play-events'
const RULE = 'arn:aws:events:ap-northeast-1:123456789012:rule/play'
const PATTERN = JSON.stringify({ source: ['bookshop'], detail: { price: [{ numeric: ['>', 10] }] } })
const event = (price: number) => ({ Source: 'bookshop', DetailType: 'Sold', Detail: JSON.stringify({ price }) })

export const events: Scenario = {
  name: 'Rules match events and pass them to a queue',
  steps: [
    step('sqs:CreateQueue', { QueueName: 'play-events' }, { keep: { url: 'QueueUrl' } }),
    step('events:DescribeEventBus', {}, { answer: { Name: 'default' } }),
    step('events:DescribeEventBus', { Name: 'none' }, { fails: 'ResourceNotFoundException' }),
    step('events:ListEventBuses', {}, { answer: { EventBuses: [{ Name: 'default' }] } }),
    step(
      'events:PutRule',
      { Name: 'play', EventPattern: PATTERN, Tags: [{ Key: 'team', Value: 'bookshop' }] },
      {
        answer: { RuleArn: RULE },
      },
    ),
    step('events:PutRule', { Name: 'broken', EventPattern: '{"source":"bookshop"}' }, { fails: 'InvalidEventPatternException' }),
    step('events:PutRule', { Name: 'broken' }, { fails: 'ValidationException' }),
    step('events:PutRule', { Name: 'play-every', ScheduleExpression: 'rate(5 minutes)', State: 'DISABLED' }),
    step('events:PutRule', { Name: 'broken', ScheduleExpression: 'every(5 minutes)' }, { fails: 'ValidationException' }),
    step('events:DescribeRule', { Name: 'play' }, { answer: { Name: 'play', State: 'ENABLED', EventPattern: PATTERN } }),
    step('events:DescribeRule', { Name: 'none' }, { fails: 'ResourceNotFoundException' }),
    step('events:ListRules', { NamePrefix: 'play' }, { answer: { Rules: [{ Name: 'play' }, { Name: 'play-every' }] } }),
    step(
      'events:PutTargets',
      { Rule: 'play', Targets: [{ Id: 'queue', Arn: QUEUE, InputPath: '$.detail' }] },
      {
        answer: { FailedEntryCount: 0 },
      },
    ),
    step('events:PutTargets', { Rule: 'none', Targets: [{ Id: 'queue', Arn: QUEUE }] }, { fails: 'ResourceNotFoundException' }),
    step(
      'events:ListTargetsByRule',
      { Rule: 'play' },
      { answer: { Targets: [{ Id: 'queue', Arn: QUEUE, InputPath: '$.detail' }] } },
    ),
    step('events:ListRuleNamesByTarget', { TargetArn: QUEUE }, { answer: { RuleNames: ['play'] } }),
    step(
      'events:TestEventPattern',
      {
        EventPattern: PATTERN,
        Event: JSON.stringify({
          ...{ id: '1', account: '123456789012', source: 'bookshop', time: '2026-01-01T00:00:00Z', region: 'ap-northeast-1' },
          ...{ resources: [], 'detail-type': 'Sold', detail: { price: 11 } },
        }),
      },
      { answer: { Result: true } },
    ),
    step(
      'events:PutEvents',
      { Entries: [event(5), event(20), { Source: 'bookshop', DetailType: 'Sold', Detail: 'not JSON' }] },
      {
        answer: { FailedEntryCount: 1, Entries: [{}, {}, { ErrorCode: 'MalformedDetail' }] },
      },
    ),
    step('sqs:ReceiveMessage', ({ url }) => ({ QueueUrl: url, WaitTimeSeconds: 1 }), {
      until: { Messages: [{ Body: '{"price":20}' }] },
    }),
    step('events:DisableRule', { Name: 'play' }),
    step('events:DescribeRule', { Name: 'play' }, { answer: { State: 'DISABLED' } }),
    step('events:EnableRule', { Name: 'play' }),
    step('events:TagResource', { ResourceARN: RULE, Tags: [{ Key: 'owner', Value: 'aoi' }] }),
    step('events:UntagResource', { ResourceARN: RULE, TagKeys: ['team'] }),
    step('events:ListTagsForResource', { ResourceARN: RULE }, { answer: { Tags: [{ Key: 'owner', Value: 'aoi' }] } }),
    step('events:DeleteRule', { Name: 'play' }, { fails: 'ValidationException' }),
    step('events:RemoveTargets', { Rule: 'play', Ids: ['queue'] }, { answer: { FailedEntryCount: 0 } }),
    step('events:DeleteRule', { Name: 'play' }),
    step('events:DeleteRule', { Name: 'play-every' }),
  ],
}
