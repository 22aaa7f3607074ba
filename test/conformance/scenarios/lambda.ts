import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'
import { roleFor } from './role.ts'

const ECHO = `let all = ''
process.stdin.on('data', (chunk) => { all += chunk }).on('end', () => console.log(JSON.stringify({ got: JSON.parse(all) })))`
const COMMAND = JSON.stringify(['node', '-e', ECHO])
/** The least that is a zip archive: the end of an empty directory. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])

export const lambda: Scenario = {
  name: 'Functions are made, changed, invoked and deleted',
  steps: [
    roleFor('play-function', 'lambda.amazonaws.com'),
    step(
      'lambda:CreateFunction',
      (kept) => ({
        ...{ FunctionName: 'play', Role: kept['play-function'], Handler: 'index.handler', Runtime: 'nodejs18.x' },
        ...{ Code: { ZipFile: EMPTY_ZIP }, Environment: { Variables: { SANDBOX_COMMAND: COMMAND } }, Tags: { team: 'bookshop' } },
      }),
      {
        answer: {
          MemorySize: 128,
          Timeout: 3,
          Version: '$LATEST',
          EphemeralStorage: { Size: 512 },
          TracingConfig: { Mode: 'PassThrough' },
        },
      },
    ),
    step(
      'lambda:CreateFunction',
      (kept) => ({
        ...{ FunctionName: 'play', Role: kept['play-function'], Handler: 'index.handler', Runtime: 'nodejs18.x' },
        Code: { ZipFile: EMPTY_ZIP },
      }),
      { fails: 'ResourceConflictException' },
    ),
    step(
      'lambda:GetFunction',
      { FunctionName: 'play' },
      {
        answer: { Configuration: { FunctionName: 'play' }, Tags: { team: 'bookshop' } },
      },
    ),
    step('lambda:GetFunction', { FunctionName: 'none' }, { fails: 'ResourceNotFoundException' }),
    step('lambda:GetFunctionConfiguration', { FunctionName: 'play' }, { until: { State: 'Active' } }),
    step('lambda:UpdateFunctionConfiguration', { FunctionName: 'play', Timeout: 10 }, { answer: { Timeout: 10 } }),
    step('lambda:ListFunctions', {}, { answer: { Functions: [{ FunctionName: 'play' }] } }),
    step(
      'lambda:Invoke',
      { FunctionName: 'play', Payload: Buffer.from('{"hello":"world"}') },
      {
        answer: { StatusCode: 200, Payload: Buffer.from('{"got":{"hello":"world"}}').toString('base64') },
      },
    ),
    step('lambda:Invoke', { FunctionName: 'play', Payload: Buffer.from('{') }, { fails: 'InvalidRequestContentException' }),
    step('lambda:Invoke', { FunctionName: 'none' }, { fails: 'ResourceNotFoundException' }),
    step('lambda:DeleteFunction', { FunctionName: 'play' }),
    step('lambda:DeleteFunction', { FunctionName: 'play' }, { fails: 'ResourceNotFoundException' }),
    step('lambda:ListFunctions', {}, { answer: { Functions: expect.toSatisfy((all) => all === undefined || all.length === 0) } }),
  ],
}
