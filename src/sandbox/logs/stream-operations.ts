import type { LogStream as WireStream } from '@aws-sdk/client-cloudwatch-logs'
import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { constraintError, invalidToken, pageSize } from './constraint.ts'
import { groupArn, groupOf } from './group-operations.ts'
import type { LogStore, LogStream } from './log-store.ts'
import type { LogsHandlers } from './logs.ts'

const STREAM_PAGE = 50
const MAXIMUM_NAME_LENGTH = 512

export function streamOperations(cloud: Cloud, store: LogStore): LogsHandlers {
  return {
    CreateLogStream(input) {
      store.createStream(input.logGroupName as string, newName(input.logStreamName as string))
      return {}
    },

    DeleteLogStream(input) {
      store.deleteStream(input.logGroupName as string, input.logStreamName as string)
      return {}
    },

    DescribeLogStreams(input) {
      const group = groupOf(input)
      const byTime = input.orderBy === 'LastEventTime'
      if (byTime && input.logStreamNamePrefix !== undefined) {
        throw new AwsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.')
      }
      const descending = input.descending === true
      const keyOf = byTime ? (stream: LogStream) => lastEvent(store, stream) + stream.name : ({ name }: LogStream) => name
      const streams = store.streams(group).filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
      const sorted = sortedBy(streams, keyOf)
      const { items, nextToken } = page(descending ? sorted.toReversed() : sorted, keyOf, {
        token: input.nextToken,
        size: pageSize(input.limit, STREAM_PAGE),
        descending,
        invalid: invalidToken,
      })
      return { logStreams: items.map((stream) => wireStream(cloud, store, stream)), nextToken }
    },
  }
}

function newName(name: string): string {
  if (!/^[^:*]*$/.test(name))
    throw constraintError(name, 'logStreamName', 'Member must satisfy regular expression pattern: [^:*]*')
  if (name.length < 1) throw constraintError(name, 'logStreamName', 'Member must have length greater than or equal to 1')
  if (name.length > MAXIMUM_NAME_LENGTH) {
    throw constraintError(name, 'logStreamName', `Member must have length less than or equal to ${MAXIMUM_NAME_LENGTH}`)
  }
  return name
}

const lastEvent = (store: LogStore, stream: LogStream) => String(store.file(stream).lastTimestamp ?? 0).padStart(16, '0')

function wireStream(cloud: Cloud, store: LogStore, stream: LogStream): WireStream {
  const file = store.file(stream)
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    firstEventTimestamp: file.firstTimestamp,
    lastEventTimestamp: file.lastTimestamp,
    lastIngestionTime: file.lastIngestionTime,
    uploadSequenceToken: file.lastIngestionTime === undefined ? undefined : sequenceToken(file.lastIngestionTime),
    arn: `${groupArn(cloud, stream.group)}:log-stream:${stream.name}`,
    // AWS reports nothing else for streams since 2019.
    storedBytes: 0,
  }
}

/** Sent, ignored by all, and long. */
export const sequenceToken = (time: number) => String(time).padStart(56, '4')
