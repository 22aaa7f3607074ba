import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AwsError, type Cloud, type Logs, type Table } from '../cloud.ts'
import { StreamFile } from './stream-file.ts'

export interface LogGroup {
  name: string
  createdAt: number
  retentionDays?: number
  kmsKeyId?: string
  class: string
  tags: Record<string, string>
  /** The folder that holds its streams' files. */
  folder: string
}

export interface LogStream {
  group: string
  name: string
  createdAt: number
  /** The file's name in the group's folder. */
  file: string
}

const OPEN_FILES = 64
const DAY_MS = 86_400_000

export class LogStore implements Logs {
  readonly groups: Table<LogGroup>
  readonly #streams: Table<LogStream>
  readonly #cloud: Cloud
  /** Streams of each group by name, from the table. */
  readonly #byGroup = new Map<string, Map<string, LogStream>>()
  readonly #files = new Map<string, StreamFile>()
  readonly #open = new Set<StreamFile>()
  // Starts above every sequence that an earlier process can have given out.
  #sequence = Date.now() * 1000

  constructor(cloud: Cloud) {
    this.#cloud = cloud
    this.groups = cloud.table<LogGroup>('logs.groups')
    this.#streams = cloud.table<LogStream>('logs.streams')
    for (const group of this.groups.keys()) this.#byGroup.set(group, new Map())
    for (const stream of this.#streams.values()) this.#byGroup.get(stream.group)?.set(stream.name, stream)
    cloud.onClose(() => {
      for (const file of this.#open) file.close()
    })
  }

  groupExists(group: string): boolean {
    return this.groups.has(group)
  }

  createGroup(name: string, more: Partial<Pick<LogGroup, 'kmsKeyId' | 'class' | 'tags'>> = {}): void {
    if (this.groups.has(name)) throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
    const folder = join('logs', randomUUID())
    mkdirSync(join(this.#cloud.folder, folder), { recursive: true })
    this.#byGroup.set(name, new Map())
    this.groups.set(name, { class: 'STANDARD', tags: {}, ...more, name, createdAt: this.#cloud.clock.now(), folder })
  }

  deleteGroup(name: string): void {
    const group = this.group(name)
    for (const stream of this.streams(name)) this.#forget(stream)
    this.#byGroup.delete(name)
    this.groups.delete(name)
    rmSync(join(this.#cloud.folder, group.folder), { recursive: true, force: true })
  }

  group(name: string): LogGroup {
    const group = this.groups.get(name)
    if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
    return group
  }

  createStream(group: string, name: string): LogStream {
    this.group(group)
    if (this.#byGroup.get(group)?.has(name)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
    }
    const stream = { group, name, createdAt: this.#cloud.clock.now(), file: `${randomUUID()}.log` }
    this.#streams.set(key(stream), stream)
    this.#byGroup.get(group)?.set(name, stream)
    return stream
  }

  deleteStream(group: string, name: string): void {
    const stream = this.stream(group, name)
    this.#forget(stream)
    rmSync(this.#path(stream), { force: true })
  }

  stream(group: string, name: string): LogStream {
    this.group(group)
    const stream = this.#byGroup.get(group)?.get(name)
    if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
    return stream
  }

  streams(group: string): LogStream[] {
    this.group(group)
    return [...(this.#byGroup.get(group)?.values() ?? [])]
  }

  file(stream: LogStream): StreamFile {
    const path = this.#path(stream)
    const file = this.#files.get(path) ?? new StreamFile(path)
    this.#files.set(path, file)
    return file
  }

  write(group: string, stream: string, events: { timestamp: number; message: string }[]): void {
    this.group(group)
    this.append(this.#byGroup.get(group)?.get(stream) ?? this.createStream(group, stream), events)
  }

  append(stream: LogStream, events: { timestamp: number; message: string }[]): void {
    if (events.length === 0) return
    const ingestionTime = this.#cloud.clock.now()
    const file = this.file(stream)
    file.append(events.map(({ timestamp, message }) => ({ timestamp, ingestionTime, sequence: this.#sequence++, message })))
    this.#keepFewOpen(file)
  }

  /** Events before this time have expired. */
  expiry(group: LogGroup): number {
    return group.retentionDays === undefined ? 0 : this.#cloud.clock.now() - group.retentionDays * DAY_MS
  }

  storedBytes(group: string): number {
    return this.streams(group).reduce(
      (sum, stream) => sum + (statSync(this.#path(stream), { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  #keepFewOpen(used: StreamFile): void {
    this.#open.delete(used)
    this.#open.add(used)
    if (this.#open.size <= OPEN_FILES) return
    const [oldest] = this.#open
    oldest?.close()
    if (oldest) this.#open.delete(oldest)
  }

  #forget(stream: LogStream): void {
    const path = this.#path(stream)
    const file = this.#files.get(path)
    file?.close()
    if (file) this.#open.delete(file)
    this.#files.delete(path)
    this.#streams.delete(key(stream))
    this.#byGroup.get(stream.group)?.delete(stream.name)
  }

  #path(stream: LogStream): string {
    return join(this.#cloud.folder, this.group(stream.group).folder, stream.file)
  }
}

// A colon can stand in neither name.
const key = (stream: { group: string; name: string }) => `${stream.group}:${stream.name}`
