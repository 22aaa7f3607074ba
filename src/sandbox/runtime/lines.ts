// CloudWatch Logs counts 26 bytes of each event beside its text (PutLogEvents), and the awslogs driver cuts at 256 KiB.
export const MAX_LINE_BYTES = 256 * 1024 - 26

/** Cuts a stream of bytes into lines. A line longer than `limit` bytes is given in pieces. */
export function lineSplitter(
  give: (line: string) => void,
  limit = MAX_LINE_BYTES,
): { write(chunk: Uint8Array): void; end(): void } {
  let rest: Buffer[] = []
  let restBytes = 0
  const flush = () => {
    const line = rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest)
    rest = []
    restBytes = 0
    give(line.toString('utf8', 0, line.at(-1) === 0x0d ? line.length - 1 : line.length))
  }
  const keep = (part: Buffer) => {
    let from = 0
    while (restBytes + part.length - from > limit) {
      const room = wholeCharacters(part, from, limit - restBytes)
      rest.push(part.subarray(from, from + room))
      from += room
      flush()
    }
    if (from < part.length) {
      rest.push(part.subarray(from))
      restBytes += part.length - from
    }
  }
  return {
    write(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let from = 0
      for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
        keep(bytes.subarray(from, at))
        flush()
        from = at + 1
      }
      keep(bytes.subarray(from))
    },
    end() {
      if (restBytes > 0) flush()
    },
  }
}

/** How many of the next `room` bytes one may take without cutting a UTF-8 character in two. */
function wholeCharacters(bytes: Buffer, from: number, room: number): number {
  for (let end = room; end > Math.max(0, room - 4); end--) {
    if (((bytes[from + end] ?? 0) & 0xc0) !== 0x80) return end
  }
  return room
}
