/**
 * Events of streams in the order of their places, forwards or backwards, block by block: what is in memory at a time
 * is one block per stream that overlaps, however long the streams are.
 */
import { order, type Place } from './event-place.ts'
import type { LogEvent } from './record.ts'
import type { Block, StreamFile } from './stream-file.ts'

export interface Range {
  /** Milliseconds since the epoch; the first that counts. */
  startTime: number
  /** The first that does not count any more. */
  endTime: number
  /** Only events strictly beyond this place, in the direction of reading. */
  beyond: Place | undefined
  backwards: boolean
}

export interface StreamEvent extends LogEvent {
  stream: string
}

/** All streams merged into one order. */
export async function* events(streams: { name: string; file: StreamFile }[], range: Range): AsyncGenerator<StreamEvent> {
  const cursors = new Heap(streams.map(({ name, file }) => new Cursor(name, file, range)).filter((cursor) => !cursor.isDone))
  try {
    for (let next = cursors.first; next; next = cursors.first) {
      if (next.isReady) yield next.take()
      else await next.load()
      if (next.isDone) {
        await next.close()
        cursors.removeFirst()
      } else cursors.firstChanged()
    }
  } finally {
    for (const cursor of cursors.all) await cursor.close()
  }
}

/** Cursors, the first one known: each event costs little, however many streams there are. */
class Heap {
  readonly all: Cursor[]

  constructor(cursors: Cursor[]) {
    this.all = cursors
    for (let at = cursors.length >> 1; at >= 0; at--) this.#sink(at)
  }

  get first(): Cursor | undefined {
    return this.all[0]
  }

  removeFirst(): void {
    const last = this.all.pop()
    if (!last || this.all.length === 0) return
    this.all[0] = last
    this.#sink(0)
  }

  /** Its next event is a later one now. */
  firstChanged(): void {
    this.#sink(0)
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.all.length && this.#at(child).comesBefore(this.#at(least))) least = child
      if (least === at) return
      const [moved, up] = [this.#at(at), this.#at(least)]
      this.all[at] = up
      this.all[least] = moved
      at = least
    }
  }

  #at(at: number): Cursor {
    return this.all[at] as Cursor
  }
}

class Cursor {
  readonly #name: string
  readonly #stream: StreamFile
  readonly #range: Range
  /** Blocks still to be read, the next one last. */
  readonly #blocks: Block[]
  /** Events that were read, the next one last. */
  #events: LogEvent[] = []
  #file: ReturnType<StreamFile['reader']> | undefined

  constructor(name: string, stream: StreamFile, range: Range) {
    this.#name = name
    this.#stream = stream
    this.#range = range
    this.#blocks = stream.blocks
      .filter((block) => overlaps(block, range))
      .map((block) => ({ ...block }))
      .sort(range.backwards ? (a, b) => order(a.to, b.to) : (a, b) => order(b.from, a.from))
  }

  get isDone(): boolean {
    return this.#events.length === 0 && this.#blocks.length === 0
  }

  /** Whether the next event is known: no block that is still to be read can hold an earlier one. */
  get isReady(): boolean {
    const event = this.#events.at(-1)
    const block = this.#blocks.at(-1)
    if (!event) return false
    if (!block) return true
    return this.#range.backwards ? order(event, block.to) > 0 : order(event, block.from) < 0
  }

  /** Whether this cursor's next event may come before the other's; one that must still read counts as early as it can be. */
  comesBefore(other: Cursor): boolean {
    const [mine, its] = [this.#bound(), other.#bound()]
    return this.#range.backwards ? order(mine, its) > 0 : order(mine, its) < 0
  }

  take(): StreamEvent {
    return { ...(this.#events.pop() as LogEvent), stream: this.#name }
  }

  async load(): Promise<void> {
    const block = this.#blocks.pop() as Block
    this.#file ??= this.#stream.reader()
    const read = await this.#stream.read(await this.#file, block)
    const fitting = read.filter((event) => isWithin(event, this.#range))
    if (fitting.length === 0) return
    this.#events = [...this.#events, ...fitting].sort(this.#range.backwards ? order : (a, b) => order(b, a))
  }

  async close(): Promise<void> {
    const file = await this.#file
    await file?.close()
  }

  #bound(): Place {
    const event = this.#events.at(-1)
    const block = this.#blocks.at(-1)
    if (event && (this.isReady || !block)) return event
    return this.#range.backwards ? (block as Block).to : (block as Block).from
  }
}

function overlaps(block: Block, { startTime, endTime, beyond, backwards }: Range): boolean {
  if (block.to.timestamp < startTime || block.from.timestamp >= endTime) return false
  if (!beyond) return true
  return backwards ? order(block.from, beyond) < 0 : order(block.to, beyond) > 0
}

function isWithin(event: LogEvent, { startTime, endTime, beyond, backwards }: Range): boolean {
  if (event.timestamp < startTime || event.timestamp >= endTime) return false
  if (!beyond) return true
  return backwards ? order(event, beyond) < 0 : order(event, beyond) > 0
}
