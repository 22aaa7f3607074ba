// A server as it is run: a process of its own, whose clients are commands in other terminals.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitRelease } from '../../examples/bookshop/repository.ts'
import { openShop, type Shop } from './shop.ts'
import type { Command, Terminal } from './terminal.ts'

let shop: Shop
let server: Command
let base: string
let secret: string
/** A terminal that is logged in, without a way to the data folder or AWS. */
let client: Terminal

beforeAll(async () => {
  shop = await openShop()
  server = shop.terminal().start('server', '--port', '0')
  const shown = /(http:\/\/[^/]+)\/welcome#(\S+)/
  await server.says(shown)
  const [, url = '', link = ''] = shown.exec(server.output()) ?? []
  base = url
  const answer = await fetch(`${base}/api/v1/login/invitation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link }),
  })
  secret = ((await answer.json()) as { secret: string }).secret
  client = shop.terminal({ KIBAN_SERVER: base, KIBAN_TOKEN: secret, KIBAN_DATA: `${shop.folder}/nothing`, AWS_ENDPOINT_URL: '' })
  expect(await client.run('product', 'add', shop.repository, '--yes')).toMatchObject({ code: 0 })
})
afterAll(() => shop?.close())

test('a server that is told to end in mid-rollout ends by itself, and the next one goes on, with its watcher', async () => {
  commitRelease(shop.repository, '02-prices')
  const deploying = client.start('deploy', '--env', 'staging', '--yes', '--json')
  await deploying.says('"type":"rollout.started"')
  server.process.kill('SIGTERM')
  const first = await server.ended
  expect(first.code).toBe(0)
  server = shop.terminal().start('server', '--port', new URL(base).port)
  const { code, stdout } = await deploying.ended
  expect(code).toBe(0)
  const items = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { deployment: { verdict?: string }; events: { seq: number; type: string }[] })
  expect(items.at(-1)?.deployment.verdict).toBe('succeeded')
  const seqs = items.flatMap(({ events }) => events.map(({ seq }) => seq))
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
  const [{ events }] = await client.json('timeline', 'list', '--type', 'deployment', '--limit', '500')
  const told = (type: string) => events.filter((event: { type: string }) => event.type === type).length
  expect([told('deployment.queued'), told('deployment.rolling'), told('deployment.ended')]).toEqual([1, 1, 1])
  const logged = first.stdout.split('\n').filter(Boolean)
  for (const line of logged)
    expect(JSON.parse(line)).toMatchObject({ severity: expect.any(String), message: expect.any(String), service: 'kiban' })
  expect(JSON.parse(logged.at(-1) ?? '')).toMatchObject({ message: 'ended' })
})

test('a request that is sent again by its key starts nothing twice', async () => {
  const ask = async () => {
    const answer = await fetch(`${base}/api/v1/products/bookshop/environments/staging/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, 'idempotency-key': 'once' },
      body: JSON.stringify({ force: true }),
    })
    return [answer.status, ((await answer.json()) as { deployment: { id: string } }).deployment.id]
  }
  const [status, id] = await ask()
  expect(status).toBe(202)
  expect(await ask()).toEqual([202, id])
  expect((await client.run('watch', String(id))).code).toBe(0)
  expect(await ask()).toEqual([202, id])
  expect((await client.json('history'))[0].deployments).toHaveLength(2)
})
