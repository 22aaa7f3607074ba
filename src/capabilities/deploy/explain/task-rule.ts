import type { CauseClass, CauseNames } from '../../../core/messages/causes.ts'
import { type Cause, causeOf, type EvidenceLine } from './cause.ts'
import type { Declared, SeenTask } from './evidence.ts'
import { taskEvidence } from './task-evidence.ts'

/** What one failed task may be known by; the first rule that answers has it. */
export type TaskRule = (task: SeenTask, declared: Declared) => Cause | undefined

interface Extra {
  container?: string
  certain?: boolean
  evidence?: EvidenceLine[]
}

/** The cause of one failed task, with what was seen of it. */
export const taskCause = <Class extends CauseClass>(
  task: SeenTask,
  of: Class,
  names: CauseNames<Class>,
  { container, certain, evidence = [] }: Extra = {},
): Cause =>
  causeOf(of, names, {
    subject: container,
    certain,
    evidence: [...taskEvidence(task, container), ...evidence],
  })

/** Everything ECS says in words about how a task ended, the task's own words first. */
export const wordsOf = ({ stoppedReason, containers }: SeenTask): string[] =>
  [stoppedReason, ...containers.map(({ reason }) => reason)].filter((words) => words !== undefined && words !== '') as string[]

/** The first of a task's words that a pattern finds. */
export function said(task: SeenTask, pattern: RegExp): RegExpExecArray | undefined {
  for (const words of wordsOf(task)) {
    const found = pattern.exec(words)
    if (found) return found
  }
  return undefined
}

/** The role that was refused something, from AWS's sentence; else the one that was declared. */
export function roleIn(words: string, declared: Declared): string {
  const session = /assumed-role\/([^/\s]+)/.exec(words)?.[1]
  return session ?? declared.executionRole?.split('/').at(-1) ?? '?'
}
