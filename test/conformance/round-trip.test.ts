/**
 * Random inputs and outputs of every served operation, through the SDK's client and the sandbox's codec and back. It
 * proves that the codec reads and writes what the SDK does, all of the way but a socket; not that AWS does so too.
 */

import { readFile } from 'node:fs/promises'
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import { describe, expect, test } from 'vitest'
import type { Service } from '../../src/sandbox/cloud.ts'
import { Gateway } from '../../src/sandbox/wire/gateway.ts'
import { inProcessHandler } from '../../src/sandbox/wire/in-process.ts'
import { type Model, modelOf, type OperationModel } from '../../src/sandbox/wire/model.ts'
import type { Member, StructureShape } from '../../src/sandbox/wire/shape.ts'
import { testSandbox } from '../support.ts'
import { randomness, randomStructure } from './random-shape.ts'

const SEED = Number(process.env.ROUND_TRIP_SEED ?? Math.floor(Math.random() * 2 ** 31))
const ROUNDS = 3

/** Operations that clients send without a signature, or to other hosts than the service's. */
const ELSEWHERE = new Set([
  'ListDirectoryBuckets',
  'CreateSession',
  'WriteGetObjectResponse',
  'AssumeRoleWithSAML',
  'AssumeRoleWithWebIdentity',
])

const sandbox = await testSandbox()
await sandbox.close()
/** ROUND_TRIP=all takes every operation of every client instead: a lane for when the SDK is renewed. */
const all = process.env.ROUND_TRIP === 'all'
const services = all ? await everyClient() : sandbox.services

describe(`Round trips from the seed ROUND_TRIP_SEED=${SEED}`, () => {
  for (const service of services) {
    test(`${service.signingName}: what the SDK sends is what the sandbox reads, and the other way round`, async () => {
      await roundTrips(service, Object.keys(service.handlers), {})
    })
  }

  for (const name of ['sqs', 'monitoring']) {
    const service = services.find(({ signingName }) => signingName === name)
    test.runIf(service)(`${name}: older clients speak Query to it`, async () => {
      if (service) await roundTrips(service, Object.keys(service.handlers), { protocol: AwsQueryProtocol })
    })
  }

  for (const name of ['monitoring', 'ecs', 'secretsmanager']) {
    const service = services.find(({ signingName }) => signingName === name)
    test.runIf(service)(`${name}: newer clients may speak CBOR to it`, async () => {
      if (service) await roundTrips(service, Object.keys(service.handlers), { protocol: AwsSmithyRpcV2CborProtocol })
    })
  }
})

async function everyClient(): Promise<Service[]> {
  const { dependencies } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const names = Object.keys(dependencies).filter((name) => name.startsWith('@aws-sdk/client-'))
  return Promise.all(
    names.map(async (name) => {
      const client = () => import(name)
      const { signingName, operations } = modelOf(await client())
      const chosen = [...operations.values()].filter((operation) => !hasEventStream(operation) && !ELSEWHERE.has(operation.name))
      return { client, signingName, handlers: Object.fromEntries(chosen.map((operation) => [operation.name, true])) }
    }),
  )
}

function hasEventStream({ input, output }: OperationModel): boolean {
  return [...input.members, ...output.members].some(({ shape, traits }) => shape.kind === 'union' && traits.streaming === 1)
}

interface Exchange {
  input: unknown
  output: Record<string, unknown>
}

async function roundTrips(service: Service, operations: string[], config: object): Promise<void> {
  const client = (await service.client()) as Record<string, unknown>
  const model = modelOf(client)
  const exchange: Exchange = { input: undefined, output: {} }
  const echo = (input: unknown) => {
    exchange.input = input
    return exchange.output
  }
  const echoing = { ...service, handlers: Object.fromEntries(operations.map((name) => [name, echo])) }
  const sdk = clientFor(client, echoing, config)
  for (const [index, name] of operations.entries()) {
    const operation = model.operations.get(name)
    if (!operation) throw new Error(`${model.serviceId} has no operation ${name}`)
    for (let round = 0; round < ROUNDS; round++) {
      await roundTrip(sdk, client, model, operation, exchange, SEED + index * ROUNDS + round)
    }
  }
}

interface SdkClient {
  send(command: object): Promise<Record<string, unknown>>
}

function clientFor(client: Record<string, unknown>, service: Service, config: object): SdkClient {
  const { accessKeyId, secretAccessKey } = sandbox.credentials
  const principal = { accessKeyId, arn: 'arn:aws:iam::123456789012:root', account: '123456789012', userId: '123456789012' }
  const gateway = new Gateway({
    account: sandbox.account,
    region: sandbox.region,
    keys: { find: () => ({ accessKeyId, secret: secretAccessKey, principal, status: 'Active', createdAt: 0 }) },
    authorization: { demand() {} },
    services: [service],
    faults: { before: () => undefined, after() {} },
    note: (line) => {
      throw new Error(line)
    },
    // Random values keep no limits.
    validate() {},
    commit: () => undefined,
  })
  const found = Object.entries(client).find(([name]) => /^[A-Z]\w+Client$/.test(name))?.[1]
  const Client = found as new (config: object) => SdkClient
  return new Client({
    ...sandbox.client,
    requestHandler: inProcessHandler((request) => gateway.answer(request)),
    maxAttempts: 1,
    disableHostPrefix: true,
    ...CLIENT_OPTIONS[service.signingName],
    ...config,
  })
}

/** What a client computes by itself is switched off; what remains is in `isComputed`. */
const CLIENT_OPTIONS: Record<string, object> = {
  s3: { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED', forcePathStyle: true },
  sqs: { md5: false, useQueueUrlAsEndpoint: false },
}

async function roundTrip(
  sdk: SdkClient,
  client: Record<string, unknown>,
  model: Model,
  operation: OperationModel,
  exchange: Exchange,
  seed: number,
): Promise<void> {
  const wishes = { random: randomness(seed), skip: (_: StructureShape, member: Member) => isComputed(model, member) }
  const input = randomStructure(operation.input, wishes)
  exchange.output = randomStructure(operation.output, wishes)
  exchange.input = undefined
  const Command = client[`${operation.name}Command`] as new (input: object) => object
  const where = `${model.serviceId} ${operation.name} (seed ${seed})`
  const answer = await sdk.send(new Command(structuredClone(input))).catch((cause: unknown) => {
    throw new Error(`${where} failed`, { cause })
  })
  const received = Object.entries(exchange.input ?? {}).filter(([name]) => {
    const member = operation.input.members.find((one) => one.name === name)
    return !member || !isComputed(model, member)
  })
  expect(comparable(Object.fromEntries(received)), `input of ${where}`).toEqual(comparable(input))
  const { $metadata, ...output } = answer
  for (const [name, value] of Object.entries(output)) output[name] = await collected(value)
  expect(comparable(output), `output of ${where}`).toEqual(comparable(exchange.output))
}

/** Members that the client's or the server's middleware owns. */
function isComputed(model: Model, { name, traits, shape: of }: Member): boolean {
  // Query has no way to say that an empty structure is there.
  if (model.queryCompatible && of.kind === 'structure' && of.members.length === 0) return true
  if (of.kind === 'union' && traits.streaming) return true
  if (model.signingName === 'events') return name === 'EndpointId'
  // In Query it shares its parameter with the older AttributeNames.
  if (model.signingName === 'sqs') return name === 'MessageSystemAttributeNames'
  if (model.signingName === 'ec2') return /^(PresignedUrl|DestinationRegion)$/.test(name)
  if (model.signingName !== 's3') return false
  if (/^(Copy)?(Source)?SSECustomer|^CopySourceSSECustomer|^Checksum|^ContentMD5$|^Expires(String)?$/.test(name)) return true
  return name === 'ContentLength' || name === 'MFA' || name === 'CreateBucketConfiguration'
}

/** Bytes as a list of numbers, whatever class holds them; members without a value left out. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (Array.isArray(value)) return value.map(comparable)
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, comparable(entry)]))
}

async function collected(value: unknown): Promise<unknown> {
  if (typeof value === 'object' && value !== null && 'transformToByteArray' in value) {
    return await (value.transformToByteArray as () => Promise<Uint8Array>)()
  }
  return value
}
