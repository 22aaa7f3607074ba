// Eventual consistency: when a read is set to lag, it answers with what was true that long ago. Versions are kept only while
// some read lags, so that nothing is paid otherwise.
import type { Cloud } from '../cloud.ts'

type Kind = 'cluster' | 'definition' | 'service' | 'revision' | 'deployment' | 'task'

interface Version {
  at: number
  value: object | undefined
}

/** Reads that can lag, by the name under which a lag is set. */
const READS = [
  'DescribeClusters',
  'ListClusters',
  'DescribeTaskDefinition',
  'ListTaskDefinitions',
  'ListTaskDefinitionFamilies',
  'DescribeServices',
  'ListServices',
  'DescribeServiceRevisions',
  'DescribeServiceDeployments',
  'ListServiceDeployments',
  'DescribeTasks',
  'ListTasks',
  'ListTagsForResource',
] as const
export type LaggingRead = (typeof READS)[number]

export interface Source {
  keys(): Iterable<string>
  render(key: string): object | undefined
  createdAt(key: string): number
}

export class History {
  readonly #cloud: Cloud
  readonly #sources: Record<Kind, Source>
  #versions: Map<string, Version[]> | undefined

  constructor(cloud: Cloud, sources: Record<Kind, Source>) {
    this.#cloud = cloud
    this.#sources = sources
  }

  /** Looks whether a lag was turned on or off; what is there then is the first version. To be called before each operation. */
  look(): void {
    const lags = this.#longest() > 0
    if (!lags) this.#versions = undefined
    else if (!this.#versions) {
      this.#versions = new Map()
      for (const kind of Object.keys(this.#sources) as Kind[]) {
        for (const key of this.#sources[kind].keys()) this.#push(kind, key, this.#elapsedAt(this.#sources[kind].createdAt(key)))
      }
    }
  }

  /** Something has changed; keeps its new version when a read lags. */
  note(kind: Kind, key: string): void {
    if (this.#versions) this.#push(kind, key, this.#cloud.clock.elapsed())
  }

  /** What `read` sees of a thing: as it is, or as it was when it lags. The caller knows the shape by the kind. */
  seen<T extends object>(read: LaggingRead, kind: Kind, key: string): T | undefined {
    const lag = this.#lag(read)
    const versions = lag > 0 ? this.#versions?.get(`${kind} ${key}`) : undefined
    if (!versions) return this.#sources[kind].render(key) as T | undefined
    const time = this.#cloud.clock.elapsed() - lag
    for (let at = versions.length - 1; at >= 0; at--) {
      const version = versions[at] as Version
      if (version.at <= time) return version.value as T | undefined
    }
    return undefined
  }

  /** All things of a kind whose key begins with `prefix` that `read` sees, in the order in which they were made. */
  all<T extends object>(read: LaggingRead, kind: Kind, prefix = ''): { key: string; value: T }[] {
    const found: { key: string; value: T }[] = []
    for (const key of this.#sources[kind].keys()) {
      if (!key.startsWith(prefix)) continue
      const value = this.seen<T>(read, kind, key)
      if (value) found.push({ key, value })
    }
    return found
  }

  #lag(read: LaggingRead): number {
    return this.#cloud.lag(`ecs:${read}`)
  }

  #longest(): number {
    return Math.max(...READS.map((read) => this.#lag(read)))
  }

  /** Simulated time of a wall clock time; what is older than this clock comes out below 0. */
  #elapsedAt(now: number): number {
    const { clock } = this.#cloud
    return clock.elapsed() - (clock.now() - now) * clock.factor
  }

  #push(kind: Kind, key: string, at: number): void {
    const name = `${kind} ${key}`
    const rendered = this.#sources[kind].render(key)
    const versions = this.#versions?.get(name)
    const version = { at, value: rendered && structuredClone(rendered) }
    if (!versions) {
      this.#versions?.set(name, [version])
      return
    }
    versions.push(version)
    const oldest = this.#cloud.clock.elapsed() - this.#longest()
    while (versions.length > 1 && (versions[1] as Version).at <= oldest) versions.shift()
  }
}
