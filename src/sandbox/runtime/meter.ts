// Measures process groups about once a second: CPU, memory, and whether memory stays within its limits.
import type { Usage } from './engine.ts'
import { type GroupUse, groupUses } from './process-table.ts'

const SAMPLE_MS = 1_000
const MIB = 1024 * 1024
const CPU_UNITS = 1024

export interface Measured {
  task: string
  /** MiB; undefined when only the task has a limit, or none. */
  containerMemory: number | undefined
  taskMemory: number | undefined
  outOfMemory(): void
  /** Called at each sample with the group's processes. */
  sampled(pids: number[]): void
}

export interface Meter {
  watch(group: number, measured: Measured): { usage(): Usage | undefined; stop(): void }
  close(): void
}

interface Watched extends Measured {
  group: number
  last: { at: number; cpuMs: number }
  usage: Usage | undefined
}

export function meter(sampleMs = SAMPLE_MS): Meter {
  const all = new Map<number, Watched>()
  let timer: NodeJS.Timeout | undefined

  const sample = async () => {
    const uses = await groupUses(new Set(all.keys()))
    const now = performance.now()
    for (const watched of [...all.values()]) {
      const use = uses.get(watched.group)
      if (!use || !all.has(watched.group)) continue
      watched.usage = usageSince(watched.last, use, now)
      watched.last = { at: now, cpuMs: use.cpuMs }
      watched.sampled(use.pids)
    }
    for (const watched of overLimit([...all.values()])) watched.outOfMemory()
    timer = all.size > 0 ? setTimeout(sample, sampleMs).unref() : undefined
  }

  return {
    watch(group, measured) {
      all.set(group, { ...measured, group, last: { at: performance.now(), cpuMs: 0 }, usage: undefined })
      timer ??= setTimeout(sample, sampleMs).unref()
      return { usage: () => all.get(group)?.usage, stop: () => all.delete(group) }
    },
    close() {
      clearTimeout(timer)
      all.clear()
    },
  }
}

function usageSince(last: { at: number; cpuMs: number }, use: GroupUse, now: number): Usage {
  const cpu = (Math.max(0, use.cpuMs - last.cpuMs) / Math.max(1, now - last.at)) * CPU_UNITS
  return { cpu: Math.round(cpu), memory: Math.round((use.bytes / MIB) * 10) / 10 }
}

/** Containers over their own limit, and the largest container of each task that is over the task's. */
function overLimit(all: Watched[]): Watched[] {
  const over = all.filter(({ usage, containerMemory }) => (usage?.memory ?? 0) > (containerMemory ?? Number.POSITIVE_INFINITY))
  for (const siblings of Map.groupBy(all, ({ task }) => task).values()) {
    const total = siblings.reduce((sum, { usage }) => sum + (usage?.memory ?? 0), 0)
    const largest = siblings.toSorted((a, b) => (b.usage?.memory ?? 0) - (a.usage?.memory ?? 0))[0]
    if (largest && total > (largest.taskMemory ?? Number.POSITIVE_INFINITY) && !over.includes(largest)) over.push(largest)
  }
  return over
}
