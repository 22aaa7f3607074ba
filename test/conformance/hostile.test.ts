/**
 * Requests of somebody who means harm, or of a broken program: each gets an answer of the protocol that it speaks, below
 * 500, and nothing breaks inside. The service models keep well-meaning clients from most of them.
 */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import generated from '../../src/sandbox/wire/constraints.generated.json' with { type: 'json' }
import { modelOf } from '../../src/sandbox/wire/model.ts'
import { testSandbox } from '../support.ts'
import { sdkClient } from './clients/sdk.ts'
import { conformanceSandbox } from './conformance-sandbox.ts'
import { randomness } from './random-shape.ts'
import { type Client, play, type Values } from './scenario.ts'
import { mfa, refusals } from './scenarios/iam.ts'
import { scenarios } from './scenarios.ts'
import { type ServiceName, services } from './services.ts'
import { type RawRequest, sendSigned } from './signed-request.ts'
import { type Wilderness, wildStructure } from './wild-shape.ts'

describe('A request by hand', () => {
  let sandbox: Awaited<ReturnType<typeof testSandbox>>
  beforeAll(async () => {
    sandbox = await testSandbox()
    const body = '<CreateBucketConfiguration><LocationConstraint>ap-northeast-1</LocationConstraint></CreateBucketConfiguration>'
    await ask('s3', { method: 'PUT', path: '/hostile', body })
    await ask('s3', { method: 'PUT', path: '/hostile/key', body: 'x' })
  })
  afterAll(() => sandbox.close())

  async function ask(service: string, { headers, ...request }: RawRequest): Promise<string> {
    const unsigned: Record<string, string> = service === 's3' ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } : {}
    const answer = await sendSigned(sandbox, service, { ...request, headers: { ...unsigned, ...headers } })
    return `${answer.status} ${await answer.text()}`
  }

  const target = (operation: string, type = 'application/x-amz-json-1.1') => ({
    'content-type': type,
    'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
  })
  const ecs = (body: string | Buffer, operation = 'CreateCluster') => ['ecs', { headers: target(operation), body }] as const
  const form = (service: string, body: string) =>
    [service, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }] as const
  const cbor = (...bytes: number[]) =>
    [
      'ecs',
      {
        path: '/service/AmazonEC2ContainerServiceV20141113/operation/ListClusters',
        headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
        body: Buffer.from(bytes),
      },
    ] as const
  const remove = (body: string) => ['s3', { path: '/hostile', query: { delete: '' }, body }] as const
  const get = (query: Record<string, string>) => ['s3', { method: 'GET', path: '/hostile/key', query }] as const
  const put = (path: string, headers: Record<string, string> = {}, body = 'x') =>
    ['s3', { method: 'PUT', path, headers, body }] as const
  const nested = (open: string, close: string) => open.repeat(50_000) + close.repeat(50_000)

  const cases: [name: string, request: readonly [string, RawRequest], answer: RegExp][] = [
    ['JSON that ends early', ecs('{'), /^400 {"__type":"SerializationException"/],
    ['a list where a structure is due', ecs('[]'), /^400 {"__type":"SerializationException"/],
    ['null where a structure is due', ecs('null'), /^400 {"__type":"SerializationException"/],
    ['fifty thousand lists in one another', ecs(nested('[', ']')), /^400 {"__type":"SerializationException"/],
    ['fifty thousand lists in a member', ecs(`{"clusterName":${nested('[', ']')}}`), /^400 {"__type":"SerializationException"/],
    ['a number without end', ecs('{"desiredCount":1e999,"serviceName":"x"}', 'CreateService'), /^400 {"__type":"Serializ/],
    ['half a task', ecs('{"desiredCount":1.5,"serviceName":"x"}', 'CreateService'), /^400 {"__type":"Serializ/],
    ['a prototype for a name', ecs('{"__proto__":{"clusterName":"x"},"clusterName":"y z"}'), /^400 {"__type":"InvalidParam/],
    ['a name of two lines', ecs('{"clusterName":"a\\r\\nset-cookie: b"}'), /^400 {"__type":"InvalidParameterException"/],
    ['bytes that are no UTF-8', ecs(Buffer.from([0x7b, 0x22, 0xff, 0xfe])), /^400 {"__type":"SerializationException"/],
    ['an operation named constructor', ecs('{}', 'constructor'), /^400 {"__type":"UnknownOperationException"/],
    ['an operation named __proto__', ecs('{}', '__proto__'), /^400 {"__type":"UnknownOperationException"/],
    [
      'XML under a JSON target',
      ['ecs', { headers: target('ListClusters', 'application/xml'), body: '<a/>' }],
      /^400 {"__type":"S/,
    ],
    ['another service’s target', ['ssm', { headers: target('ListClusters'), body: '{}' }], /^400 {"__type":"UnknownOperation/],
    ['a form to a JSON service', form('ecs', 'Action=ListClusters'), /^400 <ErrorResponse/],
    ['nothing at all', ['ecs', {}], /^400 {"__type":"UnknownOperationException"/],
    ['a form without an action', form('sts', 'Version=2011-06-15'), /^400 .*<Code>MissingAction</],
    ['an action that there is not', form('sts', 'Action=__proto__&Version=2011-06-15'), /^400 .*<Code>InvalidAction</],
    ['a form of half-encoded values', form('sts', 'Action=GetSessionToken&DurationSeconds=%zz%'), /^400 .*<Code>MalformedInput</],
    ['a list of endless depth', form('sts', `Action=AssumeRole&${'Tags.member.1.'.repeat(20_000)}Key=x`), /^400 .*<Code>Valida/],
    ['a value and a list in one', form('ec2', 'Action=DescribeVpcs&VpcId=x&VpcId.1=y&VpcId.1.2=z'), /^400 [\s\S]*InvalidVpcID/],
    ['an index beyond numbers', form('ec2', 'Action=DescribeVpcs&VpcId.99999999999999999999=x'), /^400 [\s\S]*InvalidVpcID/],
    ['letters for a number', form('ec2', 'Action=DescribeVpcs&MaxResults=abc'), /^400 [\s\S]*MalformedInput/],
    ['CBOR that is none', cbor(0xff, 0xff), /^400 /],
    ['CBOR of four thousand million items', cbor(0x9a, 0xff, 0xff, 0xff, 0xff), /^400 /],
    ['a CBOR list', cbor(0x80), /^400 /],
    ['CBOR lists in one another', cbor(...Array(50_000).fill(0x81)), /^400 /],
    ['XML that ends early', remove('<Delete><Object>'), /^400 .*\n?.*<Code>MalformedXML</],
    ['an XML doctype', remove('<!DOCTYPE a [<!ENTITY b "c">]><Delete>&b;</Delete>'), /^400 .*\n?.*<Code>MalformedXML</],
    ['fifty thousand elements in one another', remove(nested('<a>', '</a>')), /^400 .*\n?.*<Code>MalformedXML</],
    ['attributes without end', remove(`<a ${'b="c" '.repeat(50_000)}!`), /^400 .*\n?.*<Code>MalformedXML</],
    [
      'a character that there is not',
      remove('<Delete><Object><Key>&#x110000;</Key></Object></Delete>'),
      /^400 .*\n?.*MalformedXML/,
    ],
    [
      'an entity that JavaScript knows',
      remove('<Delete><Object><Key>&constructor;</Key></Object></Delete>'),
      /^400 .*\n?.*MalformedXML/,
    ],
    [
      'a header of two lines in an answer',
      get({ 'response-content-disposition': 'a\r\nset-cookie: b' }),
      /^400 .*\n?.*<Code>InvalidArgument</,
    ],
    ['a header beyond Latin-1 in an answer', get({ 'response-content-type': 'text/日本' }), /^400 .*\n?.*<Code>InvalidArgument</],
    ['a method that S3 does not have', ['s3', { method: 'PATCH', path: '/hostile/key' }], /^405 .*\n?.*<Code>MethodNotAllowed</],
    ['a path of half an escape', put('/hostile/%zz'), /^400 .*\n?.*<Code>InvalidURI</],
    ['a path that is no UTF-8', put('/hostile/%ff%fe'), /^400 .*\n?.*<Code>InvalidURI</],
    [
      'letters for a page size',
      ['s3', { method: 'GET', path: '/hostile', query: { 'max-keys': 'abc' } }],
      /^400 .*\n?.*<Code>InvalidArgument</,
    ],
    [
      'a date that is none',
      ['s3', { method: 'GET', path: '/hostile/key', headers: { 'if-modified-since': 'yesterday' } }],
      /^400 .*\n?.*InvalidArgument/,
    ],
    [
      'a chunk without a size',
      put('/hostile/chunk', { 'content-encoding': 'aws-chunked' }, 'zz\r\n'),
      /^400 .*\n?.*<Code>InvalidRequest</,
    ],
    [
      'a chunk of less than nothing',
      put('/hostile/chunk', { 'content-encoding': 'aws-chunked' }, '-4\r\n'),
      /^400 .*\n?.*<Code>InvalidRequest</,
    ],
    [
      'a chunk beyond its body',
      put('/hostile/chunk', { 'content-encoding': 'aws-chunked' }, 'ffffffffffff\r\na'),
      /^400 .*\n?.*InvalidRequest/,
    ],
    ['REST-JSON that ends early', ['scheduler', { path: '/schedules/x', body: '{' }], /^400 {"message"/],
    ['a REST path of half an escape', ['lambda', { method: 'GET', path: '/2015-03-31/functions/%zz' }], /^404 {"message"/],
    [
      'a function’s input without end',
      ['lambda', { path: '/2015-03-31/functions', body: nested('{"a":', '}') }],
      /^400 {"message"/,
    ],
  ]

  test.each(cases)('%s is refused', async (_, [service, request], answer) => {
    expect(await ask(service, request)).toMatch(answer)
    expect(sandbox.log.filter((line) => line.includes('broke inside'))).toEqual([])
  })

  test('a path that climbs is a key like any other', async () => {
    expect(await ask('s3', { method: 'PUT', path: '/hostile/..%2f..%2fetc', body: 'x' })).toMatch(/^200 /)
    expect(await ask('s3', { method: 'GET', path: '/hostile', query: { prefix: '../' } })).toContain('<Key>../../etc</Key>')
  })

  test('a body that says it is too long is refused before it is sent', async () => {
    const { hostname, port } = new URL(sandbox.endpoint)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`POST / HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 1000000000000\r\n\r\n{`)
      })
      socket.setEncoding('utf8').once('data', resolve).once('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('a request without a host, or with two lengths, does not reach a service', async () => {
    const { hostname, port } = new URL(sandbox.endpoint)
    const status = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => socket.write(text))
        socket
          .setEncoding('utf8')
          .once('data', (answer: string) => resolve(answer.slice(0, 12)))
          .once('error', reject)
      })
    expect(await status('GET / HTTP/1.1\r\n\r\n')).toBe('HTTP/1.1 400')
    expect(await status('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')).toBe('HTTP/1.1 400')
  })

  test('nobody signs it: every door but health asks who is there', async () => {
    const doors = ['/', '/_sandbox/faults', '/_sandbox/clock', '/v2/', '/v2/a/manifests/b', '/hostile/key', '/schedules']
    const statuses = await Promise.all(doors.map(async (door) => (await fetch(`${sandbox.endpoint}${door}`)).status))
    expect(statuses.filter((status) => status !== 401 && status !== 403 && status !== 400)).toEqual([])
  })
})

/** The same each time, unless a lane that may find something new asks for another. */
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
const ROUNDS = Number(process.env.HOSTILE_ROUNDS ?? 2)

describe(`Inputs beyond all limits, from the seed HOSTILE_SEED=${SEED}`, () => {
  let sandbox: Sandbox & { log: string[] }
  let client: Client
  const wild: Omit<Wilderness, 'service'> = { random: randomness(SEED), seen: [], seenAs: new Map(), table: generated }

  beforeAll(async () => {
    sandbox = await conformanceSandbox()
    client = sdkClient(sandbox)
    await furnish()
  })
  afterAll(async () => {
    await client.close()
    await sandbox.close()
  })

  /** Plays the scenarios without what takes away, and remembers what was said: names and ids of things that are there. */
  async function furnish(): Promise<void> {
    const watched: Client = {
      ...client,
      async call(service, operation, input, as) {
        const outcome = await client.call(service, operation, input, as)
        remember(input, '')
        if ('answer' in outcome) remember(outcome.answer, '')
        return outcome
      },
    }
    for (const scenario of scenarios.filter((one) => one !== mfa && one !== refusals)) {
      const steps = scenario.steps.filter(({ call, as }) => !as && !TAKES_AWAY.test(call))
      await play({ ...scenario, steps }, watched, { administrator: sandbox.credentials, patience: 30 })
    }
  }

  function remember(value: unknown, name: string): void {
    if (typeof value === 'string' && value.length < 3000) {
      wild.seen.push(value)
      wild.seenAs.set(name, [...(wild.seenAs.get(name) ?? []), value])
    } else if (Array.isArray(value)) {
      for (const item of value) remember(item, name)
    } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      for (const [key, entry] of Object.entries(value)) remember(entry, key.toLowerCase())
    }
  }

  test.each(Object.keys(services) as ServiceName[])('%s answers, and does not break', async (name) => {
    const { signing, sdk } = services[name]
    const model = modelOf(await sdk())
    const served = sandbox.services.find(({ signingName }) => signingName === signing)
    for (const operation of Object.keys(served?.handlers ?? {})) {
      const shape = model.operations.get(operation)?.input
      if (!shape) throw new Error(`${name} has no operation ${operation}`)
      for (let round = 0; round < ROUNDS; round++) {
        const input = sendable(wildStructure(shape, { ...wild, service: signing }))
        const outcome = await client.call(name, operation, input, sandbox.credentials).catch(notSent)
        const broken = sandbox.log.splice(0).filter((line) => line.includes('broke inside'))
        expect({ broken, input: broken.length > 0 && input }, `${name}:${operation}`).toEqual({ broken: [], input: false })
        expect(outcome, `${name}:${operation}`).not.toMatchObject({ code: 'InternalFailure' })
      }
    }
  })
})

const TAKES_AWAY = /:(Batch)?(Delete|Deregister|Remove|Abort|Cancel|Purge|Schedule|Detach|Deactivate)/

/** Members by which a client, not the sandbox, would wait. */
function sendable({ ContentLength, WaitTimeSeconds, ...input }: Values): Values {
  return input
}

/** What the client itself refuses to send is no answer of the sandbox's; an answer that it cannot read is. */
function notSent(error: unknown): undefined {
  if (error instanceof Error && '$response' in error) throw error
  if (/socket hang up|ECONNRESET|other side closed/.test(String(error))) throw error
  return undefined
}
