import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { scaledClock } from '../../core/clock.ts'
import { type Bench, backend, bench, register, until } from './balancer-for-tests.ts'

let b: Bench
let group: string
let url: string
let listenerArn: string
let loadBalancerArn: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  b = await bench({ clock: scaledClock(10) })
  group = await b.targetGroup()
  ;({ url, listenerArn, loadBalancerArn } = await b.listener(group))
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await b.cloud.close()
})

async function target(id: string, serve: Parameters<typeof backend>[0], options?: Parameters<typeof backend>[1], to = group) {
  const server = await backend(serve, options)
  closing.push(
    () => server.server.closeAllConnections(),
    () => server.close(),
  )
  register(b.elb, to, id, server)
  return server
}

const healthy = (...ids: string[]) =>
  until(() => ids.every((id) => b.elb.health(group, { id, port: 3000 })?.state === 'healthy'), `${ids} to be healthy`)

const isProbe = (agent: string | undefined) => agent === 'ELB-HealthChecker/2.0'

/** Sends bytes as they are and gives back everything that comes until the connection closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    let all = ''
    socket.on('data', (data) => {
      all += data
    })
    socket.on('close', () => resolve(all))
    socket.on('error', reject)
  })
}

test('requests go to the healthy targets in turn', async () => {
  await target('10.0.0.1', (_, res) => res.end('one'))
  await target('10.0.0.2', (_, res) => res.end('two'))
  await target('10.0.0.3', (_, res) => res.writeHead(503).end('sick'))
  await healthy('10.0.0.1', '10.0.0.2')
  const seen: string[] = []
  for (let i = 0; i < 6; i++) seen.push(await (await fetch(url)).text())
  expect(seen.sort()).toEqual(['one', 'one', 'one', 'two', 'two', 'two'])
})

test('with least outstanding requests a busy target is spared', async () => {
  await b.call('ModifyTargetGroupAttributes', {
    TargetGroupArn: group,
    Attributes: [{ Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' }],
  })
  const held: (() => void)[] = []
  await target('10.0.0.1', (req, res) => (isProbe(req.headers['user-agent']) ? res.end() : held.push(() => res.end('slow'))))
  await target('10.0.0.2', (_, res) => res.end('fast'))
  await healthy('10.0.0.1', '10.0.0.2')
  const first = fetch(url)
  const second = fetch(url)
  await until(() => held.length === 1)
  for (let i = 0; i < 5; i++) expect(await (await fetch(url)).text()).toBe('fast')
  for (const end of held) end()
  await Promise.all([first, second])
})

test('when no target is healthy all of them are asked, and with none registered the answer is 503', async () => {
  const empty = await fetch(url)
  expect([empty.status, empty.headers.get('server'), await empty.text()]).toEqual([
    503,
    'awselb/2.0',
    '<html>\r\n<head><title>503 Service Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Unavailable</h1></center>\r\n</body>\r\n</html>\r\n',
  ])
  await target('10.0.0.1', (_, res) => res.writeHead(500).end('sick'))
  expect(await (await fetch(url)).text()).toBe('sick')
})

test('a target learns who asked, how, and under which trace', async () => {
  let headers: NodeJS.Dict<string | string[]> = {}
  await target('10.0.0.1', (req, res) => {
    if (!isProbe(req.headers['user-agent'])) headers = req.headers
    res.end()
  })
  await healthy('10.0.0.1')
  await fetch(url, { headers: { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' } })
  expect(headers).toMatchObject({
    host: new URL(url).host,
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '80',
    'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
  })
  await fetch(url, { headers: { 'X-Amzn-Trace-Id': 'Root=1-67891233-abcdef012345678912345678' } })
  expect(headers['x-amzn-trace-id']).toMatch(/^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678$/)
})

test('headers that concern one connection only are not passed on, in either direction', async () => {
  let headers: NodeJS.Dict<string | string[]> = {}
  await target('10.0.0.1', (req, res) => {
    headers = req.headers
    res.writeHead(200, { Connection: 'X-Private', 'X-Private': '1', 'X-Public': '2', 'Set-Cookie': ['a=1', 'b=2'] }).end('ok')
  })
  await healthy('10.0.0.1')
  const back = await raw(
    'GET / HTTP/1.1\r\nHost: shop\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nTE: trailers\r\nX-Open: 2\r\nProxy-Authorization: x\r\n\r\n',
  )
  expect(headers).toMatchObject({ host: 'shop', 'x-open': '2' })
  for (const name of ['x-secret', 'te', 'proxy-authorization']) expect(headers).not.toHaveProperty(name)
  expect(back).toContain('X-Public: 2\r\n')
  expect(back).toContain('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n')
  expect(back).not.toContain('X-Private')
})

test('bodies stream both ways without waiting for their end', async () => {
  await target('10.0.0.1', (req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/plain' })
    res.flushHeaders()
    req.pipe(res)
  })
  await healthy('10.0.0.1')
  const out = request(url, { method: 'POST' })
  const first = new Promise<string>((resolve) =>
    out.once('response', (back) => back.once('data', (data) => resolve(String(data)))),
  )
  out.write('hello')
  expect(await first).toBe('hello')
  const last = new Promise((resolve) => out.once('close', () => resolve('closed')))
  out.end()
  expect(await last).toBe('closed')
})

test('a large body arrives whole, with a length or chunked', async () => {
  await target('10.0.0.1', (req, res) => {
    let bytes = 0
    req.on('data', (data: Buffer) => {
      bytes += data.length
    })
    req.on('end', () => res.end(`${bytes} ${req.headers['transfer-encoding'] ?? req.headers['content-length']}`))
  })
  await healthy('10.0.0.1')
  const body = Buffer.alloc(5_000_000, 'x')
  expect(await (await fetch(url, { method: 'PUT', body })).text()).toBe('5000000 5000000')
  const stream = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 50; i++) controller.enqueue(body.subarray(0, 100_000))
      controller.close()
    },
  })
  expect(await (await fetch(url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)).text()).toBe('5000000 chunked')
  expect(await (await fetch(url, { method: 'POST' })).text()).toBe('0 0')
})

test('messages whose length is ambiguous are refused', async () => {
  const bodies: string[] = []
  await target('10.0.0.1', (req, res) => {
    bodies.push(req.url ?? '')
    res.end('ok')
  })
  await healthy('10.0.0.1')
  bodies.length = 0
  const smuggle = await raw(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n',
  )
  expect(smuggle).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nServer: awselb\/2\.0\r\n/)
  const twice = await raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx')
  expect(twice).toMatch(/^HTTP\/1\.1 400 /)
  const nominated = await raw('GET / HTTP/1.1\r\nHost: a\r\nConnection: close, content-length\r\nContent-Length: 3\r\n\r\nGET')
  expect(nominated).toMatch(/^HTTP\/1\.1 200 /)
  expect(bodies.filter((path) => path !== '/')).toEqual([])
})

test('requests beyond the limits of ALB are refused with its codes', async () => {
  await target('10.0.0.1', (_, res) => res.end('ok'))
  await healthy('10.0.0.1')
  const status = async (text: string) => Number((await raw(text)).split(' ')[1])
  const end = 'Host: a\r\nConnection: close\r\n\r\n'
  expect(await status(`GET /${'x'.repeat(16_400)} HTTP/1.1\r\n${end}`)).toBe(414)
  expect(await status(`GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(16_400)}\r\n${end}`)).toBe(400)
  expect(
    await status(`GET / HTTP/1.1\r\n${Array.from({ length: 7 }, (_, i) => `X-${i}: ${'x'.repeat(10_000)}\r\n`).join('')}${end}`),
  ).toBe(400)
  expect(await status(`TRACE / HTTP/1.1\r\n${end}`)).toBe(405)
  expect(await status(`GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n${end}`)).toBe(501)
  expect(await status(`GET / HTTP/1.1\r\nX-Forwarded-For: ${'1.1.1.1,'.repeat(30)}1.1.1.1\r\n${end}`)).toBe(463)
  expect(await status(`GET / HTTP/1.1\r\n${end}`)).toBe(200)
})

test('a target that breaks off gives 502, one that is silent 504, and half an answer never looks whole', async () => {
  await b.call('ModifyLoadBalancerAttributes', {
    LoadBalancerArn: loadBalancerArn,
    Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '1' }],
  })
  await target('10.0.0.1', (req, res) => {
    if (req.url === '/break') req.socket.destroy()
    else if (req.url === '/half') res.writeHead(200, { 'Content-Length': 10 }).write('half', () => req.socket.destroy())
    else if (req.url !== '/silent') res.end('ok')
  })
  await healthy('10.0.0.1')
  expect((await fetch(`${url}/break`)).status).toBe(502)
  expect((await fetch(`${url}/silent`)).status).toBe(504)
  await expect(fetch(`${url}/half`).then((back) => back.text())).rejects.toThrow()
  const { statistics } = b.cloud.metrics.series('AWS/ApplicationELB', 'HTTPCode_ELB_502_Count', {
    LoadBalancer: loadBalancerArn.split('loadbalancer/')[1] ?? '',
  })
  expect(statistics(0, Date.now() + 1000)?.sum).toBe(1)
})

test('a target that refuses the connection is passed over, and the body reaches the next one whole', async () => {
  await target('10.0.0.1', (req, res) => req.pipe(res))
  const gone = await target('10.0.0.2', (_, res) => res.end('never'))
  await healthy('10.0.0.1', '10.0.0.2')
  gone.server.closeAllConnections()
  await gone.close()
  for (let i = 0; i < 4; i++) expect(await (await fetch(url, { method: 'POST', body: `order ${i}` })).text()).toBe(`order ${i}`)
})

test('a request that must not be sent twice is not, even when the target breaks off before it answers', async () => {
  let posts = 0
  await target('10.0.0.1', (req, res) => {
    if (req.method !== 'POST') return void res.end('ok')
    posts++
    req.socket.destroy()
  })
  await healthy('10.0.0.1')
  await fetch(url)
  expect((await fetch(url, { method: 'POST', body: 'pay' })).status).toBe(502)
  expect(posts).toBe(1)
})

test('a draining target gets no new request and may finish the ones it has', async () => {
  let finish: (() => void) | undefined
  await target('10.0.0.1', (req, res) => {
    if (req.url !== '/slow') return void res.end('old')
    finish = () => res.end('finished')
  })
  await healthy('10.0.0.1')
  const slow = fetch(`${url}/slow`).then((back) => back.text())
  await until(() => finish !== undefined)
  await target('10.0.0.2', (_, res) => res.end('new'))
  await healthy('10.0.0.2')
  let drained = false
  b.elb.deregister(group, { id: '10.0.0.1', port: 3000 }, () => {
    drained = true
  })
  expect(b.elb.health(group, { id: '10.0.0.1', port: 3000 })).toEqual({
    state: 'draining',
    reason: 'Target.DeregistrationInProgress',
    description: 'Target deregistration is in progress',
  })
  for (let i = 0; i < 4; i++) expect(await (await fetch(url)).text()).toBe('new')
  expect(drained).toBe(false)
  finish?.()
  expect(await slow).toBe('finished')
  await until(() => drained)
  expect(b.elb.health(group, { id: '10.0.0.1', port: 3000 })).toBeUndefined()
})

test('when the deregistration delay is over, in real time, the target is drained, and what is still in flight fails with 502', async () => {
  await b.call('ModifyTargetGroupAttributes', {
    TargetGroupArn: group,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '1' }],
  })
  let held = 0
  await target('10.0.0.1', (req, res) => (req.url === '/slow' ? held++ : res.end()))
  await healthy('10.0.0.1')
  const slow = fetch(`${url}/slow`)
  await until(() => held === 1)
  const began = performance.now()
  await new Promise<void>((resolve) => b.elb.deregister(group, { id: '10.0.0.1', port: 3000 }, resolve))
  expect(performance.now() - began).toBeGreaterThan(950)
  expect((await slow).status).toBe(502)
})

test('rules choose by path, host, header, method, query and source, in the order of their priorities', async () => {
  const rule = (Priority: number, condition: object) =>
    b.call('CreateRule', {
      ListenerArn: listenerArn,
      Priority,
      Conditions: [condition],
      Actions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: `rule ${Priority}` },
        },
      ],
    })
  await rule(1, { Field: 'path-pattern', PathPatternConfig: { Values: ['/img/*.png', '/exact'] } })
  await rule(2, { Field: 'host-header', HostHeaderConfig: { Values: ['*.Example.com'] } })
  await rule(3, { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Canary', Values: ['yes*'] } })
  await rule(4, { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['DELETE'] } })
  await rule(5, { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'version', Value: 'v?' }] } })
  await rule(6, { Field: 'source-ip', SourceIpConfig: { Values: ['192.0.2.0/24'] } })
  const text = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).text()
  expect(await text('/img/a/b.png?x=1')).toBe('rule 1')
  expect(await text('/exact')).toBe('rule 1')
  expect(await raw('GET / HTTP/1.1\r\nHost: shop.example.COM:80\r\nConnection: close\r\n\r\n')).toContain('rule 2')
  expect(await text('/', { headers: { 'x-canary': 'YES please' } })).toBe('rule 3')
  expect(await text('/', { method: 'DELETE' })).toBe('rule 4')
  expect(await text('/?a=b&Version=V2')).toBe('rule 5')
  expect(await text('/img/a.PNG')).toContain('503')
})

test('a redirect fills in what it keeps of the request', async () => {
  await b.call('ModifyListener', {
    ListenerArn: listenerArn,
    DefaultActions: [
      { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', Path: '/shop/#{path}', StatusCode: 'HTTP_301' } },
    ],
  })
  const back = await fetch(`${url}/books?id=1`, { redirect: 'manual' })
  expect([back.status, back.headers.get('location')]).toEqual([301, 'https://127.0.0.1:443/shop/books?id=1'])
})

test('weights share the requests exactly, and setWeights shifts them at once', async () => {
  const green = await b.targetGroup()
  await target('10.0.0.1', (_, res) => res.end('blue'))
  await b.call('ModifyListener', {
    ListenerArn: listenerArn,
    DefaultActions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: group, Weight: 95 },
            { TargetGroupArn: green, Weight: 5 },
          ],
        },
      },
    ],
  })
  await target('10.0.0.2', (_, res) => res.end('green'), {}, green)
  await healthy('10.0.0.1')
  await until(() => b.elb.health(green, { id: '10.0.0.2', port: 3000 })?.state === 'healthy')
  const count = async () => {
    let greens = 0
    for (let i = 0; i < 40; i++) if ((await (await fetch(url)).text()) === 'green') greens++
    return greens
  }
  expect(await count()).toBe(2)
  b.elb.setWeights(listenerArn, [
    { targetGroupArn: group, weight: 0 },
    { targetGroupArn: green, weight: 100 },
  ])
  expect(await count()).toBe(40)
})

test('a web socket passes bytes both ways and counts as in flight', async () => {
  const server = await target('10.0.0.1', (_, res) => res.end())
  server.server.on('upgrade', (req, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Path: ${req.url}\r\n\r\n`)
    socket.on('data', (data: Buffer) => socket.write(`echo ${data}`))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
  })
  await healthy('10.0.0.1')
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let all = ''
  socket.on('data', (data) => {
    all += data
  })
  socket.write('GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await until(() => all.includes('\r\n\r\n'))
  expect(all).toBe('HTTP/1.1 101 Switching Protocols\r\nX-Path: /chat\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
  socket.write('hello')
  await until(() => all.endsWith('echo hello'))
  let drained = false
  b.elb.deregister(group, { id: '10.0.0.1', port: 3000 }, () => {
    drained = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(drained).toBe(false)
  socket.destroy()
  await until(() => drained)
})

test('requests, codes and times of a target group are counted', async () => {
  await target('10.0.0.1', (req, res) => res.writeHead(req.url === '/bad' ? 500 : 200).end())
  await healthy('10.0.0.1')
  await fetch(url)
  await fetch(`${url}/bad`)
  const dimensions = { LoadBalancer: loadBalancerArn.split('loadbalancer/')[1] ?? '', TargetGroup: group.split(':').at(-1) ?? '' }
  const of = (name: string) => b.cloud.metrics.series('AWS/ApplicationELB', name, dimensions).statistics(0, Date.now() + 1000)
  expect(of('RequestCount')?.sum).toBe(2)
  expect(of('HTTPCode_Target_2XX_Count')?.sum).toBe(1)
  expect(of('HTTPCode_Target_5XX_Count')?.sum).toBe(1)
  expect(of('TargetResponseTime')?.count).toBe(2)
})
