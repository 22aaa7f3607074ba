// Lambda, as far as deployment hooks and targets of events need it: a function is a local command.
import { randomUUID } from 'node:crypto'
import type { UpdateFunctionConfigurationCommandInput } from '@aws-sdk/client-lambda'
import { AwsError, type Cloud, type Functions, type Service } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { watchdog } from '../runtime/watchdog.ts'
import { commands } from './command-run.ts'
import { configuration, type FunctionRecord, functionArn, functionAt, functionTable, type LambdaHandlers } from './functions.ts'
import { invoke } from './invocation.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const TIMEOUT_MAX_SECONDS = 900
const TIMEOUT_DEFAULT_SECONDS = 3
const MEMORY_DEFAULT_MIB = 128
const NAME = /^[A-Za-z0-9_-]{1,64}$/
const LOG_TAIL_BYTES = 4096
const PAGE_DEFAULT = 50

/** The mark by which the watchdog knows the processes of functions. */
const MARK_VARIABLE = 'SANDBOX_FUNCTIONS'

export function lambda(cloud: Cloud): Service & Functions & { handlers: LambdaHandlers } {
  const kept = functionTable(cloud)
  const mark = `kiban-functions-${randomUUID()}`
  const runner = commands(watchdog(mark))
  cloud.onClose(() => runner.close())
  const at = (reference: string | undefined) => functionAt(cloud, kept, reference)
  const run = (record: FunctionRecord, payload: Uint8Array) =>
    invoke(cloud, runner, { ...record, variables: { ...record.variables, [MARK_VARIABLE]: mark } }, payload)

  return {
    client: () => import('@aws-sdk/client-lambda'),
    signingName: 'lambda',
    resource: (_, input) => (typeof input.FunctionName === 'string' ? functionArn(cloud, input.FunctionName) : undefined),

    async invoke(arn, payload) {
      const { payload: answer, failed } = await run(at(arn), Buffer.from(JSON.stringify(payload)))
      const value: unknown = JSON.parse(answer.toString())
      if (failed) throw new Error((value as { errorMessage: string }).errorMessage)
      return value
    },

    handlers: {
      CreateFunction(input) {
        const name = input.FunctionName ?? ''
        if (!NAME.test(name)) throw invalid(`The function name '${name}' is not valid`)
        if (kept.has(name)) throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, { Type: 'User' })
        const role = input.Role ?? ''
        if (!cloud.roles.exists(role) || !cloud.roles.trusts(role, 'lambda.amazonaws.com')) {
          throw invalid('The role defined for the function cannot be assumed by Lambda.')
        }
        const record: FunctionRecord = {
          name,
          arn: functionArn(cloud, name),
          role,
          runtime: input.Runtime,
          handler: input.Handler,
          packageType: input.PackageType ?? 'Zip',
          description: input.Description ?? '',
          timeout: timeoutOf(input.Timeout ?? TIMEOUT_DEFAULT_SECONDS),
          memory: input.MemorySize ?? MEMORY_DEFAULT_MIB,
          variables: input.Environment?.Variables ?? {},
          tags: input.Tags ?? {},
          ...changedNow(cloud),
        }
        kept.set(name, record)
        return configuration(record)
      },
      GetFunction(input) {
        const record = at(input.FunctionName)
        return { Configuration: configuration(record), Tags: record.tags }
      },
      GetFunctionConfiguration: (input) => configuration(at(input.FunctionName)),
      UpdateFunctionConfiguration(input) {
        const record = updated(cloud, at(input.FunctionName), input)
        kept.set(record.name, record)
        return configuration(record)
      },
      ListFunctions(input) {
        const { items, nextToken } = page(
          sortedBy(kept.values(), (record) => record.name),
          (record) => record.name,
          {
            token: input.Marker,
            size: Math.min(input.MaxItems ?? PAGE_DEFAULT, PAGE_DEFAULT),
            invalid: () => {
              throw invalid('The marker is not valid')
            },
          },
        )
        return { Functions: items.map(configuration), NextMarker: nextToken }
      },
      DeleteFunction(input) {
        kept.delete(at(input.FunctionName).name)
        return {}
      },
      async Invoke(input) {
        const record = at(input.FunctionName)
        const payload = input.Payload instanceof Uint8Array ? input.Payload : new Uint8Array()
        if (payload.length > 0) mustBeJson(payload)
        if (input.InvocationType === 'DryRun') return { StatusCode: 204 }
        if (input.InvocationType === 'Event') {
          run(record, payload).catch((error: unknown) => cloud.note(`lambda ${record.name}: ${error}`))
          return { StatusCode: 202 }
        }
        const { payload: answer, failed, log } = await run(record, payload)
        const tail = Buffer.from(log).subarray(-LOG_TAIL_BYTES).toString('base64')
        return {
          StatusCode: 200,
          ExecutedVersion: '$LATEST',
          Payload: new Uint8Array(answer) as never,
          ...(failed && { FunctionError: 'Unhandled' }),
          ...(input.LogType === 'Tail' && { LogResult: tail }),
        }
      },
    },
  }
}

const invalid = (message: string) => new AwsError('InvalidParameterValueException', message, { Type: 'User' })

function timeoutOf(seconds: number): number {
  if (seconds < 1 || seconds > TIMEOUT_MAX_SECONDS) {
    throw invalid(
      `1 validation error detected: Value '${seconds}' at 'timeout' failed to satisfy constraint: Member must have value ${
        seconds < 1 ? 'greater than or equal to 1' : `less than or equal to ${TIMEOUT_MAX_SECONDS}`
      }`,
    )
  }
  return seconds
}

function changedNow(cloud: Cloud): Pick<FunctionRecord, 'modifiedAt' | 'revision'> {
  return { modifiedAt: new Date(cloud.clock.now()).toISOString().replace('Z', '+0000'), revision: randomUUID() }
}

function updated(cloud: Cloud, record: FunctionRecord, input: UpdateFunctionConfigurationCommandInput): FunctionRecord {
  return {
    ...record,
    role: input.Role ?? record.role,
    runtime: input.Runtime ?? record.runtime,
    handler: input.Handler ?? record.handler,
    description: input.Description ?? record.description,
    timeout: timeoutOf(input.Timeout ?? record.timeout),
    memory: input.MemorySize ?? record.memory,
    variables: input.Environment?.Variables ?? record.variables,
    ...changedNow(cloud),
  }
}

function mustBeJson(payload: Uint8Array): void {
  try {
    JSON.parse(Buffer.from(payload).toString())
  } catch (error) {
    const message = `Could not parse request body into json: ${error instanceof Error ? error.message : error}`
    throw new AwsError('InvalidRequestContentException', message, { Type: 'User' })
  }
}
