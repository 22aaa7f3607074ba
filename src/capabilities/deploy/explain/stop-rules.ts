// Tasks that somebody, or AWS, took away.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
import { type TaskRule, taskCause } from './task-rule.ts'

export const stopRules: TaskRule[] = [
  (task) => (task.stopCode === 'SpotInterruption' ? taskCause(task, 'spot-interrupted', {}) : undefined),
  (task) =>
    task.stopCode === 'UserInitiated' ? taskCause(task, 'task-stopped', { reason: task.stoppedReason ?? '' }) : undefined,
]
