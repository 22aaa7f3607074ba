import { logsDenial } from './execution-role.ts'
import type { LogDriver, LogPlace } from './log-driver.ts'

const FLUSH_MS = 500
// PutLogEvents takes 1 MiB and 10,000 events at once; smaller batches keep less in memory.
const BATCH_BYTES = 256 * 1024
const BATCH_EVENTS = 2_000

/** Arguments of a log driver that cannot work; the message completes `failed to validate logger args: `. */
export class LoggerFailure extends Error {
  override name = 'LoggerFailure'
}

/**
 * The `awslogs` driver: lines become events of `{prefix}/{container}/{task}`, batched. Throws LoggerFailure when the group
 * is missing and `awslogs-create-group` is not set.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
 */
export function awslogs({ cloud, task, container, runtimeId }: LogPlace): LogDriver {
  const options = container.logConfiguration?.options ?? {}
  const group = options['awslogs-group'] ?? ''
  const region = options['awslogs-region']
  if (!region) throw new LoggerFailure('unable to get awslogs driver arguments: awslogs-region is required')
  const prefix = options['awslogs-stream-prefix']
  const stream = prefix ? `${prefix}/${container.name}/${task.taskId}` : runtimeId
  openStream()
  const startsEvent = eventStart(options)

  let batch: { timestamp: number; message: string }[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (batch.length === 0) return
    const events = batch
    batch = []
    bytes = 0
    try {
      cloud.logs.write(group, stream, events)
    } catch (cause) {
      cloud.note(`${events.length} log events of ${task.taskId}/${container.name} are lost: ${(cause as Error).message}`)
    }
  }

  return {
    write(line) {
      const last = batch.at(-1)
      if (last && startsEvent && !startsEvent.test(line)) last.message += `\n${line}`
      // CloudWatch Logs refuses empty messages, and the driver leaves them out.
      else if (line === '') return
      else batch.push({ timestamp: cloud.clock.now(), message: line })
      bytes += line.length
      if (bytes >= BATCH_BYTES || batch.length >= BATCH_EVENTS) flush()
      else timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
    async close() {
      flush()
    },
  }

  function openStream() {
    const isHere = region === cloud.region && cloud.logs.groupExists(group)
    const mayCreate = region === cloud.region && options['awslogs-create-group'] === 'true'
    const missing = mayCreate || isHere ? undefined : 'ResourceNotFoundException: The specified log group does not exist.'
    if (!isHere && mayCreate) {
      const denied = logsDenial(cloud, task, 'logs:CreateLogGroup', group, stream)
      if (denied) throw new LoggerFailure(`failed to create Cloudwatch log group: ${denied} : exit status 1`)
      cloud.logs.createGroup(group)
    }
    const refused =
      missing ??
      logsDenial(cloud, task, 'logs:CreateLogStream', group, stream) ??
      logsDenial(cloud, task, 'logs:PutLogEvents', group, stream)
    if (refused) {
      throw new LoggerFailure(
        `create stream has been retried 1 times: failed to create Cloudwatch log stream: ${refused} : exit status 1`,
      )
    }
  }
}

/** `awslogs-multiline-pattern` names what a new event starts with; lines that do not match it go on with the last one. */
function eventStart(options: Record<string, string>): RegExp | undefined {
  const pattern = options['awslogs-multiline-pattern'] ?? datePattern(options['awslogs-datetime-format'])
  if (!pattern) return undefined
  try {
    return new RegExp(pattern)
  } catch (cause) {
    throw new LoggerFailure(
      `awslogs could not parse multiline pattern key ${JSON.stringify(pattern)}: ${(cause as Error).message}`,
    )
  }
}

/** strptime's directives as the driver knows them: `%Y-%m-%d %H:%M:%S`. */
function datePattern(format: string | undefined): string | undefined {
  return format
    ?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/%([a-zA-Z%])/g, (whole, letter: string) => DIRECTIVES[letter] ?? whole)
}

const DIRECTIVES: Record<string, string> = {
  A: '[A-Za-z]+',
  B: '[A-Za-z]+',
  H: '\\d{2}',
  I: '\\d{2}',
  L: '\\d{3}',
  M: '\\d{2}',
  S: '\\d{2}',
  Y: '\\d{4}',
  Z: '[A-Z]{1,4}T',
  a: '[A-Za-z]{3}',
  b: '[A-Za-z]{3}',
  d: '\\d{2}',
  f: '\\d{6}',
  j: '\\d{3}',
  m: '\\d{2}',
  p: '[AP]M',
  w: '\\d',
  y: '\\d{2}',
  z: '[+-]\\d{4}',
  '%': '%',
}
