// How much goes through a tunnel, and how quickly an answer comes back; beside a plain TCP proxy.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { openTunnel } from '../src/capabilities/access/session/open-tunnel.ts'
import { realClock } from '../src/core/clock.ts'
import { execStage } from '../test/exec-stage.ts'
import { alternate, benchFlags, type Cell, machine, ratioOf, report, summary } from './measuring/measure.ts'

const flags = benchFlags(`bench/tunnel.ts
Brings megabytes each way and single bytes to and fro: to a server of this process directly, through a plain TCP proxy, through a
tunnel of kiban's client and the sandbox's agent, both in this process too, and through AWS's Session Manager plugin where it
is installed.`)
const on = machine()

const ROUNDS = flags.quick ? 1 : 9
const BYTES = (flags.quick ? 1 : 20) * 1024 * 1024
const TURNS = flags.quick ? 20 : 500
const LOOPBACK = '127.0.0.1'
const DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost'

interface Run {
  downMs: number
  upMs: number
  turnMs: number
}

/** The first byte that a client sends says what it wants. */
const wanted = { down: 0, up: 1, turns: 2 }

const servers: Server[] = []
const stage = await execStage()
let plugin: ChildProcess | undefined
try {
  const server = await listening((socket) => {
    let received = 0
    let want: number | undefined
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      want ??= chunk[0]
      received += chunk.byteLength
      if (want === wanted.down) socket.end(Buffer.alloc(BYTES, 1))
      else if (want === wanted.turns) socket.write(chunk)
      else if (received > BYTES) socket.end('.')
    })
  })
  const proxy = await listening((near) => {
    const far = connect(server, LOOPBACK)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy())
      from.setNoDelay()
      from.pipe(to)
    }
  })
  const Target = await stage.target()
  const session = await stage.ssm.startSession({
    Target,
    DocumentName: DOCUMENT,
    Parameters: { host: [LOOPBACK], portNumber: [String(server)] },
  })
  const access = {
    sessionId: session.SessionId ?? '',
    streamUrl: session.StreamUrl ?? '',
    tokenValue: session.TokenValue ?? '',
  }
  const tunnel = await openTunnel(access, { clock: realClock })
  const throughPlugin = await pluginPort(Target, server)

  const subjects: Record<string, () => Promise<Run>> = {
    'a plain TCP proxy': () => measured(proxy),
    directly: () => measured(server),
    'a tunnel of kiban': () => measured(tunnel.port),
    ...(throughPlugin === undefined ? {} : { "AWS's plugin": () => measured(throughPlugin) }),
  }
  await alternate(subjects, 1)
  const samples = await alternate(subjects, ROUNDS)
  const plain = samples['a plain TCP proxy'] ?? []
  const perSecond = (ms: number) => BYTES / 1024 / 1024 / (ms / 1_000)
  const rows = Object.entries(samples).map(([name, runs]): Cell[] => {
    const of = (what: keyof Run, some = runs) => some.map((run) => run[what])
    const rate = (what: 'downMs' | 'upMs', some = runs) => of(what, some).map(perSecond)
    return [
      name,
      summary(rate('downMs')).median,
      ratioOf(rate('downMs'), rate('downMs', plain)),
      summary(rate('upMs')).median,
      ratioOf(rate('upMs'), rate('upMs', plain)),
      summary(of('turnMs')).median,
      ratioOf(of('turnMs'), of('turnMs', plain)),
      runs.length,
    ]
  })
  const columns = ['through', 'down MiB/s', 'ratio', 'up MiB/s', 'ratio up', 'to and fro ms', 'ratio of it', 'n']
  report('tunnel', [{ title: 'Through a tunnel', columns, rows }], on, flags)
  await tunnel.close()
} finally {
  plugin?.kill('SIGINT')
  for (const each of servers) each.close()
  await stage.sandbox.close()
}

async function listening(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, serve)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  return (server.address() as AddressInfo).port
}

async function measured(port: number): Promise<Run> {
  return {
    downMs: await timed(() => down(port)),
    upMs: await timed(() => up(port)),
    turnMs: (await timed(() => turns(port))) / TURNS,
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const from = performance.now()
  await run()
  return performance.now() - from
}

function to(port: number): Socket {
  return connect({ port, host: LOOPBACK, noDelay: true })
}

function down(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    const socket = to(port)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      bytes += chunk.byteLength
    })
    socket.on('end', () => (bytes === BYTES ? resolve() : reject(new Error(`${bytes} of ${BYTES} bytes came`))))
    socket.write(Buffer.from([wanted.down]))
  })
}

function up(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = to(port)
    socket.on('error', reject)
    socket.on('data', () => resolve())
    socket.on('end', () => socket.end())
    socket.write(Buffer.from([wanted.up]))
    socket.write(Buffer.alloc(BYTES, 1))
  })
}

function turns(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = TURNS
    const socket = to(port)
    const next = () => socket.write(Buffer.from([wanted.turns]))
    socket.on('error', reject)
    socket.on('data', () => {
      left--
      if (left > 0) return next()
      socket.end()
      resolve()
    })
    next()
  })
}

/** The local port of a session that the AWS CLI and its plugin hold; undefined where they are not installed. */
async function pluginPort(target: string, port: number): Promise<number | undefined> {
  const isHere = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
  if (!isHere('aws') || !isHere('session-manager-plugin')) return undefined
  const parameters = `host=${LOOPBACK},portNumber=${port}`
  const about = ['--document-name', DOCUMENT, '--parameters', parameters, '--endpoint-url', stage.sandbox.endpoint]
  const env = { ...process.env, ...stage.sandbox.env }
  const child = spawn('aws', ['ssm', 'start-session', '--target', target, ...about], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  plugin = child
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
      const [, found] = /Port (\d+) opened/.exec(said) ?? []
      if (found) resolve(Number(found))
    })
    child.on('exit', () => reject(new Error(`The plugin opened no port: ${said}`)))
  })
}
