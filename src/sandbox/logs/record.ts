// How an event stands in a stream's file: a header of fixed size, then the message in UTF-8.

export interface LogEvent {
  /** Milliseconds since the epoch, as the writer said. */
  timestamp: number
  ingestionTime: number
  /** Rises with every event that is taken in; with the timestamp it places the event. */
  sequence: number
  message: string
}

export interface RecordHeader extends Omit<LogEvent, 'message'> {
  messageBytes: number
}

export const HEADER_BYTES = 28

export function recorded(events: LogEvent[]): Buffer {
  const lengths = events.map(({ message }) => Buffer.byteLength(message))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length + HEADER_BYTES, 0))
  let at = 0
  for (const [index, event] of events.entries()) {
    const length = lengths[index] as number
    bytes.writeUInt32LE(length, at)
    bytes.writeDoubleLE(event.timestamp, at + 4)
    bytes.writeDoubleLE(event.ingestionTime, at + 12)
    bytes.writeDoubleLE(event.sequence, at + 20)
    at += HEADER_BYTES
    at += bytes.write(event.message, at, length, 'utf8')
  }
  return bytes
}

/** The header at `at`, or undefined when the bytes end before its record does. */
export function headerAt(bytes: Buffer, at: number): RecordHeader | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined
  return {
    messageBytes: bytes.readUInt32LE(at),
    timestamp: bytes.readDoubleLE(at + 4),
    ingestionTime: bytes.readDoubleLE(at + 12),
    sequence: bytes.readDoubleLE(at + 20),
  }
}

export function eventsIn(bytes: Buffer): LogEvent[] {
  const events: LogEvent[] = []
  for (let at = 0; ; ) {
    const header = headerAt(bytes, at)
    if (!header) return events
    const { messageBytes, ...place } = header
    at += HEADER_BYTES
    events.push({ ...place, message: bytes.toString('utf8', at, at + messageBytes) })
    at += messageBytes
  }
}
