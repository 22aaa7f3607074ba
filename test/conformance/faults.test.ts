import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../src/core/manual-clock.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { testSandbox } from '../support.ts'

let sandbox: Awaited<ReturnType<typeof testSandbox>>
afterEach(() => sandbox.close())

const start = async (options: SandboxOptions = {}) => {
  sandbox = await testSandbox(options)
}
const once = () => ({ ...sandbox.client, maxAttempts: 1 })
const missing = new GetParameterCommand({ Name: '/none' })

describe('Throttling', () => {
  test('A bucket lets a burst through, refuses the rest and fills again', async () => {
    await start({ faults: { 'ssm:GetParameter': { throttle: { rate: 2, burst: 3 } } } })
    const ssm = new SSMClient(once())
    const names = async (count: number) => {
      const found: string[] = []
      for (let i = 0; i < count; i++) {
        await ssm.send(missing).catch(({ name }: Error) => found.push(name))
      }
      return found
    }
    const began = performance.now()
    const first = await names(5)
    // Two tokens a second: a slow machine may see one more than the burst.
    const spare = Math.floor(((performance.now() - began) / 1000) * 2)
    const passed = first.filter((name) => name === 'ParameterNotFound').length
    expect(passed).toBeGreaterThanOrEqual(3)
    expect(passed).toBeLessThanOrEqual(3 + spare)
    expect(first.slice(passed)).toEqual(Array(5 - passed).fill('ThrottlingException'))
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await names(2))[0]).toBe('ParameterNotFound')
    await ssm.send(new PutParameterCommand({ Name: '/other', Value: 'v', Type: 'String' }))
  })

  test('The SDK waits and tries again by itself', async () => {
    await start({ faults: { '*': { throttle: { rate: 20, burst: 1 } } } })
    const sts = new STSClient({ ...sandbox.client, maxAttempts: 10 })
    const answers = await Promise.all(Array.from({ length: 4 }, () => sts.send(new GetCallerIdentityCommand({}))))
    expect(Math.max(...answers.map(({ $metadata }) => $metadata.attempts ?? 0))).toBeGreaterThan(1)
  })

  test('Each protocol has its own words for it', async () => {
    await start()
    const throttle = { rate: 0, burst: 1 }
    const fails = async (send: () => Promise<unknown>) => {
      await send().catch(() => {})
      return send().catch(({ name, message, $metadata }) => [name, message, $metadata.httpStatusCode])
    }
    sandbox.faults.set({ 'sts:*': { throttle }, 'ec2:*': { throttle }, 's3:*': { throttle }, 'ssm:*': { throttle } })
    expect(await fails(() => new STSClient(once()).send(new GetCallerIdentityCommand({})))).toEqual([
      'Throttling',
      'Rate exceeded',
      400,
    ])
    expect(await fails(() => new EC2Client(once()).send(new DescribeSubnetsCommand({})))).toEqual([
      'RequestLimitExceeded',
      'Request limit exceeded.',
      503,
    ])
    expect(await fails(() => new S3Client(once()).send(new ListBucketsCommand({})))).toEqual([
      'SlowDown',
      'Please reduce your request rate.',
      503,
    ])
    expect(await fails(() => new SSMClient(once()).send(missing))).toEqual(['ThrottlingException', 'Rate exceeded', 400])
  })
})

describe('Failures', () => {
  test('The next N calls fail as asked, and the one after does not', async () => {
    await start({ faults: { 'ssm:*': { failure: { next: 2, code: 'InternalServerError', message: 'Sorry', status: 500 } } } })
    const ssm = new SSMClient(once())
    const answers = [1, 2, 3].map(() => ssm.send(missing).catch(({ name, message }) => `${name}: ${message}`))
    const settled = (await Promise.all(answers)).sort()
    expect(settled).toEqual([
      'InternalServerError: Sorry',
      'InternalServerError: Sorry',
      expect.stringMatching(/^ParameterNotFound/),
    ])
  })

  test('A failure after the fact takes the answer away, not the effect', async () => {
    await start({ faults: { 'ssm:PutParameter': { failure: { next: 1, when: 'after' } } } })
    const ssm = new SSMClient(once())
    const put = new PutParameterCommand({ Name: '/lost', Value: 'v', Type: 'String' })
    await expect(ssm.send(put)).rejects.toMatchObject({ name: 'ServiceUnavailable' })
    expect((await ssm.send(new GetParameterCommand({ Name: '/lost' }))).Parameter?.Value).toBe('v')
  })

  test('The most precise rule counts', async () => {
    await start({
      faults: {
        '*': { failure: { code: 'Broad' } },
        'sts:*': { failure: { code: 'Narrow' } },
        'sts:GetCallerIdentity': { failure: { probability: 0 } },
      },
    })
    const sts = new STSClient(once())
    expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe('123456789012')
    const assume = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/none', RoleSessionName: 'xx' })
    await expect(sts.send(assume)).rejects.toMatchObject({ name: 'Narrow' })
    await expect(new SSMClient(once()).send(missing)).rejects.toMatchObject({ name: 'Broad' })
  })
})

test('Latency delays an answer by what was asked', async () => {
  await start({ faults: { 'sts:*': { latency: [80, 120] } } })
  const began = performance.now()
  await new STSClient(sandbox.client).send(new GetCallerIdentityCommand({}))
  expect(performance.now() - began).toBeGreaterThanOrEqual(79)
})

test('Lag is told to the services by API', async () => {
  await start({ faults: { 'ecs:*': { lag: 2000 }, 'ecs:ListTasks': { lag: 5000 } } })
  const lags = ['ecs:DescribeServices', 'ecs:ListTasks', 'ssm:GetParameter'].map((api) => sandbox.cloud.lag(api))
  expect(lags).toEqual([2000, 5000, 0])
})

describe('The control doors', () => {
  const at = (path: string, init: RequestInit = {}) => fetch(`${sandbox.endpoint}/_sandbox/${path}`, init)
  const basic = ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }) => ({
    authorization: `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`,
  })

  test('Health is open; faults, calls and the clock want the administrator’s key', async () => {
    await start()
    const health = await at('health')
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: 'ok', account: '123456789012', region: 'ap-northeast-1' },
    ])
    const wrong = basic({ ...sandbox.credentials, secretAccessKey: 'wrong' })
    const statuses = await Promise.all([at('faults'), at('calls'), at('clock'), at('faults', { headers: wrong })])
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  })

  test('Calls are counted by API, throttled ones too, until somebody begins anew', async () => {
    await start({ faults: { 'sts:GetCallerIdentity': { throttle: { rate: 0, burst: 1 } } } })
    const headers = basic(sandbox.credentials)
    const sts = new STSClient(once())
    await sts.send(new GetCallerIdentityCommand({}))
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toThrow('Rate exceeded')
    expect(await (await at('calls', { headers })).json()).toEqual({ 'sts:GetCallerIdentity': 2 })
    expect(await (await at('calls', { method: 'DELETE', headers })).json()).toEqual({})
    expect(await (await at('calls', { headers })).json()).toEqual({})
  })

  test('Another process sets faults, sees them and takes them away', async () => {
    await start()
    const headers = basic(sandbox.credentials)
    const post = (body: object) => at('faults', { method: 'POST', headers, body: JSON.stringify(body) })
    expect((await post({ 'sts:*': { latency: 5 }, '*': { lag: 9 } })).status).toBe(200)
    expect(await (await at('faults', { headers })).json()).toEqual({ 'sts:*': { latency: 5 }, '*': { lag: 9 } })
    expect(await (await post({ '*': null })).json()).toEqual({ 'sts:*': { latency: 5 } })
    const refused = await post({ 'sts:*': { latencey: 5 } })
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('latencey')])
    expect(await (await at('faults', { method: 'DELETE', headers })).json()).toEqual({})
  })

  test('A clock that stands still is turned from outside, and one that goes is not', async () => {
    const clock = new ManualClock()
    await start({ clock })
    let rang = false
    clock.after(5000, () => {
      rang = true
    })
    const turn = () =>
      at('clock', { method: 'POST', headers: basic(sandbox.credentials), body: JSON.stringify({ advance: 5000 }) })
    expect(await (await turn()).json()).toEqual({ elapsed: 5000, now: '2026-01-01T00:00:05.000Z' })
    expect(rang).toBe(true)
    const going = await testSandbox()
    onTestFinished(() => going.close())
    const refused = await fetch(`${going.endpoint}/_sandbox/clock`, {
      method: 'POST',
      headers: basic(going.credentials),
      body: JSON.stringify({ advance: 1 }),
    })
    expect(refused.status).toBe(409)
  })
})
