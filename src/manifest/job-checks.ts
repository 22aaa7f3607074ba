import { checks } from '../core/messages/manifest.ts'
import type { Text } from '../core/text.ts'
import type { Declared, Finding, Written } from './checks.ts'
import { cronProblems } from './cron.ts'
import type { Manifest } from './manifest.ts'
import { nearest } from './nearest.ts'
import type { Path } from './problem.ts'

const workKinds = ['deploy', 'run', 'schedule'] as const
const stepKinds = [...workKinds, 'approve', 'parallel'] as const

type Work = Pick<
  NonNullable<Manifest['workflows']>[string]['steps'][number],
  'deploy' | 'run' | 'schedule' | 'product' | 'ref' | 'environment'
>

/** What does not fit in schedules, tasks, workflows, automatic deploys and environments. */
export function jobProblems(manifest: Manifest, declared: Declared, written: Written): Finding[] {
  const found: Finding[] = []
  const tell = (path: Path, text: Text, near?: string, at: Finding['at'] = 'value') =>
    found.push({
      path,
      at,
      text: near ? { en: `${text.en}; did you mean ${near}?`, ja: `${text.ja}。${near} ではありませんか` } : text,
      nearest: near,
    })
  const known = (path: Path, name: string, kind: keyof Declared, unknown: (name: string) => Text, at?: Finding['at']) => {
    if (!declared[kind].includes(name)) tell(path, unknown(name), nearest(name, declared[kind]), at)
  }

  const workProblems = (path: Path, work: Work) => {
    const other = work.product !== undefined && work.product !== manifest.product
    if (work.ref !== undefined && !other) tell([...path, 'ref'], checks.refOfOwn, undefined, 'key')
    // Names of another product are known to its own manifest only.
    if (other) return
    if (work.environment !== undefined)
      known([...path, 'environment'], work.environment, 'environments', checks.unknownEnvironment)
    for (const [at, service] of (work.deploy ?? []).entries())
      known([...path, 'deploy', at], service, 'services', checks.unknownService)
    for (const [at, task] of (work.run ?? []).entries()) known([...path, 'run', at], task, 'tasks', checks.unknownTask)
    for (const [at, schedule] of (work.schedule ?? []).entries())
      known([...path, 'schedule', at], schedule, 'schedules', checks.unknownSchedule)
  }

  for (const [name, task] of Object.entries(manifest.tasks ?? {})) {
    known(['tasks', name, 'service'], task.service, 'services', checks.unknownService)
  }
  for (const [name, schedule] of Object.entries(manifest.schedules ?? {})) {
    const path: Path = ['schedules', name]
    known([...path, 'service'], schedule.service, 'services', checks.unknownService)
    if ((written([...path, 'cron']) === undefined) === (written([...path, 'rate']) === undefined))
      tell(path, checks.when, undefined, 'key')
    if (schedule.cron !== undefined)
      for (const problem of cronProblems(schedule.cron)) tell([...path, 'cron'], problem.text, problem.nearest)
    const right = schedule.rate === undefined ? undefined : rightRate(schedule.rate)
    if (right !== undefined && right !== schedule.rate) tell([...path, 'rate'], checks.rateUnit(right))
    if (schedule.timezone !== undefined && !isTimezone(schedule.timezone))
      tell([...path, 'timezone'], checks.timezone, nearestTimezone(schedule.timezone))
  }
  for (const [name, workflow] of Object.entries(manifest.workflows ?? {})) {
    for (const [index, step] of workflow.steps.entries()) {
      const path: Path = ['workflows', name, 'steps', index]
      const has = (key: string) => written([...path, key]) !== undefined
      if (stepKinds.filter(has).length !== 1) tell(path, checks.stepKinds)
      if (has('approvals') && !has('approve')) tell([...path, 'approvals'], checks.onlyWith('approve'), undefined, 'key')
      for (const key of ['product', 'ref', 'environment'])
        if (has(key) && (has('approve') || has('parallel')))
          tell([...path, key], checks.onlyWith('deploy, run, schedule'), undefined, 'key')
      for (const [at, environment] of (step.when?.environment ?? []).entries())
        known([...path, 'when', 'environment', at], environment, 'environments', checks.unknownEnvironment)
      workProblems(path, step)
      for (const [at, part] of (step.parallel ?? []).entries()) {
        const inner: Path = [...path, 'parallel', at]
        if (workKinds.filter((kind) => written([...inner, kind]) !== undefined).length !== 1) tell(inner, checks.workKinds)
        workProblems(inner, part)
      }
    }
  }
  for (const [branch, rule] of Object.entries(manifest.auto_deploy ?? {})) {
    known(['auto_deploy', branch, 'environment'], rule.environment, 'environments', checks.unknownEnvironment)
    if (rule.workflow !== undefined)
      known(['auto_deploy', branch, 'workflow'], rule.workflow, 'workflows', checks.unknownWorkflow)
  }
  for (const [name, environment] of Object.entries(manifest.environments ?? {})) {
    const path: Path = ['environments', name]
    for (const service of Object.keys(environment.services ?? {}))
      known([...path, 'services', service], service, 'services', checks.unknownService, 'key')
    for (const task of Object.keys(environment.tasks ?? {}))
      known([...path, 'tasks', task], task, 'tasks', checks.unknownTask, 'key')
    for (const schedule of Object.keys(environment.schedules ?? {}))
      known([...path, 'schedules', schedule], schedule, 'schedules', checks.unknownSchedule, 'key')
  }
  return found
}

/** EventBridge Scheduler: "unit … minute | minutes | hour | hours | day | days", singular for 1 only. */
function rightRate(rate: string): string {
  const [value, unit] = rate.split(' ')
  return `${value} ${unit?.replace(/s$/, '')}${value === '1' ? '' : 's'}`
}

function isTimezone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return !/^[+-]/.test(name) && (timeZone.toLowerCase() !== name.toLowerCase() || timeZone === name)
  } catch {
    return false
  }
}

function nearestTimezone(name: string): string | undefined {
  const zones = Intl.supportedValuesOf('timeZone')
  const city = name.split('/').at(-1)?.toLowerCase().replaceAll(' ', '_')
  return nearest(name, zones) ?? zones.find((zone) => zone.toLowerCase().endsWith(`/${city}`))
}
