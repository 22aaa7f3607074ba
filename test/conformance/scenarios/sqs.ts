import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'

const NO_QUEUE = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue']
const ACCOUNT = '123456789012'

export const sqs: Scenario = {
  name: 'Queues pass messages on, hide, return and redrive them',
  steps: [
    step('sqs:CreateQueue', { QueueName: 'play-dead', tags: { team: 'bookshop' } }, { keep: { dead: 'QueueUrl' } }),
    step('sqs:CreateQueue', { QueueName: 'play', Attributes: { VisibilityTimeout: '60' } }, { keep: { url: 'QueueUrl' } }),
    step(
      'sqs:CreateQueue',
      { QueueName: 'play', Attributes: { VisibilityTimeout: '61' } },
      {
        fails: ['QueueNameExists', 'QueueAlreadyExists'],
      },
    ),
    step('sqs:GetQueueUrl', { QueueName: 'play' }, { answer: { QueueUrl: expect.stringMatching(/\/123456789012\/play$/) } }),
    step('sqs:GetQueueUrl', { QueueName: 'play-none' }, { fails: NO_QUEUE }),
    step('sqs:ListQueues', { QueueNamePrefix: 'play' }, { answer: { QueueUrls: [expect.anything(), expect.anything()] } }),
    step('sqs:SetQueueAttributes', ({ url }) => ({
      QueueUrl: url,
      Attributes: {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: `arn:aws:sqs:ap-northeast-1:${ACCOUNT}:play-dead`,
          maxReceiveCount: 1,
        }),
      },
    })),
    step('sqs:GetQueueAttributes', ({ url }) => ({ QueueUrl: url, AttributeNames: ['All'] }), {
      answer: { Attributes: { VisibilityTimeout: '60', QueueArn: expect.stringMatching(/:play$/) } },
    }),
    step('sqs:ListDeadLetterSourceQueues', ({ dead }) => ({ QueueUrl: dead }), {
      answer: { queueUrls: [expect.stringMatching(/\/play$/)] },
    }),
    step('sqs:TagQueue', ({ url }) => ({ QueueUrl: url, Tags: { owner: 'aoi', team: 'bookshop' } })),
    step('sqs:UntagQueue', ({ url }) => ({ QueueUrl: url, TagKeys: ['team'] })),
    step('sqs:ListQueueTags', ({ url }) => ({ QueueUrl: url }), { answer: { Tags: { owner: 'aoi' } } }),
    step(
      'sqs:SendMessage',
      ({ url }) => ({
        ...{ QueueUrl: url, MessageBody: 'hello & <goodbye> 日本語' },
        MessageAttributes: {
          colour: { DataType: 'String', StringValue: 'blue' },
          raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
        },
      }),
      { answer: { MD5OfMessageBody: expect.stringMatching(/^[0-9a-f]{32}$/) } },
    ),
    step('sqs:ReceiveMessage', ({ url }) => ({ QueueUrl: url, AttributeNames: ['All'], MessageAttributeNames: ['All'] }), {
      answer: { Messages: [{ Body: 'hello & <goodbye> 日本語', MessageAttributes: { colour: { StringValue: 'blue' } } }] },
      keep: { receipt: 'Messages.0.ReceiptHandle' },
    }),
    step('sqs:ReceiveMessage', ({ url }) => ({ QueueUrl: url })),
    step('sqs:ChangeMessageVisibility', ({ url, receipt }) => ({ QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: 30 })),
    step('sqs:ChangeMessageVisibility', ({ url }) => ({ QueueUrl: url, ReceiptHandle: 'made-up', VisibilityTimeout: 30 }), {
      fails: 'ReceiptHandleIsInvalid',
    }),
    step('sqs:DeleteMessage', ({ url, receipt }) => ({ QueueUrl: url, ReceiptHandle: receipt })),
    step(
      'sqs:SendMessageBatch',
      ({ url }) => ({
        QueueUrl: url,
        Entries: [
          { Id: 'a', MessageBody: 'one' },
          { Id: 'b', MessageBody: 'two', DelaySeconds: 901 },
        ],
      }),
      { answer: { Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', SenderFault: true }] } },
    ),
    step(
      'sqs:SendMessageBatch',
      ({ url }) => ({
        QueueUrl: url,
        Entries: [
          { Id: 'a', MessageBody: 'one' },
          { Id: 'a', MessageBody: 'two' },
        ],
      }),
      { fails: ['BatchEntryIdsNotDistinct', 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct'] },
    ),
    step('sqs:ReceiveMessage', ({ url }) => ({ QueueUrl: url }), { keep: { receipt: 'Messages.0.ReceiptHandle' } }),
    step(
      'sqs:ChangeMessageVisibilityBatch',
      ({ url, receipt }) => ({
        QueueUrl: url,
        Entries: [{ Id: 'a', ReceiptHandle: receipt, VisibilityTimeout: 0 }],
      }),
      { answer: { Successful: [{ Id: 'a' }] } },
    ),
    step('sqs:ReceiveMessage', ({ url }) => ({ QueueUrl: url })),
    step(
      'sqs:StartMessageMoveTask',
      { SourceArn: `arn:aws:sqs:ap-northeast-1:${ACCOUNT}:play-dead` },
      {
        keep: { task: 'TaskHandle' },
        newer: true,
      },
    ),
    step(
      'sqs:ListMessageMoveTasks',
      { SourceArn: `arn:aws:sqs:ap-northeast-1:${ACCOUNT}:play-dead` },
      {
        until: { Results: [{ Status: 'COMPLETED' }] },
        newer: true,
      },
    ),
    step('sqs:SendMessageBatch', ({ dead }) => ({
      QueueUrl: dead,
      Entries: ['a', 'b', 'c', 'd'].map((Id) => ({ Id, MessageBody: Id })),
    })),
    step(
      'sqs:StartMessageMoveTask',
      {
        SourceArn: `arn:aws:sqs:ap-northeast-1:${ACCOUNT}:play-dead`,
        DestinationArn: `arn:aws:sqs:ap-northeast-1:${ACCOUNT}:play`,
        MaxNumberOfMessagesPerSecond: 1,
      },
      { keep: { task: 'TaskHandle' }, newer: true },
    ),
    step('sqs:CancelMessageMoveTask', ({ task }) => ({ TaskHandle: task }), {
      answer: { ApproximateNumberOfMessagesMoved: expect.any(Number) },
      newer: true,
    }),
    step('sqs:SendMessage', ({ url }) => ({ QueueUrl: url, MessageBody: 'last' })),
    step('sqs:ReceiveMessage', ({ url }) => ({ QueueUrl: url, WaitTimeSeconds: 1 }), {
      keep: { receipt: 'Messages.0.ReceiptHandle' },
    }),
    step(
      'sqs:DeleteMessageBatch',
      ({ url, receipt }) => ({
        QueueUrl: url,
        Entries: [
          { Id: 'a', ReceiptHandle: receipt },
          { Id: 'b', ReceiptHandle: 'made-up' },
        ],
      }),
      { answer: { Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }] } },
    ),
    step('sqs:PurgeQueue', ({ url }) => ({ QueueUrl: url })),
    step('sqs:PurgeQueue', ({ url }) => ({ QueueUrl: url }), {
      fails: ['PurgeQueueInProgress', 'AWS.SimpleQueueService.PurgeQueueInProgress'],
    }),
    step('sqs:DeleteQueue', ({ url }) => ({ QueueUrl: url })),
    step('sqs:DeleteQueue', ({ dead }) => ({ QueueUrl: dead })),
    step('sqs:SendMessage', ({ url }) => ({ QueueUrl: url, MessageBody: 'x' }), { fails: NO_QUEUE }),
  ],
}
