import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { events, type Range, type StreamEvent } from './event-reader.ts'
import { recorded } from './record.ts'
import { StreamFile } from './stream-file.ts'

const ALL: Range = { startTime: 0, endTime: Number.POSITIVE_INFINITY, beyond: undefined, backwards: false }
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiban-logs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const event = (timestamp: number, sequence: number, message = `m${sequence}`) => ({
  timestamp,
  ingestionTime: 1,
  sequence,
  message,
})

async function read(file: StreamFile, range: Partial<Range> = {}): Promise<StreamEvent[]> {
  const found: StreamEvent[] = []
  for await (const one of events([{ name: 's', file }], { ...ALL, ...range })) found.push(one)
  return found
}
const sequences = async (file: StreamFile, range?: Partial<Range>) => (await read(file, range)).map(({ sequence }) => sequence)

test('what was written is there when the file is opened again', async () => {
  const path = join(folder, 'again')
  const written = new StreamFile(path)
  written.append([event(10, 1, '日本語'), event(20, 2)])
  written.append([event(30, 3)])
  written.close()
  const opened = new StreamFile(path)
  expect([opened.firstTimestamp, opened.lastTimestamp]).toEqual([10, 30])
  const [first] = await read(opened)
  expect(first).toEqual({ ...event(10, 1, '日本語'), stream: 's' })
  opened.append([event(40, 4)])
  opened.close()
  expect(await sequences(opened)).toEqual([1, 2, 3, 4])
})

test('a record that was cut off is dropped, and writing goes on after the last whole one', async () => {
  const path = join(folder, 'torn')
  const written = new StreamFile(path)
  written.append([event(10, 1)])
  written.close()
  const whole = statSync(path).size
  for (const cut of [3, 28, 29]) {
    appendFileSync(path, recorded([event(20, 2)]).subarray(0, cut))
    const opened = new StreamFile(path)
    expect([statSync(path).size, await sequences(opened)]).toEqual([whole, [1]])
  }
  const opened = new StreamFile(path)
  opened.append([event(30, 3)])
  opened.close()
  expect(await sequences(opened)).toEqual([1, 3])
})

test('thousands of unordered events come out in order, either way, from any place', async () => {
  const file = new StreamFile(join(folder, 'many'))
  const all = Array.from({ length: 5000 }, (_, i) => event((i * 7919) % 1000, i + 1, 'x'.repeat(100)))
  for (let at = 0; at < all.length; at += 100) file.append(all.slice(at, at + 100))
  expect(file.blocks.length).toBeGreaterThan(5)
  const sorted = all.toSorted((a, b) => a.timestamp - b.timestamp || a.sequence - b.sequence)
  const expected = sorted.map(({ sequence }) => sequence)
  expect(await sequences(file)).toEqual(expected)
  expect(await sequences(file, { backwards: true })).toEqual(expected.toReversed())
  expect(await sequences(file, { beyond: sorted[1234] })).toEqual(expected.slice(1235))
  expect(await sequences(file, { beyond: sorted[1234], backwards: true })).toEqual(expected.slice(0, 1234).toReversed())
  file.close()
})
