// What ECS says in a service's events when it cannot place or replace tasks.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
import { type Cause, causeOf, type EvidenceLine } from './cause.ts'
import type { RolloutEvidence } from './evidence.ts'
import { shownLine } from './log-lines.ts'
import { placementCause } from './placement.ts'
import { UNASSUMABLE } from './resource-rules.ts'

type EventRule = [pattern: RegExp, (found: RegExpExecArray, seen: RolloutEvidence, evidence: EvidenceLine[]) => Cause]

export const eventRules: EventRule[] = [
  [
    /reached the limit on the number of (?:vCPUs|tasks)/i,
    (_, { service }, evidence) => causeOf('vcpu-quota', {}, { service, evidence }),
  ],
  [
    /Capacity is unavailable/i,
    (_, { service, declared }, evidence) =>
      causeOf('no-capacity', { provider: declared.capacityProvider }, { service, evidence }),
  ],
  [
    /no container instance met all of its requirements|No Container Instances were found/i,
    ({ input }, { service, declared: { reserved }, closest: room }, evidence) =>
      placementCause(input, { reserved, room }, { service, evidence }) ?? causeOf('no-instances', {}, { service, evidence }),
  ],
  [
    UNASSUMABLE,
    ([, role = '?'], { service }, evidence) =>
      causeOf('role-unusable', { role: role.split('/').at(-1) ?? role }, { service, evidence }),
  ],
  [
    /unable to stop or start tasks during a deployment/i,
    (_, { service, declared }, evidence) =>
      causeOf(
        'stuck',
        {
          minimum: String(declared.minimumPercent),
          maximum: String(declared.maximumPercent),
          count: String(declared.count ?? '?'),
        },
        { service, evidence },
      ),
  ],
  [
    /number of protected tasks are more than the desired count/i,
    (_, { service }, evidence) => causeOf('protected-tasks', {}, { service, evidence }),
  ],
  [
    /operations are being throttled(?: on (\w+))?/i,
    ([, on = 'AWS'], { service }, evidence) => causeOf('ecs-throttled', { service: on.toUpperCase() }, { service, evidence }),
  ],
  [/unable to consistently start tasks/i, (_, { service }, evidence) => causeOf('starts-impaired', {}, { service, evidence })],
]

/** One cause for each kind of trouble that the events tell of, with how often they do. */
export function eventCauses(seen: RolloutEvidence): Cause[] {
  return eventRules.flatMap(([pattern, make]) => {
    const told = seen.events.filter(({ message }) => pattern.test(message))
    const last = told.at(-1)
    const found = last && pattern.exec(last.message)
    if (!found) return []
    const evidence: EvidenceLine[] = [{ kind: 'service-event', text: shownLine(last.message), at: last.at }]
    return { ...make(found, seen, evidence), count: told.length }
  })
}
