import type { EvidenceLine } from './cause.ts'
import type { SeenTask } from './evidence.ts'
import { shownLine, tellingLine } from './log-lines.ts'

const LOG_LINES = 8

/** What was seen of one task, most telling first: ECS's reasons, exit codes, health, and the log around its last error. */
export function taskEvidence(task: SeenTask, container: string | undefined): EvidenceLine[] {
  const at = task.stoppedAt === undefined ? {} : { at: task.stoppedAt }
  const lines: EvidenceLine[] = []
  if (task.stoppedReason) lines.push({ kind: 'stopped-reason', text: shownLine(task.stoppedReason), ...at, of: task.id })
  if (task.stopCode) lines.push({ kind: 'stop-code', text: task.stopCode, ...at, of: task.id })
  for (const { name, exitCode, reason, health } of task.containers) {
    if (container !== undefined && name !== container) continue
    if (exitCode !== undefined) lines.push({ kind: 'exit-code', text: String(exitCode), ...at, of: name })
    if (reason && reason !== task.stoppedReason)
      lines.push({ kind: 'container-reason', text: shownLine(reason), ...at, of: name })
    if (health === 'UNHEALTHY') lines.push({ kind: 'container-health', text: health, ...at, of: name })
  }
  const health = task.targetHealth.at(-1)
  if (health)
    lines.push({
      kind: 'target-health',
      text: shownLine(health.reason),
      ...(health.at === undefined ? {} : { at: health.at }),
      of: task.id,
    })
  return [...lines, ...logEvidence(task, container)]
}

/** The telling line and what stands around it, so that a stack keeps its first frames. */
export function logEvidence(task: SeenTask, container: string | undefined): EvidenceLine[] {
  const log = task.log ?? []
  const lines = log.filter(({ text }) => text.trim() !== '')
  const telling = tellingLine(lines.map(({ text }) => text))
  const found = lines.findLastIndex(({ text }) => text.trim() === telling)
  const from = Math.max(0, Math.min(found - 2, lines.length - LOG_LINES))
  return lines
    .slice(from, from + LOG_LINES)
    .map(({ at, text }) => ({ kind: 'log', text, at, ...(container === undefined ? {} : { of: container }) }))
}
