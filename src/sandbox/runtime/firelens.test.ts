import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { decodeMultiStream, type ExtData, encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { firelens } from './firelens.ts'
import { type Bench, bench, container, taskPlan } from './runtime-for-tests.ts'

type Message = [tag: string, entries: [ExtData, Record<string, unknown>][], options: { size: number; chunk?: string }]

let shop: Bench
let server: Server
let messages: Message[]
let sockets: Socket[]
/** How the router behaves with its n-th message. */
let behave: (socket: Socket, message: Message, n: number) => void

beforeEach(() => {
  shop = bench()
  messages = []
  sockets = []
  behave = () => {}
  const receive = async (socket: Socket) => {
    for await (const message of decodeMultiStream(socket)) {
      messages.push(message as Message)
      behave(socket, message as Message, messages.length)
    }
  }
  server = createServer((socket) => {
    sockets.push(socket)
    // The driver ends its connection whenever it is done.
    receive(socket).catch(() => {})
  })
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  if (server.listening) await new Promise((resolve) => server.close(resolve))
  await shop.cloud.close()
})

async function listen(port = 0): Promise<number> {
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

function driver(
  port: number,
  { acknowledge = false, options = {} }: { acknowledge?: boolean; options?: Record<string, string> } = {},
) {
  const app = container({ logConfiguration: { logDriver: 'awsfirelens', options } })
  const task = taskPlan([app], { taskId: 'abc', taskArn: 'arn:task' })
  return firelens({
    cloud: shop.cloud,
    task,
    container: app,
    runtimeId: 'abc-1',
    folder: '',
    router: { host: '127.0.0.1', port, acknowledge },
  })
}

const logs = () => messages.flatMap(([, entries]) => entries.map(([, record]) => record.log))

test('lines reach the router in Forward mode, with their time and what ECS adds', async () => {
  const log = driver(await listen())
  const before = Math.floor(Date.now() / 1000)
  log.write('hello', 'stdout')
  log.write('world', 'stderr')
  await log.close()
  await wait(50)
  const [[tag, entries, options] = ['', [], { size: 0 }]] = messages
  const ecs = { ecs_cluster: 'shop', ecs_task_arn: 'arn:task', ecs_task_definition: 'web:3' }
  const names = { container_id: 'abc-1', container_name: '/app', ...ecs }
  expect([tag, entries.map(([, record]) => record), options]).toEqual([
    'app-firelens-abc',
    [
      { ...names, source: 'stdout', log: 'hello' },
      { ...names, source: 'stderr', log: 'world' },
    ],
    { size: 2 },
  ])
  const time = entries[0]?.[0]
  expect([time?.type, Buffer.from(time?.data as Uint8Array).readUInt32BE(0) - before]).toEqual([
    0,
    expect.toSatisfy((s) => s === 0 || s === 1),
  ])
})

test('metadata is left out where the definition says so', async () => {
  const log = driver(await listen(), { options: { 'enable-ecs-log-metadata': 'false' } })
  log.write('x', 'stdout')
  await log.close()
  await wait(50)
  expect(messages[0]?.[1][0]?.[1]).toEqual({ container_id: 'abc-1', container_name: '/app', source: 'stdout', log: 'x' })
})

test('lines wait for a router that starts later', async () => {
  const port = await listen()
  await new Promise((resolve) => server.close(resolve))
  const log = driver(port)
  log.write('early', 'stdout')
  await wait(500)
  await listen(port)
  await log.close()
  await wait(50)
  expect(logs()).toEqual(['early'])
})

test('a chunk that is not confirmed is sent again', async () => {
  behave = (socket, [, , { chunk }], n) => (n === 1 ? socket.destroy() : socket.write(encode({ ack: chunk })))
  const log = driver(await listen(), { acknowledge: true })
  log.write('once', 'stdout')
  await log.close()
  expect(logs()).toEqual(['once', 'once'])
})

test('a router that never answers loses lines, not memory or the task’s end, and that is noted', async () => {
  const port = await listen()
  await new Promise((resolve) => server.close(resolve))
  const log = driver(port, { options: { 'log-driver-buffer-limit': '1000' } })
  for (let i = 0; i < 100; i++) log.write('x'.repeat(100), 'stdout')
  const started = performance.now()
  await log.close()
  expect(performance.now() - started).toBeLessThan(4_000)
  expect(shop.cloud.notes).toEqual(['100 log lines of abc/app did not reach the log router'])
})
