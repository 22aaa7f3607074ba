import type { CloudWatchLogs, FilteredLogEvent, LogGroup } from '@aws-sdk/client-cloudwatch-logs'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const logs: Api<CloudWatchLogs> = {
  service: 'logs',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogs(config),
}

/** A log group by its name; undefined when there is none. */
export async function logGroup(session: AwsSession, name: string, signal?: AbortSignal): Promise<LogGroup | undefined> {
  const { logGroups = [] } = await session.ask(
    logs,
    (client, options) => client.describeLogGroups({ logGroupNamePrefix: name, limit: 50 }, options),
    signal,
  )
  return logGroups.find((group) => group.logGroupName === name)
}

/** The names of all groups that begin so. */
export async function logGroupNames(session: AwsSession, prefix: string, signal?: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>()
  let nextToken: string | undefined
  do {
    const page = await session.ask(
      logs,
      (client, options) => client.describeLogGroups({ logGroupNamePrefix: prefix, nextToken }, options),
      signal,
    )
    for (const { logGroupName } of page.logGroups ?? []) if (logGroupName) names.add(logGroupName)
    nextToken = page.nextToken
  } while (nextToken)
  return names
}

/** The last lines of one log stream, oldest first; none when the stream does not exist (yet). */
export async function lastLines(
  session: AwsSession,
  stream: { group: string; name: string },
  count: number,
  signal?: AbortSignal,
): Promise<{ at: number; message: string }[]> {
  try {
    const { events = [] } = await session.ask(
      logs,
      (client, options) =>
        client.getLogEvents(
          { logGroupName: stream.group, logStreamName: stream.name, limit: count, startFromHead: false },
          options,
        ),
      signal,
    )
    return events.map((event) => ({ at: event.timestamp ?? 0, message: event.message ?? '' }))
  } catch (error) {
    if (awsErrorName(error) === 'ResourceNotFoundException') return []
    throw error
  }
}

/** When a log stream was made, epoch milliseconds; undefined when there is none. */
export async function logStreamMade(
  session: AwsSession,
  group: string,
  name: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const { logStreams = [] } = await session.ask(
    logs,
    (client, options) => client.describeLogStreams({ logGroupName: group, logStreamNamePrefix: name, limit: 1 }, options),
    signal,
  )
  return logStreams.find((stream) => stream.logStreamName === name)?.creationTime
}

/** One page of the events of a group from a moment on, in the order of their times; `next` asks for the page after it. */
export async function logEvents(
  session: AwsSession,
  group: string,
  filter: { startTime: number; streamPrefix?: string; pattern?: string },
  nextToken?: string,
): Promise<{ events: FilteredLogEvent[]; next: string | undefined }> {
  const { startTime, streamPrefix: logStreamNamePrefix, pattern: filterPattern } = filter
  const wanted = { logGroupName: group, startTime, logStreamNamePrefix, filterPattern, nextToken }
  const page = await session.ask(logs, (client, options) => client.filterLogEvents(wanted, options))
  return { events: page.events ?? [], next: page.nextToken }
}

/**
 * A page of one log stream, from its beginning or after the `token` of an earlier page; without lines, and with the token that
 * was given, where nothing is new. None when the stream does not exist (yet).
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export async function nextLines(
  session: AwsSession,
  stream: { group: string; name: string },
  token: string | undefined,
  signal?: AbortSignal,
): Promise<{ lines: { at: number; message: string }[]; token: string | undefined }> {
  try {
    const { events = [], nextForwardToken } = await session.ask(
      logs,
      (client, options) =>
        client.getLogEvents(
          { logGroupName: stream.group, logStreamName: stream.name, startFromHead: true, nextToken: token },
          options,
        ),
      signal,
    )
    const lines = events.map((event) => ({ at: event.timestamp ?? 0, message: event.message ?? '' }))
    return { lines, token: nextForwardToken ?? token }
  } catch (error) {
    if (awsErrorName(error) === 'ResourceNotFoundException') return { lines: [], token }
    throw error
  }
}
