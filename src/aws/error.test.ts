import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { KibanError } from '../core/error.ts'
import { describeServices } from './ecs-services.ts'
import { awsSession, callTotal } from './session.ts'

let answer: { status: number; body: object }[] = []
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const { status, body } = answer.length > 1 ? (answer.shift() as (typeof answer)[0]) : (answer[0] as (typeof answer)[0])
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
})

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret')
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await new Promise((resolve) => server.close(resolve))
})

async function asked(region?: string): Promise<unknown> {
  const session = awsSession(region)
  try {
    return await describeServices(session, 'bookshop-staging', ['web'])
  } catch (error) {
    if (!(error instanceof KibanError)) throw error
    return { kind: error.kind, code: error.code, message: error.message, hint: error.hint?.en.split(':')[0] }
  } finally {
    session.close()
    server.closeAllConnections()
  }
}

test('an expired session is told as such, in the words of AWS', async () => {
  answer = [
    { status: 400, body: { __type: 'ExpiredTokenException', message: 'The security token included in the request is expired' } },
  ]
  expect(await asked('ap-northeast-1')).toEqual({
    kind: 'unauthenticated',
    code: 'aws.unauthenticated',
    message: 'AWS ecs answered ExpiredTokenException: The security token included in the request is expired',
    hint: 'The session has expired',
  })
})

test('a missing permission and a refused input keep their kinds, and in a missing cluster no service is', async () => {
  answer = [{ status: 400, body: { __type: 'AccessDeniedException', message: 'User is not authorized' } }]
  expect(await asked('ap-northeast-1')).toMatchObject({ kind: 'forbidden', code: 'aws.denied' })
  answer = [{ status: 400, body: { __type: 'ClusterNotFoundException', message: 'Cluster not found.' } }]
  expect(await asked('ap-northeast-1')).toEqual(new Map())
  answer = [{ status: 400, body: { __type: 'InvalidParameterException', message: 'No.' } }]
  expect(await asked('ap-northeast-1')).toMatchObject({ kind: 'invalid', code: 'aws.rejected' })
})

test('no credentials, no region and no server are told apart', async () => {
  answer = [{ status: 200, body: {} }]
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
  expect(await asked(undefined)).toMatchObject({ kind: 'invalid', code: 'aws.no-region' })
  vi.stubEnv('AWS_ACCESS_KEY_ID', '')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '')
  expect(await asked('ap-northeast-1')).toMatchObject({
    kind: 'unauthenticated',
    hint: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  })
})

test('a throttled request is tried again, and every attempt counts', async () => {
  const throttled = { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } }
  answer = [throttled, throttled, { status: 200, body: { services: [{ serviceName: 'web', status: 'ACTIVE' }], failures: [] } }]
  const session = awsSession('ap-northeast-1')
  expect([...(await describeServices(session, 'bookshop-staging', ['web'])).keys()]).toEqual(['web'])
  expect([...session.calls]).toEqual([['ecs.DescribeServices', 3]])
  expect(callTotal(session)).toBe(3)
  session.close()
  server.closeAllConnections()
})

test('a server that cannot be reached is told within seconds', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
  const start = performance.now()
  expect(await asked('ap-northeast-1')).toMatchObject({ kind: 'unavailable', code: 'aws.unavailable' })
  expect(performance.now() - start).toBeLessThan(5_000)
})
