// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

export interface Message {
  event: string | undefined
  id: string | undefined
  data: string
}

/** Messages as they come; signs of life are none. Throws when nothing at all comes for so long. */
export async function* messagesOf(body: ReadableStream<Uint8Array>, silentMs: number): AsyncGenerator<Message> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silentMs)
      if (done) return
      const parts = `${rest}${value}`.split(/\r\n\r\n|\n\n/)
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const message = messageOf(part)
        if (message.data !== '') yield message
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function messageOf(part: string): Message {
  const fields = new Map<string, string[]>()
  for (const line of part.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name !== '') fields.set(name, [...(fields.get(name) ?? []), value])
  }
  return { event: fields.get('event')?.at(-1), id: fields.get('id')?.at(-1), data: (fields.get('data') ?? []).join('\n') }
}

async function within<Answer>(promise: Promise<Answer>, ms: number): Promise<Answer> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`Nothing was heard for ${ms} ms`)), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
