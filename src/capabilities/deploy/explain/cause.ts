import { type CauseClass, type CauseNames, causes } from '../../../core/messages/causes.ts'
import type { Text } from '../../../core/text.ts'
import { severityOf } from './cause-facts.ts'

/** Why something did not go well: what class of trouble, what was seen of it, and the one thing to do next. JSON. */
export interface Cause {
  class: CauseClass
  severity: Severity
  /** False where the evidence fits, but does not prove it. */
  certain: boolean
  /** By the manifest's name. */
  service?: string
  /** The container, task or hook that it is about. */
  subject?: string
  /** How often it was seen: tasks that failed alike. */
  count: number
  title: Text
  next: Text
  evidence: EvidenceLine[]
}

/** What ended it · what followed from another cause · what did no harm this time · what is good to know. */
export type Severity = 'failure' | 'consequence' | 'warning' | 'notice'

/** One thing that was seen, in the words of whoever said it; never translated. */
export interface EvidenceLine {
  kind: EvidenceKind
  text: string
  /** Epoch milliseconds. */
  at?: number
  /** A task's id, a container's name, an alarm's name. */
  of?: string
}

export const evidenceKinds = [
  'stop-code',
  'stopped-reason',
  'exit-code',
  'container-reason',
  'target-health',
  'container-health',
  'service-event',
  'status',
  'alarm',
  'hook',
  'log',
  'error',
  'not-looked-at',
] as const
export type EvidenceKind = (typeof evidenceKinds)[number]

export interface CauseParts {
  service?: string
  subject?: string
  count?: number
  certain?: boolean
  evidence?: EvidenceLine[]
}

export function causeOf<Class extends CauseClass>(of: Class, names: CauseNames<Class>, parts: CauseParts = {}): Cause {
  const words = causes[of] as { title(names: CauseNames<Class>): Text; next(names: CauseNames<Class>): Text }
  const { service, subject, count = 1, certain = true, evidence = [] } = parts
  return {
    class: of,
    severity: severityOf(of),
    certain,
    ...(service === undefined ? {} : { service }),
    ...(subject === undefined ? {} : { subject }),
    count,
    title: words.title(names),
    next: words.next(names),
    evidence,
  }
}

const rank: Record<Severity, number> = { failure: 0, consequence: 1, warning: 2, notice: 3 }

/** What ended it first; within a severity the order stays. */
export const bySeverity = (causes: readonly Cause[]): Cause[] => causes.toSorted((a, b) => rank[a.severity] - rank[b.severity])

/** Causes of one key are one cause, seen several times. */
export const causeKey = ({ class: of, service, subject }: Cause): string => `${of} ${service ?? ''} ${subject ?? ''}`
