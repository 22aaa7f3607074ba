// Functions as they are kept and named.
import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import { AwsError, type Cloud, type Handlers, type Table } from '../cloud.ts'

export type LambdaHandlers = Handlers<typeof import('@aws-sdk/client-lambda')>

export interface FunctionRecord {
  name: string
  arn: string
  role: string
  runtime: string | undefined
  handler: string | undefined
  packageType: 'Zip' | 'Image'
  description: string
  /** Seconds. */
  timeout: number
  memory: number
  variables: Record<string, string>
  tags: Record<string, string>
  modifiedAt: string
  revision: string
}

/** The environment variable that holds the command of a function, a JSON array; it is not passed on to the command. */
export const COMMAND_VARIABLE = 'SANDBOX_COMMAND'
/** The folder in which the command runs; the sandbox's own when it is left out. */
export const FOLDER_VARIABLE = 'SANDBOX_FOLDER'

export const functionTable = (cloud: Cloud): Table<FunctionRecord> => cloud.table('lambda/functions')

/** By name, ARN or partial ARN, with `$LATEST` as the only version. */
export function functionAt(cloud: Cloud, kept: Table<FunctionRecord>, reference: string | undefined): FunctionRecord {
  const found = kept.get(nameOf(cloud, reference ?? '') ?? '')
  if (found) return found
  const arn = reference?.startsWith('arn:') ? reference : functionArn(cloud, reference ?? '')
  throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { Type: 'User' })
}

export const functionArn = (cloud: Cloud, name: string): string =>
  `arn:aws:lambda:${cloud.region}:${cloud.account}:function:${name}`

function nameOf(cloud: Cloud, reference: string): string | undefined {
  const own = `arn:aws:lambda:${cloud.region}:${cloud.account}:function:`
  const partial = `${cloud.account}:function:`
  const rest = reference.startsWith(own)
    ? reference.slice(own.length)
    : reference.startsWith(partial)
      ? reference.slice(partial.length)
      : reference
  const [name, qualifier, ...more] = rest.split(':')
  return more.length === 0 && (qualifier === undefined || qualifier === '$LATEST') ? name : undefined
}

/** The command of a function, or why it has none. */
export function commandOf(record: FunctionRecord): string[] | string {
  const text = record.variables[COMMAND_VARIABLE]
  const hint = `set ${COMMAND_VARIABLE} to a JSON array such as ["node", "hook.ts"]`
  if (text === undefined) return `The sandbox runs a function as a local command, and ${record.name} names none: ${hint}`
  try {
    const argv: unknown = JSON.parse(text)
    if (Array.isArray(argv) && argv.length > 0 && argv.every((part) => typeof part === 'string')) return argv
  } catch {
    // Told below.
  }
  return `${COMMAND_VARIABLE} of ${record.name} is not a command: ${hint}`
}

export function configuration(record: FunctionRecord): FunctionConfiguration {
  return {
    FunctionName: record.name,
    FunctionArn: record.arn,
    Runtime: record.runtime as FunctionConfiguration['Runtime'],
    Role: record.role,
    Handler: record.handler,
    CodeSize: 0,
    Description: record.description,
    Timeout: record.timeout,
    MemorySize: record.memory,
    LastModified: record.modifiedAt,
    Version: '$LATEST',
    Environment: { Variables: record.variables },
    RevisionId: record.revision,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: record.packageType,
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    TracingConfig: { Mode: 'PassThrough' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${record.name}` },
  }
}
