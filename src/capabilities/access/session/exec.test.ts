// kiban's client against the sandbox over the wire: ExecuteCommand, a WebSocket, and a command on a terminal in a real task.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { CLUSTER, type ExecStage, execStage } from '../../../../test/exec-stage.ts'
import { realClock } from '../../../core/clock.ts'
import { KibanError } from '../../../core/error.ts'
import { ManualClock } from '../../../core/manual-clock.ts'
import { isRunning } from '../../../sandbox/runtime/process-table.ts'
import type { DataChannel, SessionEnd } from './data-channel.ts'
import { encodeMessage, payloadType } from './message.ts'
import { type OpenSessionParts, openSession, type SessionAccess } from './open-session.ts'

let stage: ExecStage
let { executed, started }: Pick<ExecStage, 'executed' | 'started'> = {} as ExecStage

beforeAll(async () => {
  stage = await execStage()
  ;({ executed, started } = stage)
})

afterAll(() => stage.sandbox.close())

interface Shell {
  channel: DataChannel
  readonly text: string
  says(text: string | RegExp): Promise<void>
  types(text: string): Promise<void>
  end(): Promise<SessionEnd>
}

function shell(access: SessionAccess, parts: Partial<OpenSessionParts> = {}): Shell {
  let text = ''
  const decoder = new TextDecoder()
  const channel = openSession(access, {
    clock: realClock,
    output(_source, bytes) {
      text += decoder.decode(bytes, { stream: true })
    },
    ...parts,
  })
  return {
    channel,
    get text() {
      return text
    },
    async says(wanted) {
      for (let tries = 0; !(typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)); tries++) {
        if (tries > 1_000) throw new Error(`It never said ${wanted}, but: ${text}`)
        await wait(20)
      }
    },
    types: (line) => channel.write(Buffer.from(line)),
    end: () => channel.ended,
  }
}

describe('a command in a task', () => {
  test('has the terminal, the environment and the signals of a shell', async () => {
    const sh = shell(await executed('sh'))
    await sh.channel.resize({ columns: 111, rows: 33 })
    await sh.types('stty size; echo "$GREETING, $AWS_EXECUTION_ENV"; printf "\\033[31m%s\\n" $((40+2))\r')
    await sh.says('33 111')
    await sh.says('こんにちは, AWS_ECS_FARGATE')
    await sh.says('\u001b[31m42')
    await sh.types('trap "echo caught-$((1+1))" INT; sleep 60\r')
    await wait(200)
    await sh.types('\u0003')
    await sh.says('caught-2')
    await sh.channel.resize({ columns: 40, rows: 10 })
    await sh.types('stty size\r')
    await sh.says('10 40')
    await sh.types('exit 3\r')
    expect(await sh.end()).toEqual({ kind: 'closed', text: '' })
  })

  test('takes and gives 10 MB whole', { timeout: 120_000 }, async () => {
    const up = Buffer.alloc(10_000_000, 'kiban の荷物')
    const sums = shell(await executed(`sh -c 'stty raw -echo; echo ready; head -c ${up.length} | sha256sum'`))
    await sums.says('ready')
    await sums.channel.write(up)
    await sums.says(createHash('sha256').update(up).digest('hex'))
    await sums.end()

    const down = createHash('sha256')
    let bytes = 0
    const access = await executed(`node -e 'process.stdout.write("0123456789".repeat(1e6))'`)
    const flood = shell(access, {
      output(_source, chunk) {
        down.update(chunk)
        bytes += chunk.byteLength
      },
    })
    await flood.end()
    expect([bytes, down.digest('hex')]).toEqual([10_000_000, createHash('sha256').update('0123456789'.repeat(1e6)).digest('hex')])
  })

  test('goes on where it was when the connection is cut, and nothing is lost or said twice', async () => {
    const cuts = await cuttable()
    const access = await executed(
      `node -e 'let i = 0; const t = setInterval(() => { console.log("line " + i++); if (i === 40) clearInterval(t) }, 25)'`,
    )
    const told: string[] = []
    const through = (given: SessionAccess) => ({ ...given, streamUrl: given.streamUrl.replace(/:\d+\//, `:${cuts.port}/`) })
    const sh = shell(through(access), {
      told: (what) => void told.push(what),
      async resume(SessionId) {
        const again = await stage.ssm.resumeSession({ SessionId })
        return through({ sessionId: SessionId, streamUrl: again.StreamUrl ?? '', tokenValue: again.TokenValue ?? '' })
      },
    })
    await sh.says('line 8\r')
    cuts.cut()
    await sh.says('line 20\r')
    cuts.cut()
    expect(await sh.end()).toMatchObject({ kind: 'closed' })
    expect(sh.text.split('\r\n').slice(0, -1)).toEqual(Array.from({ length: 40 }, (_, line) => `line ${line}`))
    expect(told).toEqual(['broken', 'resumed', 'broken', 'resumed'])
    await cuts.close()
  })

  test('that is not there is named', async () => {
    const sh = shell(await executed('no-such-program --now'))
    expect(await sh.end()).toMatchObject({ kind: 'closed' })
    expect(sh.text).toContain('Unable to start command: exec: "no-such-program"')
  })

  test('ends with its task, and what it started ends too', async () => {
    const doomed = await started('web')
    const sh = shell(await executed('sh', doomed))
    await sh.types('sleep 1000 & echo $!,$$,\r')
    await sh.says(/\d+,\d+,/)
    const [, child, own] = /(\d+),(\d+),/.exec(sh.text) ?? []
    await stage.ecs.stopTask({ cluster: CLUSTER, task: doomed })
    expect(await sh.end()).toMatchObject({ kind: 'closed' })
    for (const pid of [Number(child), Number(own)]) {
      for (let tries = 0; isRunning(pid); tries++) {
        if (tries > 200) throw new Error(`${pid} is still there`)
        await wait(20)
      }
    }
  })

  test('is reached by Session Manager too, and ended by it', async () => {
    const Target = await stage.target()
    const session = await stage.ssm.startSession({ Target })
    const SessionId = session.SessionId ?? ''
    const sh = shell({ sessionId: SessionId, streamUrl: session.StreamUrl ?? '', tokenValue: session.TokenValue ?? '' })
    await sh.types('echo $((20+22))\r')
    await sh.says('42')
    await stage.ssm.terminateSession({ SessionId })
    expect(await sh.end()).toMatchObject({ kind: 'closed' })
    await expect(stage.ssm.resumeSession({ SessionId })).rejects.toMatchObject({ name: 'DoesNotExistException' })
    await expect(stage.ssm.startSession({ Target: `${Target}0` })).rejects.toMatchObject({ name: 'TargetNotConnected' })
  })
})

describe('is refused', () => {
  test('a wrong token, one that was used, and a session that is not there', async () => {
    const access = await executed('sh')
    expect(await shell({ ...access, tokenValue: `${access.tokenValue}x` }).end()).toMatchObject({
      kind: 'failed',
      error: { code: 'channel.unreachable' },
    })
    const good = shell(access)
    await good.channel.opened
    expect(await shell(access).end()).toMatchObject({ kind: 'failed' })
    await good.types('echo still-$((1+1))\r')
    await good.says('still-2')
    await good.types('exit\r')
    await good.end()
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(access.streamUrl)
      socket.on('error', ({ message }) => resolve(message))
    })
    expect(status).toContain('404')
  })

  test('a task without ECS Exec, one whose role cannot reach Session Manager, and commands that nobody attends', async () => {
    const without = await started('web', false)
    await expect(executed('sh', without)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    const mute = await started('mute')
    await expect(executed('sh', mute)).rejects.toMatchObject({ name: 'TargetNotConnectedException' })
    const silent = stage.ecs.executeCommand({ cluster: CLUSTER, task: stage.task, command: 'sh', interactive: false })
    await expect(silent).rejects.toThrow('Interactive is the only mode supported currently.')
  })
})

describe('a client that means harm', () => {
  const frame = (type: string, payload: string | Buffer, kind = 0) =>
    encodeMessage({ type, sequence: 0, flags: 0, payloadType: kind, payload: Buffer.from(payload), createdAt: 0 })

  test('ends its own session at most', async () => {
    const bystander = shell(await executed('sh'))
    await bystander.channel.opened
    const said = [
      ...['nope', 'null', '[]', '{"AcknowledgedMessageSequenceNumber":{}}', ''].map((payload) => frame('acknowledge', payload)),
      ...['', '{', 'null'].map((payload) => frame('input_stream_data', payload, payloadType.handshakeResponse)),
      frame('input_stream_data', 'x', payloadType.flag),
      frame('channel_closed', 'nope'),
      Buffer.from('no frame'),
      Buffer.alloc(0),
      'words',
    ]
    for (const each of said) {
      const { streamUrl, tokenValue } = await executed('sh')
      const socket = new WebSocket(streamUrl)
      await once(socket, 'open')
      socket.send(JSON.stringify({ TokenValue: tokenValue }))
      socket.send(each)
      socket.on('error', () => {})
      await wait(20)
      socket.terminate()
    }
    await bystander.types('echo still-$((1+1)); exit\r')
    await bystander.says('still-2')
    await bystander.end()
  })

  test('cannot upset it by sizes and by words after its end', async () => {
    const sh = shell(await executed('sh'))
    for (const size of [0, -1, 1.5, 1e9]) await sh.channel.resize({ columns: size, rows: size })
    await sh.types('exit\r')
    for (let more = 0; more < 50; more++) {
      await sh.types('echo more\r').catch(() => {})
      await sh.channel.resize({ columns: 80, rows: 24 }).catch(() => {})
      await wait(2)
    }
    expect(await sh.end()).toMatchObject({ kind: 'closed' })
  })
})

describe('a link', () => {
  test('that broke while its session ended says so at once', async () => {
    const cuts = await cuttable()
    const access = await executed('sh')
    const gone = new KibanError('not-found', 'session.unknown', { en: 'gone', ja: 'gone' })
    let asked = 0
    const streamUrl = access.streamUrl.replace(/:\d+\//, `:${cuts.port}/`)
    const sh = shell(
      { ...access, streamUrl },
      {
        resume: () => {
          asked++
          return Promise.reject(gone)
        },
      },
    )
    await sh.channel.opened
    await stage.ssm.terminateSession({ SessionId: access.sessionId })
    cuts.cut()
    const end = await sh.end()
    // The word of the end may have been faster than the cut.
    if (end.kind !== 'closed') expect([end, asked]).toEqual([{ kind: 'failed', error: gone }, 1])
    await cuts.close()
  })

  test('is kept open by pings', async () => {
    const clock = new ManualClock()
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
    const connected = once(server, 'connection')
    const { port } = server.address() as { port: number }
    const channel = openSession({ sessionId: 's', streamUrl: `ws://127.0.0.1:${port}/`, tokenValue: 't' }, { clock, output() {} })
    const [socket] = (await connected) as [WebSocket]
    await once(socket, 'message')
    for (let ping = 0; ping < 2; ping++) {
      const pinged = once(socket, 'ping')
      await clock.advance(5 * 60_000)
      await pinged
    }
    channel.abandon(new Error('enough'))
    await channel.ended
    expect(clock.pending).toBe(0)
    server.close()
  })
})

/** A way to the sandbox whose connections a test cuts. */
async function cuttable() {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(new URL(stage.sandbox.endpoint).port), '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    cut,
    close() {
      cut()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
