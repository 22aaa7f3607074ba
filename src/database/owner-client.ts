import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { type Asked, errorOf, type Line } from './owner-wire.ts'

// To import node:http is to read all that it exports, an HTTP client of another make among it: 30 ms of a command.
const { request } = createRequire(import.meta.url)('node:http') as typeof import('node:http')

/** The owner went away before it had answered. */
export class OwnerGone extends Error {}
/** The owner is there and says nothing at all: it is suspended. */
export class OwnerSilent extends Error {}

/** Asks the owner; yields a call's output as the one item. Throws OwnerGone, OwnerSilent, or the error of the operation. */
export async function* askOwner(
  socket: string,
  asked: Asked,
  { signal, patienceMs }: { signal: AbortSignal; patienceMs: number },
): AsyncGenerator<unknown> {
  signal.throwIfAborted()
  const response = await answered(socket, asked, signal, patienceMs)
  try {
    for await (const line of linesOf(response)) {
      if ('error' in line) throw errorOf(line.error)
      if ('end' in line) return
      yield 'output' in line ? line.output : line.item
      if ('output' in line) return
    }
  } finally {
    response.destroy()
  }
  signal.throwIfAborted()
  throw new OwnerGone()
}

/** Resolves to the beginning of the answer, which comes at once, however long the rest takes. */
function answered(socket: string, asked: Asked, signal: AbortSignal, patienceMs: number) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({ socketPath: socket, method: 'POST', path: '/', agent: false }, resolve)
    const abort = () => call.destroy()
    signal.addEventListener('abort', abort, { once: true })
    const silent = setTimeout(() => {
      reject(new OwnerSilent())
      call.destroy()
    }, patienceMs)
    call.on('close', () => clearTimeout(silent))
    call.on('response', (response) => {
      clearTimeout(silent)
      // A connection that breaks shows as a stream that ends early, which the caller tells from a whole answer.
      response.on('error', () => {})
      response.on('close', () => signal.removeEventListener('abort', abort))
    })
    call.on('error', () => reject(signal.aborted ? signal.reason : new OwnerGone()))
    call.end(JSON.stringify(asked))
  })
}

/** Whole lines only: a killed owner may leave half of one, and a connection that breaks is the end of them. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<Line> {
  let rest = ''
  const pieces = response.setEncoding('utf8')[Symbol.asyncIterator]()
  for (;;) {
    const piece = await pieces.next().catch(() => ({ done: true, value: '' }))
    if (piece.done) return
    const lines = (rest + String(piece.value)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Line
  }
}
