// Samples of metrics in memory, summed up per second.
import type { StandardUnit } from '@aws-sdk/client-cloudwatch'
import type { Clock } from '../../core/clock.ts'
import type { MetricSeries, MetricStatistics, Metrics } from '../cloud.ts'

const KEPT_SECONDS = 3 * 3600

export interface KeptSeries extends MetricSeries {
  namespace: string
  name: string
  dimensions: Record<string, string>
  /** That of the latest sample that was put with one. */
  unit: StandardUnit
  /** Adds a sample of another time (epoch ms). */
  addAt(value: number, at: number): void
}

export class MetricStore implements Metrics {
  readonly #clock: Clock
  readonly #series = new Map<string, KeptSeries>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  series(namespace: string, name: string, dimensions: Record<string, string>): KeptSeries {
    const key = seriesKey(namespace, name, dimensions)
    let series = this.#series.get(key)
    if (!series) {
      series = newSeries(this.#clock, namespace, name, dimensions)
      this.#series.set(key, series)
    }
    return series
  }

  /** A series that has been fed; asking for it makes none. */
  find(namespace: string, name: string, dimensions: Record<string, string>): KeptSeries | undefined {
    return this.#series.get(seriesKey(namespace, name, dimensions))
  }

  all(): KeptSeries[] {
    return [...this.#series.values()]
  }
}

function seriesKey(namespace: string, name: string, dimensions: Record<string, string>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))])
}

function newSeries(clock: Clock, namespace: string, name: string, dimensions: Record<string, string>): KeptSeries {
  const seconds = new Map<number, MetricStatistics>()
  const addAt = (value: number, at: number) => {
    const second = Math.floor(at / 1000)
    const kept = seconds.get(second)
    if (kept) {
      kept.count++
      kept.sum += value
      kept.minimum = Math.min(kept.minimum, value)
      kept.maximum = Math.max(kept.maximum, value)
      return
    }
    seconds.set(second, { count: 1, sum: value, minimum: value, maximum: value })
    for (const old of seconds.keys()) {
      if (seconds.size <= KEPT_SECONDS) break
      seconds.delete(old)
    }
  }
  return {
    namespace,
    name,
    dimensions,
    unit: 'None',
    addAt,
    add: (value) => addAt(value, clock.now()),
    statistics(start, end) {
      let total: MetricStatistics | undefined
      for (const [second, each] of seconds) {
        if (second * 1000 < start || second * 1000 >= end) continue
        total = total ? merged(total, each) : { ...each }
      }
      return total
    },
  }
}

function merged(a: MetricStatistics, b: MetricStatistics): MetricStatistics {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  }
}
