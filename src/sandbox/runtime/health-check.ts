import type { HealthCheck } from '@aws-sdk/client-ecs'
import type { Clock, Timer } from '../../core/clock.ts'

/** A container's health check with ECS's defaults and bounds; undefined when the definition has none. */
export interface HealthProbe {
  command: string[]
  intervalSeconds: number
  timeoutSeconds: number
  retries: number
  startPeriodSeconds: number
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
export function healthProbe(check: HealthCheck | undefined): HealthProbe | undefined {
  const [kind, ...rest] = check?.command ?? []
  if (!check || kind === undefined || kind === 'NONE') return undefined
  return {
    command: kind === 'CMD-SHELL' ? ['/bin/sh', '-c', rest.join(' ')] : kind === 'CMD' ? rest : [kind, ...rest],
    intervalSeconds: bounded(check.interval ?? 30, 5, 300),
    timeoutSeconds: bounded(check.timeout ?? 5, 2, 60),
    retries: bounded(check.retries ?? 3, 1, 10),
    startPeriodSeconds: bounded(check.startPeriod ?? 0, 0, 300),
  }
}

const bounded = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value))

export type Health = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'

/**
 * Probes until stopped. Intervals and the start period are simulated time; the probe itself and `graceMs` are real, so
 * that hurried time does not fail a process that could not have started yet.
 */
export function watchHealth(
  { command, intervalSeconds, timeoutSeconds, retries, startPeriodSeconds }: HealthProbe,
  {
    clock,
    graceMs,
    probe,
    report,
  }: {
    clock: Clock
    graceMs: number
    probe: (command: string[], timeoutMs: number) => Promise<boolean>
    report: (health: Health) => void
  },
): { stop(): void } {
  const startedAt = clock.elapsed()
  const graceEnd = performance.now() + graceMs
  let health: Health = 'UNKNOWN'
  let failures = 0
  let stopped = false
  let timer: Timer

  const become = (next: Health) => {
    if (next !== health) report(next)
    health = next
  }
  const isStarting = () =>
    performance.now() < graceEnd || (health === 'UNKNOWN' && clock.elapsed() - startedAt < startPeriodSeconds * 1000)

  const check = async () => {
    const passed = await probe(command, timeoutSeconds * 1000)
    if (stopped) return
    if (passed) {
      failures = 0
      become('HEALTHY')
    } else if (!isStarting() && ++failures >= retries) become('UNHEALTHY')
    timer = clock.after(intervalSeconds * 1000, check)
  }
  timer = clock.after(intervalSeconds * 1000, check)

  return {
    stop() {
      stopped = true
      timer.cancel()
    },
  }
}
