// Invoking a function, and what comes of it.
import { randomUUID } from 'node:crypto'
import type { Cloud } from '../cloud.ts'
import type { CommandOutcome, Commands } from './command-run.ts'
import { COMMAND_VARIABLE, commandOf, FOLDER_VARIABLE, type FunctionRecord } from './functions.ts'

/** A task role's session may last as long. */
const SESSION_SECONDS = 3600

export interface Invocation {
  payload: Buffer
  /** Whether the function failed; the payload then tells how. */
  failed: boolean
  log: string
}

/** Runs a function once. Rejects never: what goes wrong in a function is its answer. */
export async function invoke(cloud: Cloud, commands: Commands, record: FunctionRecord, payload: Uint8Array): Promise<Invocation> {
  const requestId = randomUUID()
  const argv = commandOf(record)
  if (typeof argv === 'string') return failure('Runtime.InvalidEntrypoint', `RequestId: ${requestId} Error: ${argv}`, argv)
  const folder = record.variables[FOLDER_VARIABLE] ?? process.cwd()
  const variables = environment(cloud, record)
  const began = performance.now()
  const outcome = await commands.run({ argv, folder, variables, payload, timeoutMs: record.timeout * 1000 })
  const log = outcome.stderr.toString()
  keepLog(cloud, record, requestId, log, performance.now() - began)
  return answerOf(record, requestId, outcome, log)
}

function environment(cloud: Cloud, record: FunctionRecord): Record<string, string> {
  const { [COMMAND_VARIABLE]: _, [FOLDER_VARIABLE]: __, ...own } = record.variables
  const session = cloud.roles.exists(record.role) ? cloud.roles.assume(record.role, record.name, SESSION_SECONDS) : undefined
  return {
    ...own,
    AWS_REGION: cloud.region,
    AWS_DEFAULT_REGION: cloud.region,
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_LAMBDA_FUNCTION_NAME: record.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(record.memory),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${record.name}`,
    ...(session && {
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
    }),
  }
}

function answerOf(record: FunctionRecord, requestId: string, outcome: CommandOutcome, log: string): Invocation {
  const about = `RequestId: ${requestId} Error: `
  if (outcome.ended === 'timed-out') {
    return failure('Sandbox.Timedout', `${about}Task timed out after ${record.timeout.toFixed(2)} seconds`, log)
  }
  if (outcome.ended === 'too-long') {
    return failure(
      'Function.ResponseSizeTooLarge',
      'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      log,
    )
  }
  if (outcome.ended === 'not-started') {
    return failure('Runtime.InvalidEntrypoint', `${about}${outcome.error?.message}`, log)
  }
  if (outcome.ended === 'exited') {
    const how = outcome.signal ? `signal: ${outcome.signal}` : `exit status ${outcome.exitCode}`
    return failure('Runtime.ExitError', `${about}Runtime exited with error: ${how}`, log)
  }
  const text = outcome.stdout.toString().trim()
  if (text !== '' && !isJson(text)) {
    return failure('Runtime.MarshalError', `${about}The command printed something other than JSON`, log)
  }
  return { payload: Buffer.from(text || 'null'), failed: false, log }
}

function failure(errorType: string, errorMessage: string, log: string): Invocation {
  return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), failed: true, log }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function keepLog(cloud: Cloud, record: FunctionRecord, requestId: string, log: string, ms: number): void {
  const group = `/aws/lambda/${record.name}`
  const timestamp = cloud.clock.now()
  const date = new Date(timestamp).toISOString().slice(0, 10).replaceAll('-', '/')
  const lines = [
    `START RequestId: ${requestId} Version: $LATEST`,
    ...log.split('\n').filter((line) => line !== ''),
    `END RequestId: ${requestId}`,
    `REPORT RequestId: ${requestId}\tDuration: ${ms.toFixed(2)} ms\tMemory Size: ${record.memory} MB`,
  ]
  if (!cloud.logs.groupExists(group)) cloud.logs.createGroup(group)
  cloud.logs.write(
    group,
    `${date}/[$LATEST]${requestId.replaceAll('-', '')}`,
    lines.map((message) => ({ timestamp, message })),
  )
}
