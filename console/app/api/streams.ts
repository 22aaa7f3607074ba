// All that this tab follows, over one connection: over HTTP/1.1 a browser opens six to a host, for all of its tabs together.
import { ApiError, messagesOf, open, passing, pause, requestOf, type StreamName } from './client.ts'
import type { Problem, Streams } from './operations.generated.ts'
import { freeSlot, takeSlot } from './slots.ts'

/** `paused`: nobody looks at this tab, and others need the connection; it goes on by itself once somebody does. */
export type Connection = 'live' | 'reconnecting' | 'paused'

export interface Hears<Item> {
  item(item: Item): void
  connection(state: Connection): void
  /** The stream has ended, by an error where there is one; nothing is heard after it. */
  end(error?: unknown): void
}

interface Listener {
  address: string
  /** Where it goes on when the connection is made again. */
  after: string
  hears: Hears<unknown>
}

/** A page that opens begins several streams at once, and one that is left ends as many. */
const GATHER_MS = 20
const COME_BACK_MS = { first: 500, most: 10_000 }
/** Of a page that nobody has seen for so long, nothing is followed: it costs the server, and AWS, for nobody. */
const UNSEEN_MS = 300_000

const listeners = new Set<Listener>()
let state: Connection = 'live'
let awake = false
let waking = false
let opened = new AbortController()
let gathering: ReturnType<typeof setTimeout> | undefined
let unseen: ReturnType<typeof setTimeout> | undefined

/**
 * Hears a stream until the function that it gives is called: over broken connections, and over the sleep of this tab; from
 * `after` on, where that is known.
 */
export function listen<Name extends StreamName>(
  name: Name,
  input: Streams[Name]['input'],
  hears: Hears<Streams[Name]['output']>,
  after = '',
): () => void {
  const listener = { address: requestOf(name, input).path, after, hears: hears as Hears<unknown> }
  listeners.add(listener)
  hears.connection(state)
  gather()
  return () => {
    if (listeners.delete(listener)) gather()
  }
}

function gather(): void {
  clearTimeout(gathering)
  gathering = setTimeout(() => {
    if (awake) connect()
    else wake()
  }, GATHER_MS)
}

/** Begins anew with all that is listened to now, each from where it was. */
function connect(): void {
  opened.abort()
  opened = new AbortController()
  if (listeners.size > 0) keepOpen(opened.signal).catch(() => {})
}

async function keepOpen(signal: AbortSignal): Promise<void> {
  for (let wait = COME_BACK_MS.first; listeners.size > 0; wait = Math.min(COME_BACK_MS.most, wait * 2)) {
    const those = [...listeners]
    try {
      const query = new URLSearchParams(those.map(({ address, after }): [string, string] => ['follow', `${address}#${after}`]))
      const response = await open(`/streams?${query}`, { headers: { accept: 'text/event-stream' }, signal })
      tell('live')
      for await (const message of messagesOf(response)) {
        signal.throwIfAborted()
        wait = COME_BACK_MS.first
        hear(those, message)
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!passing(error)) for (const listener of those) end(listener, error)
    }
    if (listeners.size === 0) return
    tell('reconnecting')
    await pause(wait * (0.75 + Math.random() / 2), signal)
  }
}

/** Throws what ends only the connection. */
function hear(those: readonly Listener[], { event, id = '', data }: { event?: string; id?: string; data: string }): void {
  const slash = id.indexOf('/')
  const listener = those[Number(id.slice(0, slash))]
  if (!listener || !listeners.has(listener)) return
  const error = event === 'problem' ? new ApiError(JSON.parse(data) as Problem) : undefined
  if (error && passing(error)) throw error
  if (error || event === 'end') end(listener, error)
  else {
    listener.after = id.slice(slash + 1) || listener.after
    if (event !== 'begun') listener.hears.item(JSON.parse(data))
  }
}

function end(listener: Listener, error?: unknown): void {
  if (listeners.delete(listener)) listener.hears.end(error)
}

function tell(next: Connection): void {
  state = next
  for (const { hears } of listeners) hears.connection(next)
}

async function wake(): Promise<void> {
  if (awake || waking) return
  waking = true
  awake = await takeSlot(sleep)
  waking = false
  if (awake) connect()
  else tell('paused')
}

function sleep(): void {
  awake = false
  freeSlot()
  opened.abort()
  tell('paused')
}

const seen = (): void => {
  clearTimeout(unseen)
  if (document.hidden) unseen = setTimeout(sleep, UNSEEN_MS)
  else if (listeners.size > 0) wake()
}
document.addEventListener('visibilitychange', seen)
window.addEventListener('focus', seen)
