// Figures for Prometheus, named by its rules: https://prometheus.io/docs/practices/naming/
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  /** One request that was answered; by operation, never by path, which has no end of values. */
  answered(operation: string, status: number, seconds: number): void
  /** A stream that begins; call what it gives when it ends. */
  streaming(operation: string): () => void
  text(): Promise<{ body: string; contentType: string }>
}

export function serverMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'kiban_' })
  const requests = new Counter({
    name: 'kiban_http_requests_total',
    help: 'Requests that were answered',
    labelNames: ['operation', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'kiban_http_request_duration_seconds',
    help: 'Time to the answer, or to the first item of a stream',
    labelNames: ['operation'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  const streams = new Gauge({
    name: 'kiban_http_streams',
    help: 'Streams that are open',
    labelNames: ['operation'],
    registers: [registry],
  })
  return {
    answered(operation, status, took) {
      requests.inc({ operation, status: String(status) })
      seconds.observe({ operation }, took)
    },
    streaming(operation) {
      streams.inc({ operation })
      return () => streams.dec({ operation })
    },
    text: async () => ({ body: await registry.metrics(), contentType: registry.contentType }),
  }
}
