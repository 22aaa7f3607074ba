// Roles: whether they are there, whether tasks may assume them, and whether they allow what starting a task needs.
import type { Simulated } from '../../../aws/identity.ts'
import type { Access } from './access.ts'
import { type Finding, finding, type Where } from './finding.ts'
import type { Judging } from './judge.ts'

/** Policies of the resource itself may allow these, and the simulator does not ask them. */
const ALSO_BY_RESOURCE = /^(secretsmanager|kms):|^ecr:(BatchGetImage|GetDownloadUrlForLayer)$/

export function judgeAccess({ services, facts }: Judging): Finding[] {
  return services.flatMap(({ service, definition }) => {
    const roles = [
      { arn: definition.executionRoleArn, at: 'names/execution_role' },
      { arn: definition.taskRoleArn, at: 'names/task_role' },
    ]
    const unfit = roles.flatMap(({ arn, at }): Finding[] => {
      const there = arn === undefined ? undefined : facts.roles.get(arn)
      if (!there || 'hidden' in there) return []
      const role = nameOf(arn)
      if (!there.value) return [finding('role-missing', { role }, { service, at })]
      return there.value.trusted ? [] : [finding('role-unusable', { role }, { service, at })]
    })
    return [...unfit, ...refused(facts.access.get(definition.executionRoleArn ?? ''), definition.executionRoleArn, service)]
  })
}

const nameOf = (arn: string | undefined): string => arn?.split('/').at(-1) ?? '?'

function refused(
  asked: { wanted: Access[]; answers: { value: Simulated[] } | { hidden: string } } | undefined,
  arn: string | undefined,
  service: string,
): Finding[] {
  if (!asked || 'hidden' in asked.answers) return []
  const answers = asked.answers.value
  const told = new Set<string>()
  return asked.wanted.flatMap(({ action, resource, of }) => {
    const answer = answers.find((one) => one.action === action && one.resource === resource)
    // What depends on who asks when cannot be said beforehand.
    if (!answer || answer.decision === 'allowed' || answer.missing.length > 0) return []
    const perhaps = answer.decision === 'implicitDeny' && ALSO_BY_RESOURCE.test(action)
    const found = refusal(action, of, nameOf(arn), {
      service,
      at: 'names/execution_role',
      ...(perhaps ? { severity: 'warning' } : {}),
    })
    if (told.has(found.title.en)) return []
    told.add(found.title.en)
    return [found]
  })
}

function refusal(action: string, of: string, role: string, where: Where): Finding {
  switch (action.split(':')[0]) {
    case 'ecr':
      return finding('image-denied', { image: of, role }, where)
    case 'logs':
      return finding('log-denied', { group: of, role }, where)
    case 'kms':
      return finding('key-denied', { key: of, role }, where)
    default:
      return finding('secret-denied', { name: of, role, action }, where)
  }
}
