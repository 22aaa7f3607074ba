/**
 * What the agent does for a session of a port: each stream that the client opens becomes a connection to the destination.
 * Streams are smux's, version 1: eight bytes of header (version, command, length, stream; little-endian), then data.
 */
import { connect, type Socket } from 'node:net'
import type { SessionProcess } from '../cloud.ts'

const SYN = 0
const FIN = 1
const PUSH = 2
const HEADER = 8
const LONGEST = 32 * 1024
const MOST_WAITING = 4 * 1024 * 1024

export function portSession(destination: { host: string; port: number }, stopped: Promise<void>): SessionProcess {
  const sockets = new Map<number, Socket>()
  const over = Promise.withResolvers<number>()
  let take: ((bytes: Buffer) => Promise<void>) | undefined
  let turn = Promise.resolve()
  let held: Buffer = Buffer.alloc(0)

  const say = (command: number, stream: number, data: Buffer = Buffer.alloc(0)): Promise<void> => {
    const frame = Buffer.alloc(HEADER + data.length)
    frame[0] = 1
    frame[1] = command
    frame.writeUInt16LE(data.length, 2)
    frame.writeUInt32LE(stream, 4)
    data.copy(frame, HEADER)
    turn = turn.then(() => take?.(frame))
    return turn
  }

  const open = (stream: number) => {
    const socket = connect({ ...destination, allowHalfOpen: true, noDelay: true })
    sockets.set(stream, socket)
    socket.on('data', async (data: Buffer) => {
      socket.pause()
      for (let at = 0; at < data.length; at += LONGEST) await say(PUSH, stream, data.subarray(at, at + LONGEST))
      socket.resume()
    })
    let told = false
    const finish = () => {
      if (!told) void say(FIN, stream)
      told = true
    }
    socket.on('end', finish)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      finish()
      sockets.delete(stream)
    })
  }

  const hear = async (command: number, stream: number, data: Buffer) => {
    const socket = sockets.get(stream)
    if (command === SYN && !socket) open(stream)
    else if (command === FIN) socket?.end()
    else if (command === PUSH && socket) {
      socket.write(data)
      if (socket.writableLength > MOST_WAITING && !socket.destroyed)
        await new Promise((go) => socket.once('drain', go).once('close', go))
    }
  }

  const kill = () => {
    for (const socket of sockets.values()) socket.destroy()
    over.resolve(0)
  }
  void stopped.then(kill)

  return {
    async write(bytes) {
      held = Buffer.concat([held, bytes])
      while (held.length >= HEADER && held.length >= HEADER + held.readUInt16LE(2)) {
        const end = HEADER + held.readUInt16LE(2)
        const frame = held.subarray(0, end)
        held = held.subarray(end)
        await hear(frame.readUInt8(1), frame.readUInt32LE(4), frame.subarray(HEADER))
      }
    },
    output(taker) {
      take = taker
    },
    exited: over.promise,
    kill,
  }
}
