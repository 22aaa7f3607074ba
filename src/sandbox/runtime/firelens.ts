/**
 * FireLens: a container's lines go to the task's log router by the Fluent Forward protocol.
 * https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { decodeMultiStream, ExtData, encode } from '@msgpack/msgpack'
import type { LogDriver, LogPlace } from './log-driver.ts'

const EVENT_TIME = 0
const FLUSH_MS = 200
// As `log-driver-buffer-limit`; a router that is away longer than this lasts loses the oldest lines.
const BUFFER_BYTES = 1024 * 1024
const RETRY_MS = 250
const CLOSE_MS = 2_000

/** Where the task's router listens. */
export interface Router {
  host: string
  port: number
  /** Ask the router to confirm each chunk, and send it again when it does not (the protocol's `chunk` option). */
  acknowledge?: boolean
}

export function firelens({ cloud, task, container, runtimeId, router }: LogPlace): LogDriver {
  if (!router) throw new Error(`${container.name} logs to awsfirelens, and no container of the task has a firelensConfiguration`)
  const options = container.logConfiguration?.options ?? {}
  const metadata =
    options['enable-ecs-log-metadata'] === 'false'
      ? {}
      : { ecs_cluster: task.cluster, ecs_task_arn: task.taskArn, ecs_task_definition: `${task.family}:${task.revision}` }
  const forward = forwarder(router, `${container.name}-firelens-${task.taskId}`, {
    bufferBytes: Number(options['log-driver-buffer-limit']) || BUFFER_BYTES,
    lost: (count) => cloud.note(`${count} log lines of ${task.taskId}/${container.name} did not reach the log router`),
  })
  const names = { container_id: runtimeId, container_name: `/${container.name}` }
  return {
    write: (line, source) => forward.write(cloud.clock.now(), { ...names, source, log: line, ...metadata }),
    close: () => forward.close(),
  }
}

interface Forwarder {
  write(at: number, record: Record<string, unknown>): void
  close(): Promise<void>
}

/** Sends records in Forward mode, `[tag, [[time, record], …], options]`, again and again until the router takes them. */
function forwarder(
  router: Router,
  tag: string,
  { bufferBytes, lost }: { bufferBytes: number; lost: (count: number) => void },
): Forwarder {
  let waiting: { entry: [ExtData, Record<string, unknown>]; bytes: number }[] = []
  let bytes = 0
  let dropped = 0
  let closing: number | undefined
  let sending: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    sending ??= send().finally(() => {
      sending = undefined
      if (waiting.length > 0) flush()
    })
    return sending
  }

  let socket: Socket | undefined
  const send = async () => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      bytes = 0
      try {
        socket ??= await connection(router)
        await deliver(socket, message(batch))
      } catch {
        socket?.destroy()
        socket = undefined
        if (closing !== undefined && performance.now() > closing) {
          dropped += batch.length + waiting.length
          waiting = []
          return
        }
        waiting = [...batch, ...waiting]
        bytes = waiting.reduce((sum, { bytes }) => sum + bytes, 0)
        trim()
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
      }
    }
  }

  const message = (batch: typeof waiting): { bytes: Uint8Array; chunk: string | undefined } => {
    const chunk = router.acknowledge ? Buffer.from(randomUUID()).toString('base64') : undefined
    const entries = batch.map(({ entry }) => entry)
    return { bytes: encode([tag, entries, { size: entries.length, ...(chunk && { chunk }) }]), chunk }
  }

  const trim = () => {
    while (bytes > bufferBytes) {
      bytes -= waiting.shift()?.bytes ?? 0
      dropped++
    }
  }

  return {
    write(at, record) {
      const size = String(record.log).length + 100
      waiting.push({ entry: [eventTime(at), record], bytes: size })
      bytes += size
      trim()
      timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
    async close() {
      closing = performance.now() + CLOSE_MS
      while (waiting.length > 0 || sending) await flush()
      socket?.end()
      if (dropped > 0) lost(dropped)
    },
  }
}

function connection({ host, port }: Router): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CLOSE_MS })
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.unref()
      resolve(socket)
    })
    socket.once('timeout', () => socket.destroy(new Error('the log router does not answer')))
    socket.on('error', reject)
  })
}

async function deliver(socket: Socket, { bytes, chunk }: { bytes: Uint8Array; chunk: string | undefined }): Promise<void> {
  if (socket.destroyed) throw new Error('the log router has gone')
  const sent = new Promise<void>((resolve, reject) => socket.write(bytes, (cause) => (cause ? reject(cause) : resolve())))
  await Promise.all([sent, chunk === undefined ? undefined : confirmation(socket, chunk)])
}

/** The router answers a chunk with `{ ack: chunk }`. */
async function confirmation(socket: Socket, chunk: string): Promise<void> {
  const limit = setTimeout(() => socket.destroy(new Error('the log router did not confirm')), CLOSE_MS)
  try {
    for await (const answer of decodeMultiStream(socket.iterator({ destroyOnReturn: false }))) {
      if ((answer as { ack?: string }).ack === chunk) return
    }
    throw new Error('the log router has gone')
  } finally {
    clearTimeout(limit)
  }
}

/** Seconds and nanoseconds, big-endian, as extension type 0. */
function eventTime(at: number): ExtData {
  const data = Buffer.alloc(8)
  data.writeUInt32BE(Math.floor(at / 1000), 0)
  data.writeUInt32BE((at % 1000) * 1_000_000, 4)
  return new ExtData(EVENT_TIME, data)
}
