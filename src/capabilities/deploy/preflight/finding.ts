import type { CauseClass, CauseNames } from '../../../core/messages/causes.ts'
import type { Text } from '../../../core/text.ts'
import { type Cause, causeOf, type Severity } from '../explain/cause.ts'

/** Something that stands in the way of a deployment, or that is good to know before it. JSON. */
export interface Finding {
  severity: FindingSeverity
  /** Undefined for what could not be looked at. */
  class?: CauseClass
  /** By the manifest's name. */
  service?: string
  /** Where the manifest says it: `services/web/image`. */
  place?: string
  title: Text
  next?: Text
}

/** A problem as the cause for which a deployment did not begin. */
export const causeOfFinding = ({ class: of = 'unknown', service, place, title, next }: Finding): Cause => ({
  class: of,
  severity: 'failure',
  certain: true,
  ...(service === undefined ? {} : { service }),
  ...(place === undefined ? {} : { subject: place }),
  count: 1,
  title,
  next: next ?? title,
  evidence: [],
})

export const findingSeverities = ['problem', 'warning', 'notice', 'unchecked'] as const
/** A problem keeps the deployment from beginning; nothing else does. */
export type FindingSeverity = (typeof findingSeverities)[number]

const severities: Record<Severity, FindingSeverity> = {
  failure: 'problem',
  consequence: 'problem',
  warning: 'warning',
  notice: 'notice',
}

export interface Where {
  service?: string
  /** Below the service, or from the root when there is none. */
  at: string
  severity?: FindingSeverity
}

export function finding<Class extends CauseClass>(
  of: Class,
  names: CauseNames<Class>,
  { service, at, severity }: Where,
): Finding {
  const { title, next, severity: usual } = causeOf(of, names)
  return {
    severity: severity ?? severities[usual],
    class: of,
    ...(service === undefined ? {} : { service }),
    place: service === undefined ? at : `services/${service}/${at}`,
    title,
    next,
  }
}
