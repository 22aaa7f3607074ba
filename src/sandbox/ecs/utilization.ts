// How much of what a service reserved its tasks use: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_utilization.html
import type { LiveService } from './engine.ts'

/** Percentages over the running tasks of a service; undefined while nothing is measured or no size is reserved. */
export function utilizationOf(service: LiveService): { cpu: number; memory: number } | undefined {
  const used = { cpu: 0, memory: 0 }
  const reserved = { cpu: 0, memory: 0 }
  for (const task of service.revisions.flatMap((revision) => revision.tasks)) {
    const usage = task.usage
    if (!usage) continue
    for (const { cpu, memory } of Object.values(usage)) {
      used.cpu += cpu
      used.memory += memory
    }
    reserved.cpu += Number(task.record.cpu ?? 0)
    reserved.memory += Number(task.record.memory ?? 0)
  }
  if (reserved.cpu === 0 || reserved.memory === 0) return undefined
  return { cpu: (100 * used.cpu) / reserved.cpu, memory: (100 * used.memory) / reserved.memory }
}
