// One health check request.
import { request } from 'node:http'
import type { HealthCheckSettings, TargetRecord } from './records.ts'

export type Outcome = { kind: 'passed' } | { kind: 'mismatch'; code: number } | { kind: 'timeout' } | { kind: 'failed' }

/** Asks a target for its health on a connection of its own; the time-out is real time and spans the whole answer. */
export function probe(target: TargetRecord, settings: HealthCheckSettings, matches: (code: number) => boolean): Promise<Outcome> {
  const port =
    settings.port === 'traffic-port' || Number(settings.port) === target.port ? target.connect.port : Number(settings.port)
  return new Promise((resolve) => {
    const out = request({
      host: target.connect.host,
      port,
      path: settings.path,
      agent: false,
      setHost: false,
      headers: {
        Host: `${target.id}:${target.port}`,
        Connection: 'close',
        'User-Agent': 'ELB-HealthChecker/2.0',
        'Accept-Encoding': 'gzip, compressed',
      },
    })
    const deadline = setTimeout(() => end({ kind: 'timeout' }), settings.timeout * 1000)
    const end = (outcome: Outcome) => {
      clearTimeout(deadline)
      resolve(outcome)
      out.destroy()
    }
    out.on('response', (answer) => {
      const code = answer.statusCode ?? 0
      answer.on('end', () => end(matches(code) ? { kind: 'passed' } : { kind: 'mismatch', code }))
      answer.on('error', () => end({ kind: 'failed' }))
      answer.resume()
    })
    out.on('error', () => end({ kind: 'failed' }))
    out.end()
  })
}
