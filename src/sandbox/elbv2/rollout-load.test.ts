// The promise of a rollout: no request fails while targets come and go, whatever they do with idle connections.
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { scaledClock } from '../../core/clock.ts'
import { type Backend, type Bench, backend, bench, register, until } from './balancer-for-tests.ts'

const CLIENTS = 8
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Load {
  sent: number
  failures: string[]
  stop(): Promise<void>
}

/** Clients that send one request after another on kept-alive connections, every third of them a POST with a body. */
function load(url: string): Load {
  const state = { sent: 0, failures: [] as string[] }
  let on = true
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; on; i++) {
      const post = i % 3 === 2
      const order = `${client}-${i}`
      state.sent++
      const got = await exchange(agent, url, post ? order : undefined).catch((error: Error) => `error ${error.message}`)
      if (got !== `200 ${post ? order : 'ok'}`) state.failures.push(got)
    }
    agent.destroy()
  })
  return Object.assign(state, {
    async stop() {
      on = false
      await Promise.all(clients)
    },
  })
}

function exchange(agent: Agent, url: string, body: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const out = request(url, { agent, method: body === undefined ? 'GET' : 'POST' }, (back) => {
      let text = `${back.statusCode} `
      back.on('data', (data) => {
        text += data
      })
      back.on('end', () => resolve(text))
      back.on('error', reject)
    })
    out.on('error', reject)
    out.end(body)
  })
}

/** Answers with `ok`, or with the body; keeps the bodies that it got. */
async function shop(orders: string[], workMs: () => number): Promise<Backend> {
  return backend(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    if (req.method === 'POST') orders.push(body)
    await wait(workMs())
    res.end(body || 'ok')
  })
}

async function started(): Promise<{ b: Bench; group: string; url: string }> {
  const b = await bench({ clock: scaledClock(20) })
  closing.push(() => b.cloud.close())
  const group = await b.targetGroup()
  return { b, group, url: (await b.listener(group)).url }
}

test('no request fails and no order is placed twice while targets start and stop', async () => {
  const { b, group, url } = await started()
  const orders: string[] = []
  const running: { id: string; server: Backend }[] = []
  const start = async (id: string) => {
    const server = await shop(orders, () => Math.random() * 10)
    register(b.elb, group, id, server)
    running.push({ id, server })
    await until(() => b.elb.health(group, { id, port: 3000 })?.state === 'healthy', id)
  }
  /** As ECS stops a task: out of the group first, SIGTERM when it is drained. */
  const stop = async () => {
    const oldest = running.shift()
    if (!oldest) return
    await new Promise<void>((drained) => b.elb.deregister(group, { id: oldest.id, port: 3000 }, drained))
    await oldest.server.close()
  }
  await start('10.0.0.1')
  await start('10.0.0.2')
  const traffic = load(url)
  for (let i = 3; i < 15; i++) {
    await start(`10.0.0.${i}`)
    await stop()
  }
  await traffic.stop()
  while (running.length > 0) await stop()
  expect(traffic.failures).toEqual([])
  expect(traffic.sent).toBeGreaterThan(100)
  expect(new Set(orders).size).toBe(orders.length)
})

test('no request fails when targets close idle connections at any moment', async () => {
  const { b, group, url } = await started()
  const orders: string[] = []
  let closed = 0
  for (const id of ['10.0.0.1', '10.0.0.2']) {
    const server = await shop(orders, () => 0)
    // No hint of when a connection will close.
    server.server.keepAliveTimeout = 0
    const busy = new WeakSet<object>()
    server.server.on('request', (req, res) => {
      busy.add(req.socket)
      res.once('finish', () => {
        busy.delete(req.socket)
        setTimeout(() => {
          if (busy.has(req.socket) || req.socket.destroyed) return
          closed++
          req.socket.destroy()
        }, Math.random() * 6)
      })
    })
    closing.push(() => server.close())
    register(b.elb, group, id, server)
    await until(() => b.elb.health(group, { id, port: 3000 })?.state === 'healthy', id)
  }
  const traffic = load(url)
  await wait(2500)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
  expect(traffic.sent).toBeGreaterThan(100)
  expect(closed).toBeGreaterThan(100)
  expect(new Set(orders).size).toBe(orders.length)
})

test('a target that ends without notice costs no request that had not reached it', async () => {
  const { b, group, url } = await started()
  const servers: Backend[] = []
  for (let i = 1; i <= 3; i++) {
    const server = await shop([], () => 0)
    servers.push(server)
    register(b.elb, group, `10.0.0.${i}`, server)
    await until(() => b.elb.health(group, { id: `10.0.0.${i}`, port: 3000 })?.state === 'healthy')
  }
  const traffic = load(url)
  await wait(300)
  // It finishes what it has and closes; the balancer still thinks it healthy.
  await servers[0]?.close()
  await wait(300)
  await servers[1]?.close()
  await wait(300)
  await traffic.stop()
  await servers[2]?.close()
  expect(traffic.failures).toEqual([])
})
