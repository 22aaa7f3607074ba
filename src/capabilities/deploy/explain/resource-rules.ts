// What a task is given before its program starts: secrets, its log, its roles, its network interface.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
import type { Declared, SeenTask } from './evidence.ts'
import { NO_CONNECTION } from './pull-rules.ts'
import { roleIn, said, type TaskRule, taskCause } from './task-rule.ts'

export const UNASSUMABLE = /unable to assume the role '?([^'\s]+)'?/i
const DENIED = /not authorized to perform: (\S+) on resource: (\S+)/

export const resourceRules: TaskRule[] = [
  (task) => {
    const role = said(task, UNASSUMABLE)?.[1]
    return role === undefined ? undefined : taskCause(task, 'role-unusable', { role: lastPart(role) })
  },
  (task) => {
    const found = said(task, /InsufficientFreeAddresses\w*|not enough free addresses|no available IP/i)
    const subnet = found && (/subnet '?(subnet-[\w]+)'?/i.exec(found.input)?.[1] ?? '?')
    return subnet === undefined ? undefined : taskCause(task, 'no-addresses', { subnet })
  },
  (task, declared) => {
    const found = said(task, /not authorized to perform: kms:\w+ on resource: (\S+)|Access to KMS is not allowed/)
    return found && taskCause(task, 'key-denied', { key: found[1] ?? '?', role: lastPart(roleIn(found.input, declared)) })
  },
  (task, declared) => {
    const [, action = '', name = ''] = said(task, DENIED) ?? []
    if (!/^(ssm|secretsmanager):/.test(action)) return undefined
    const role = roleIn(said(task, DENIED)?.input ?? '', declared)
    return taskCause(task, 'secret-denied', { name: shortName(name), role, action })
  },
  (task) => {
    const found = said(task, /invalid (?:ssm )?parameters?: \[?([^\s\],]+)|ParameterNotFound/i)
    return found && taskCause(task, 'parameter-missing', { name: shortName(found[1] ?? '?') })
  },
  (task) => {
    const found = said(task, /did not contain json key (\S+)/i)
    const name = /fetch secret (\S+?) from/.exec(found?.input ?? '')?.[1]
    return found && taskCause(task, 'secret-key-missing', { key: found[1] ?? '?', name: shortName(name ?? '?') })
  },
  (task) => {
    const found = said(task, /can't find the specified secret|marked for deletion/i)
    const name = /fetch secret (\S+?) from/.exec(found?.input ?? '')?.[1]
    return found && taskCause(task, 'secret-missing', { name: shortName(name ?? '?') })
  },
  (task, declared) => {
    const found = said(task, /specified log group does not exist/i)
    return found && taskCause(task, 'log-group-missing', { group: logGroup(task, declared) })
  },
  (task, declared) => {
    const [, action = ''] = said(task, DENIED) ?? []
    if (!action.startsWith('logs:')) return undefined
    const role = roleIn(said(task, DENIED)?.input ?? '', declared)
    return taskCause(task, 'log-denied', { group: logGroup(task, declared), role })
  },
  (task) => {
    const found = said(task, /^ResourceInitializationError/) && said(task, NO_CONNECTION)
    return found && taskCause(task, 'aws-unreachable', { service: found[1]?.trim() ?? serviceIn(found.input) })
  },
]

const serviceIn = (words: string): string =>
  /logger args|Cloudwatch/i.test(words)
    ? 'Amazon CloudWatch Logs'
    : /from asm|secretsmanager|Secrets Manager/i.test(words)
      ? 'AWS Secrets Manager'
      : 'AWS Systems Manager'

function logGroup(task: SeenTask, { logGroups, container }: Declared): string {
  const named = said(task, /log-group:([^:\s]+)/)?.[1]
  const blamed = task.containers.find(({ reason }) => reason)?.name
  return named ?? logGroups[blamed ?? container] ?? Object.values(logGroups)[0] ?? '?'
}

const lastPart = (arn: string): string => arn.split('/').at(-1) ?? arn

/** A parameter or secret as people write it: without the ARN around it, and without JSON key and version behind it. */
const shortName = (name: string): string =>
  /:secret:([^:]+)/.exec(name)?.[1] ?? name.replace(/^arn:[^:]*:ssm:[^:]*:[^:]*:parameter/, '')
