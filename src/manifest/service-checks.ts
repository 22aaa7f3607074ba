import { checks } from '../core/messages/manifest.ts'
import type { Declared, Finding, Written } from './checks.ts'
import type { EnvironmentManifest, ServiceManifest } from './environment.ts'
import { TARGET_GROUP_CHARACTERS } from './names.ts'
import { nearest } from './nearest.ts'
import type { Path } from './problem.ts'
import { serviceShape } from './service.ts'
import { isFargateSize, nearestFargateSize, sizeText } from './size.ts'

// IAM "RoleName: Maximum length of 64", ECR CreateRepository 256, ECS service and family 255, CloudWatch Logs group 512.
const limits = [
  ['names', 'service', 'ECS service', 255],
  ['names', 'family', 'task family', 255],
  ['names', 'cluster', 'ECS cluster', 255],
  ['names', 'targetGroup', 'target group', TARGET_GROUP_CHARACTERS],
  ['names', 'executionRole', 'execution role', 64],
  ['names', 'taskRole', 'task role', 64],
  ['names', 'repository', 'repository', 256],
  ['names', 'logGroup', 'log group', 512],
] as const

// Formats that are a secret and nothing else: AWS access keys, private keys, GitHub and Slack tokens, passwords in URLs.
const SECRET_FORMATS = [
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bgh[pousr]_[A-Za-z0-9]{36}/,
  /\bgithub_pat_[A-Za-z0-9_]{22,}/,
  /\bxox[abpsr]-[A-Za-z0-9-]{10,}/,
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i,
]

/** Whether a value is a secret by its form. */
export const looksSecret = (value: string): boolean => SECRET_FORMATS.some((format) => format.test(value))

/** What does not fit within one service, as one environment has it. Paths are those of the base. */
export function serviceProblems(
  service: ServiceManifest,
  here: EnvironmentManifest,
  declared: Declared,
  written: Written,
): Finding[] {
  const base: Path = ['services', service.name]
  const found: Finding[] = []
  const patch: Path = ['environments', here.environment, ...base]
  const has = (...keys: string[]) => [base, patch].some((path) => written([...path, ...keys]) !== undefined)
  const tell = (keys: Path, text: Finding['text'], near?: string, at: Finding['at'] = 'value') =>
    found.push({
      path: [...base, ...keys],
      at,
      text: near ? { en: `${text.en}; did you mean ${near}?`, ja: `${text.ja}。${near} ではありませんか` } : text,
      nearest: near,
    })

  if (service.build && service.image !== undefined) tell([], checks.imageAndBuild, undefined, 'key')
  if (!['build', 'image', 'definition'].some((key) => has(key)) && !misspelt(written(base)))
    tell([], checks.imageOrBuild, undefined, 'key')
  if (written([...base, 'port']) !== undefined && written([...base, 'ports']) !== undefined)
    tell(['ports'], checks.portAndPorts, undefined, 'key')

  const asked = service.health.path !== undefined
  if (asked && service.ports.length === 0 && !has('port') && !has('ports')) tell(['health'], checks.healthWithoutPort)
  else if (asked && service.ports.length > 0 && !service.balanced) tell(['health'], checks.healthWithoutBalancer)
  const { interval, timeout } = service.health
  if (interval !== undefined && timeout !== undefined && timeout >= interval) tell(['health', 'timeout'], checks.healthTimeout)

  const onFargate = !('launch' in service.capacity) || service.capacity.launch !== 'ec2'
  if (onFargate && !isFargateSize(service.size)) {
    tell(['size'], checks.fargateSize(sizeText(service.size)), sizeText(nearestFargateSize(service.size)))
  }

  for (const [index, task] of service.before.entries()) {
    const owner = here.tasks[task]?.service
    if (!declared.tasks.includes(task)) tell(['before', index], checks.unknownTask(task), nearest(task, declared.tasks))
    else if (service.before.indexOf(task) !== index) tell(['before', index], checks.taskTwice(task))
    else if (owner !== undefined && owner !== service.name && declared.services.includes(owner))
      tell(['before', index], checks.taskOfOther(task, owner))
  }

  for (const [variable, value] of Object.entries(service.env)) {
    if (Object.hasOwn(service.secrets, variable)) tell(['env', variable], checks.variableTwice(variable), undefined, 'key')
    if (looksSecret(value)) tell(['env', variable], checks.secretInEnv(variable), undefined, 'key')
  }
  for (const [variable, reference] of Object.entries(service.secrets)) {
    if (reference.startsWith('secretsmanager:')) tell(['secrets', variable], checks.secretPlace)
  }

  for (const [, key, what, limit] of limits) {
    const name = service.names[key]
    const short = name.startsWith('arn:') ? (name.split('/').at(-1) ?? '') : name
    if (short.length > limit && !(key === 'targetGroup' && !service.balanced))
      tell([], checks.nameTooLong(what, short, limit), undefined, 'key')
  }

  const strategies = [base, patch].map((path) => written([...path, 'deploy', 'strategy']))
  return [...found, ...rolloutProblems(service, base, has, strategies)]
}

/** Whether a key that is told as unknown was to be the build or the image. */
function misspelt(service: unknown): boolean {
  const unknown = Object.keys(service ?? {}).filter((key) => !Object.hasOwn(serviceShape, key))
  return unknown.some((key) => ['build', 'image'].includes(nearest(key, Object.keys(serviceShape)) ?? ''))
}

function rolloutProblems(
  service: ServiceManifest,
  base: Path,
  has: (...keys: string[]) => boolean,
  strategyWritten: unknown[],
): Finding[] {
  const { deploy, count } = service
  const found: Finding[] = []
  const path = (key: string): Path => [...base, 'deploy', key]
  const desired = Math.max(1, count.min)
  const room = Math.floor((desired * deploy.maximumPercent) / 100) - desired
  const spare = desired - Math.ceil((desired * deploy.minimumPercent) / 100)
  // Where the number of tasks is left as it is, nobody knows it here.
  if (deploy.strategy === 'rolling' && !count.kept && room < 1 && spare < 1) {
    found.push({
      path: path(has('deploy', 'maximum_percent') ? 'maximum_percent' : 'minimum_percent'),
      at: 'value',
      text: checks.stuckRollout(desired),
    })
  }
  const meaning: Record<string, readonly string[]> = {
    percent: ['canary', 'linear'],
    step_bake: ['canary', 'linear'],
    bake: ['blue-green', 'canary', 'linear'],
    test_listener_rule: ['blue-green', 'canary', 'linear'],
    early_success: ['rolling'],
  }
  if (has('deploy', 'strategy') && !strategyWritten.includes(deploy.strategy)) return found
  for (const [key, strategies] of Object.entries(meaning)) {
    if (has('deploy', key) && !strategies.includes(deploy.strategy)) {
      found.push({ path: path(key), at: 'key', text: checks.wrongStrategy(key, deploy.strategy) })
    }
  }
  return found
}
