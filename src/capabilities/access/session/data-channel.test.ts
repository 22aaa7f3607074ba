import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../../../test/chance.ts'
import { ManualClock } from '../../../core/manual-clock.ts'
import { type AgentSession, agentChannel } from '../../../sandbox/session/agent-channel.ts'
import { readFrame, writeFrame } from '../../../sandbox/session/frame.ts'
import { DataChannel, type DataChannelParts, type SessionEnd } from './data-channel.ts'
import { decodeMessage, encodeMessage } from './message.ts'

const MINUTE_MS = 60_000

interface Weather {
  lost?: number
  doubled?: number
  /** Frames take from 1 to this many milliseconds, so that they overtake each other. */
  latency?: number
}

/** kiban's client and the sandbox's agent on a clock that the test turns, with a link that can be cut. */
function pair(
  weather: Weather = {},
  agentParts: Partial<AgentSession> = {},
  clientParts: Partial<DataChannelParts> = {},
  /** Hears of each frame that the client sends. */
  sent: () => void = () => {},
) {
  const clock = new ManualClock()
  const { lost = 0, doubled = 0, latency = 5 } = weather
  const chance = seeded(7)
  const link = { up: true, frames: 0, lost: 0 }
  const carry = (arrive: (frame: Buffer) => void) => (frame: Uint8Array) => {
    link.frames++
    if (!link.up || chance() < lost) return void link.lost++
    const copies = chance() < doubled ? 2 : 1
    for (let copy = 0; copy < copies; copy++) clock.after(1 + chance() * (latency - 1), () => arrive(Buffer.from(frame)))
  }
  const seen = { input: createHash('sha256'), inputBytes: 0, output: createHash('sha256'), outputBytes: 0 }
  const texts = { input: '', output: '' }
  const sizes: [number, number][] = []
  const gone: string[] = []
  const agent = agentChannel({
    clock,
    type: 'InteractiveCommands',
    ready() {},
    input(bytes) {
      seen.input.update(bytes)
      seen.inputBytes += bytes.byteLength
      texts.input = (texts.input + bytes.toString()).slice(-200)
    },
    resized: (columns, rows) => void sizes.push([columns, rows]),
    gone: (reason) => void gone.push(reason),
    ...agentParts,
  })
  const onWay = carry((frame) => agent.receive(frame))
  const toAgent = (frame: Uint8Array) => {
    sent()
    onWay(frame)
  }
  const client = new DataChannel({
    clock,
    send: toAgent,
    output(_source, bytes) {
      seen.output.update(bytes)
      seen.outputBytes += bytes.byteLength
      texts.output = (texts.output + Buffer.from(bytes).toString()).slice(-200)
    },
    ...clientParts,
  })
  let end: SessionEnd | undefined
  void client.ended.then((how) => {
    end = how
  })
  const toClient = () => carry((frame) => client.receive(frame))
  agent.link(toClient())
  return {
    clock,
    link,
    agent,
    client,
    seen,
    texts,
    sizes,
    gone,
    end: () => end,
    relink() {
      link.up = true
      agent.link(toClient())
      client.resume(toAgent)
    },
    /** Turns the clock until something is so; fails when it is not after an hour. */
    async until(so: () => boolean) {
      for (let turned = 0; !so(); turned += 20) {
        if (turned > 60 * MINUTE_MS) throw new Error('It did not come about within an hour.')
        await clock.advance(20)
      }
    },
  }
}

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('frames', () => {
  test('of the client are read by the agent, and those of the agent by the client', () => {
    const frame = fc.record({
      type: fc.constantFrom('input_stream_data', 'output_stream_data', 'acknowledge'),
      sequence: fc.nat(),
      flags: fc.nat(3),
      payloadType: fc.nat(12),
      payload: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    })
    fc.assert(
      fc.property(frame, fc.uuid(), (sent, id) => {
        expect(readFrame(encodeMessage({ ...sent, id, createdAt: 5 }))).toEqual({ ...sent, id })
        expect(decodeMessage(writeFrame(sent, 9))).toMatchObject({ ...sent, createdAt: 9 })
      }),
    )
  })

  test('that are cut, longer or changed are refused by both, and arbitrary bytes too', () => {
    const whole = encodeMessage({
      type: 'input_stream_data',
      sequence: 1,
      flags: 0,
      payloadType: 1,
      payload: Buffer.from('hello'),
      createdAt: 0,
    })
    const last = whole.length - 1
    const changed = Buffer.from(whole)
    changed[last] = (changed[last] ?? 0) ^ 1
    for (const wrong of [whole.subarray(0, last), Buffer.concat([whole, whole]), changed, Buffer.alloc(0)]) {
      expect(() => decodeMessage(wrong)).toThrow('frame')
      expect(readFrame(wrong)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => decodeMessage(bytes)).toThrow('frame')
        expect(readFrame(Buffer.from(bytes))).toBeUndefined()
      }),
    )
  })

  test('carry the identifier with its less significant half first, as the plugin does', () => {
    const id = '00112233-4455-6677-8899-aabbccddeeff'
    const frame = encodeMessage({
      type: 'acknowledge',
      sequence: 0,
      flags: 3,
      payloadType: 0,
      payload: Buffer.of(),
      createdAt: 0,
      id,
    })
    expect(frame.subarray(64, 80).toString('hex')).toBe('8899aabbccddeeff0011223344556677')
    expect(frame.subarray(0, 4).readUInt32BE()).toBe(116)
  })
})

describe('a session', () => {
  test('opens with its type, carries input, output and the size of the terminal, and ends with what the agent says', async () => {
    const { agent, client, clock, texts, sizes, end, until } = pair({}, { properties: { command: 'sh' } })
    await clock.advance(100)
    expect(await client.opened).toEqual({ type: 'InteractiveCommands', properties: { command: 'sh' } })
    void client.resize({ columns: 111, rows: 33 })
    void client.write(Buffer.from('echo こんにちは\r'))
    await until(() => texts.input !== '')
    void agent.write(Buffer.from('こんにちは\r\n'))
    await until(() => texts.output !== '')
    expect(texts).toEqual({ input: 'echo こんにちは\r', output: 'こんにちは\r\n' })
    expect(sizes).toEqual([[111, 33]])
    agent.close('session-1', 'bye')
    await until(() => end() !== undefined)
    expect(end()).toEqual({ kind: 'closed', text: 'bye' })
    await expect(client.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'channel.over' })
    expect(clock.pending).toBe(0)
  })

  test('brings 10 MB each way whole and in order over a link that loses, doubles and disorders frames', {
    timeout: 120_000,
  }, async () => {
    const { agent, client, clock, link, seen, until } = pair({ lost: 0.05, doubled: 0.05, latency: 20 })
    await until(() => link.frames > 3)
    await clock.advance(2_000)
    await client.opened
    const up = randomBytes(10_000_000)
    const down = randomBytes(10_000_000)
    void client.write(up)
    void agent.write(down)
    await until(() => seen.inputBytes >= up.length && seen.outputBytes >= down.length)
    expect(link.lost).toBeGreaterThan(500)
    expect([seen.input.digest('hex'), seen.output.digest('hex')]).toEqual([sha(up), sha(down)])
  })

  test('lasts eight hours, over links that are cut and replaced', async () => {
    const { agent, client, clock, link, seen, relink, end, gone } = pair({ lost: 0.02 })
    await clock.advance(5_000)
    await client.opened
    const sent = createHash('sha256')
    for (let minute = 0; minute < 8 * 60; minute += 5) {
      const line = Buffer.from(`minute ${minute}\n`)
      sent.update(line)
      if (minute % 60 === 30) link.up = false
      void client.write(line)
      void agent.write(line)
      if (!link.up) {
        await clock.advance(MINUTE_MS)
        relink()
      }
      await clock.advance(5 * MINUTE_MS)
    }
    const all = sent.digest('hex')
    expect([seen.input.digest('hex'), seen.output.digest('hex'), end(), gone]).toEqual([all, all, undefined, []])
  })

  test('on a line of seconds sends little twice, and nothing is lost', async () => {
    let sent = 0
    const { client, clock, seen, until } = pair({ latency: 3_000 }, {}, undefined, () => sent++)
    await clock.advance(20_000)
    await client.opened
    const up = randomBytes(4_000_000)
    sent = 0
    void client.write(up)
    await until(() => seen.inputBytes >= up.length)
    expect(seen.input.digest('hex')).toBe(sha(up))
    expect(sent).toBeLessThan(1.5 * (up.length / 1024))
  })

  test('is lost when nothing is acknowledged for five minutes', async () => {
    const { client, clock, link, end } = pair()
    await clock.advance(1_000)
    await client.opened
    link.up = false
    void client.write(Buffer.from('anybody?'))
    await clock.advance(6 * MINUTE_MS)
    expect(end()).toEqual({ kind: 'lost' })
    expect(link.frames).toBeGreaterThan(100)
  })

  test('takes no more from the agent than a bounded amount while its reader is slow, and loses nothing', async () => {
    const gate = Promise.withResolvers<void>()
    const output = createHash('sha256')
    let bytes = 0
    const { agent, client, clock, until } = pair(
      {},
      {},
      {
        async output(_source, chunk) {
          await gate.promise
          output.update(chunk)
          bytes += chunk.byteLength
        },
      },
    )
    await clock.advance(1_000)
    await client.opened
    const down = randomBytes(5_000_000)
    let written = 0
    void (async () => {
      for (let at = 0; at < down.length; at += 10_000) {
        await agent.write(down.subarray(at, at + 10_000))
        written = at
      }
    })()
    await clock.advance(20_000)
    expect(written).toBeLessThan(2_500_000)
    gate.resolve()
    await until(() => bytes === down.length)
    expect(output.digest('hex')).toBe(sha(down))
  })

  test('that the account encrypts is sealed on the link, and refused by a client that has no key', async () => {
    const key = randomBytes(64)
    const clock = { frames: [] as string[] }
    const encryption = {
      keyId: 'alias/sessions',
      decrypt: (ciphertext: Buffer) => (ciphertext.toString() === 'wrapped' ? key : randomBytes(64)),
    }
    const asked: string[] = []
    const good = pair(
      {},
      { encryption },
      {
        async dataKey(keyId) {
          asked.push(keyId)
          return { plaintext: key, ciphertext: Buffer.from('wrapped') }
        },
      },
    )
    await good.clock.advance(1_000)
    await good.client.opened
    const receive = good.client.receive.bind(good.client)
    good.client.receive = (bytes) => {
      clock.frames.push(Buffer.from(bytes).toString('latin1'))
      receive(bytes)
    }
    void good.client.write(Buffer.from('in-canary'))
    void good.agent.write(Buffer.from('out-canary'))
    await good.until(() => good.texts.input !== '' && good.texts.output !== '')
    expect([good.texts, asked]).toEqual([{ input: 'in-canary', output: 'out-canary' }, ['alias/sessions']])
    expect(clock.frames.length).toBeGreaterThan(0)
    expect(clock.frames.join()).not.toContain('canary')

    const without = pair({}, { encryption })
    await without.clock.advance(1_000)
    await expect(without.client.opened).rejects.toMatchObject({ code: 'channel.encrypted' })
    expect(without.gone).toEqual(['refused'])

    const wrong = pair({}, { encryption }, { dataKey: async () => ({ plaintext: key, ciphertext: Buffer.from('other') }) })
    await wrong.clock.advance(1_000)
    expect(wrong.end()).toMatchObject({ kind: 'failed' })
  })

  test('holds its input back while the agent asks it to', async () => {
    const { client, clock, texts } = pair()
    await clock.advance(1_000)
    await client.opened
    const told = (type: string) =>
      client.receive(encodeMessage({ type, sequence: 0, flags: 0, payloadType: 0, payload: Buffer.of(), createdAt: 0 }))
    told('pause_publication')
    void client.write(Buffer.from('later'))
    await clock.advance(MINUTE_MS)
    expect(texts.input).toBe('')
    told('start_publication')
    await clock.advance(1_000)
    expect(texts.input).toBe('later')
  })

  test('ends when the client asks for it', async () => {
    const { client, clock, gone } = pair()
    await clock.advance(1_000)
    void client.terminate()
    await clock.advance(1_000)
    expect(gone).toEqual(['terminated'])
  })
})
