// A port of this machine that leads through a task to what the task reaches: kiban's client, the sandbox's agent, real sockets.
import { createHash, randomBytes } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLUSTER, type ExecStage, execStage } from '../../../../test/exec-stage.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../../../../test/postgres-cluster.ts'
import { realClock } from '../../../core/clock.ts'
import type { SessionAccess } from './open-session.ts'
import { openTunnel, type Tunnel } from './open-tunnel.ts'

let stage: ExecStage
let target: string
const servers: Server[] = []

beforeAll(async () => {
  stage = await execStage()
  target = await stage.target()
})
afterAll(async () => {
  for (const server of servers) server.close()
  await stage.sandbox.close()
})

async function session(port: number, to = target): Promise<SessionAccess> {
  const { SessionId, StreamUrl, TokenValue } = await stage.ssm.startSession({
    Target: to,
    DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost',
    Parameters: { host: ['127.0.0.1'], portNumber: [String(port)] },
  })
  return { sessionId: SessionId ?? '', streamUrl: StreamUrl ?? '', tokenValue: TokenValue ?? '' }
}

async function tunnel(port: number, to?: string): Promise<Tunnel> {
  return openTunnel(await session(port, to), { clock: realClock })
}

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const to = (port: number): Socket => connect({ port, host: '127.0.0.1', allowHalfOpen: true })

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Gives back all that it was sent, once its client has ended. */
const echo = () =>
  createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {})
    socket.end(await buffer(socket))
  })

describe('a tunnel', () => {
  test('carries many connections at once, each whole and by itself', async () => {
    const { port, connections, close } = await tunnel(await listening(echo()))
    const sizes = [0, 1, 1_024, 32_768, 32_769, 300_000, 1_000_000, 2_000_000]
    const sent = sizes.map((size) => randomBytes(size))
    const back = await Promise.all(
      sent.map(async (bytes) => {
        const socket = to(port)
        socket.end(bytes)
        return buffer(socket)
      }),
    )
    expect(back.map(sha)).toEqual(sent.map(sha))
    expect(connections()).toBe(0)
    await close()
    await expect(buffer(to(port))).rejects.toThrow('ECONNREFUSED')
  })

  test('brings 10 MB each way', { timeout: 120_000 }, async () => {
    const { port, close } = await tunnel(await listening(echo()))
    const up = randomBytes(10_000_000)
    const socket = to(port)
    socket.end(up)
    expect(sha(await buffer(socket))).toBe(sha(up))
    await close()
  })

  test('holds one slow reader back and loses nothing of it', async () => {
    const bytes = randomBytes(12_000_000)
    const { port, close } = await tunnel(await listening(createServer((socket) => void socket.end(bytes))))
    const slow = to(port)
    slow.end()
    await new Promise((resolve) => slow.once('readable', resolve))
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(sha(await buffer(slow))).toBe(sha(bytes))
    await close()
  })

  test('ends a connection whose destination is not there, and goes on', async () => {
    const gone = createServer()
    const nobody = await listening(gone)
    await new Promise((resolve) => gone.close(resolve))
    const { port, close } = await tunnel(nobody)
    expect(await text(to(port))).toBe('')
    const again = createHttpServer((_request, response) => response.end('here'))
    servers.push(again)
    await new Promise<void>((resolve) => again.listen(nobody, '127.0.0.1', resolve))
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here')
    await close()
  })

  test('closes its port and its connections with the task', async () => {
    const task = await stage.started('web')
    const { port, ended, connections } = await tunnel(await listening(createServer(() => {})), await stage.target(task))
    const open = connect({ port, host: '127.0.0.1' })
    open.on('error', () => {})
    await new Promise((resolve) => open.once('connect', resolve))
    while (connections() === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    const closed = new Promise((resolve) => open.once('close', resolve))
    open.resume()
    await stage.ecs.stopTask({ cluster: CLUSTER, task })
    expect(await ended).toMatchObject({ kind: 'closed' })
    await closed
    await expect(buffer(to(port))).rejects.toThrow('ECONNREFUSED')
  })

  test('says which port is taken, and leaves no session behind', async () => {
    const taken = await listening(createServer())
    const access = await session(taken)
    await expect(openTunnel(access, { clock: realClock, port: taken })).rejects.toMatchObject({ code: 'tunnel.port-taken' })
    await expect(stage.ssm.resumeSession({ SessionId: access.sessionId })).rejects.toMatchObject({
      name: 'DoesNotExistException',
    })
  })

  test('is refused a port that is none, and a session that is for a shell', async () => {
    await expect(session(0)).rejects.toMatchObject({ name: 'InvalidParameters' })
    const shell = await stage.executed('sh')
    await expect(openTunnel(shell, { clock: realClock })).rejects.toMatchObject({ code: 'tunnel.no-port' })
  })
})

describe.skipIf(postgresPrograms === undefined)('a database behind a tunnel', () => {
  let cluster: PostgresCluster
  beforeAll(async () => {
    cluster = await startPostgres()
  }, 60_000)
  afterAll(() => cluster.stop())

  test('answers several clients', async () => {
    const url = new URL(await cluster.createDatabase())
    const { port, close } = await tunnel(Number(url.port))
    url.port = String(port)
    const pool = new pg.Pool({ connectionString: url.href, max: 5 })
    await pool.query('create table books as select n, repeat(md5(n::text), 100) as body from generate_series(1, 1000) n')
    const rows = await Promise.all(
      Array.from({ length: 20 }, () => pool.query('select n, body from books order by n').then(({ rows }) => rows)),
    )
    expect(new Set(rows.map((each) => sha(Buffer.from(JSON.stringify(each))))).size).toBe(1)
    expect(rows[0]).toHaveLength(1000)
    await pool.end()
    await close()
  })
})
