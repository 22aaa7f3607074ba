// Programs that run and do not pass their health checks: what the load balancer saw, and what the log says of listening.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
import type { Cause } from './cause.ts'
import type { Declared, SeenTask } from './evidence.ts'
import { listeningPorts, tellingWords } from './log-lines.ts'
import { said, type TaskRule, taskCause } from './task-rule.ts'

export const FAILED_CHECKS = /failed (?:ELB|container) health checks/i

export const healthRules: TaskRule[] = [
  (task, declared) => {
    const sick = task.containers.find(({ health }) => health === 'UNHEALTHY')
    if (!said(task, /failed container health checks/i) && !(sick && task.stoppedReason === undefined)) return undefined
    const container = sick?.name ?? declared.container
    return taskCause(task, 'container-health', { container, command: declared.healthCommands[container] ?? '' }, { container })
  },
  (task, declared) => {
    const reason = task.targetHealth.at(-1)?.reason
    if (reason === undefined && !said(task, /failed ELB health checks/i)) return undefined
    return byTarget(task, reason ?? '', declared)
  },
]

function byTarget(task: SeenTask, reason: string, declared: Declared): Cause {
  const { container, check } = declared
  const path = check?.path ?? ''
  const codes = /codes: \[([^\]]+)\]/.exec(reason)?.[1]
  if (codes !== undefined) return byCode(task, codes, declared)
  if (/timed? ?out|Target\.Timeout/i.test(reason)) {
    if (declared.closedGroup !== undefined)
      return taskCause(task, 'port-closed', { port: String(declared.port ?? '?'), group: declared.closedGroup }, { container })
    const seconds = check?.timeoutSeconds === undefined ? '' : String(check.timeoutSeconds)
    return taskCause(task, 'health-timeout', { path, container, seconds }, { container })
  }
  return byListening(task, declared)
}

function byCode(task: SeenTask, codes: string, { container, check }: Declared): Cause {
  const path = check?.path ?? ''
  const [code = ''] = codes.split(/[,\s-]+/)
  if (code === '404') return taskCause(task, 'health-404', { path, container }, { container })
  if (!code.startsWith('5')) return taskCause(task, 'health-code', { path, container, code }, { container })
  const errors = (task.log ?? []).map(({ text }) => text).filter((line) => /error|exception|fail/i.test(line))
  return taskCause(task, 'health-5xx', { path, container, code, line: tellingWords(errors) }, { container })
}

/** Nothing answered at all. Whether the program thinks that it listens makes the difference. */
function byListening(task: SeenTask, { container, port, graceSeconds }: Declared): Cause {
  const { says, ports } = listeningPorts((task.log ?? []).map(({ text }) => text))
  const own = String(port ?? '?')
  const [found] = ports
  if (found !== undefined && !ports.includes(own))
    return taskCause(task, 'port-mismatch', { port: own, found, container }, { container })
  if (says) return taskCause(task, 'connection-refused', { port: own, container }, { container, certain: ports.length > 0 })
  const grace = graceSeconds === undefined ? '' : String(graceSeconds)
  return taskCause(task, 'slow-start', { port: own, container, grace }, { container, certain: false })
}
