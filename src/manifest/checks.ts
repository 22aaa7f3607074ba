// What no single key can tell: whether the parts of a manifest fit each other, in every environment.
import { checks, notices as noticeTexts } from '../core/messages/manifest.ts'
import type { Text } from '../core/text.ts'
import { type EnvironmentManifest, environmentsOf, forEnvironment } from './environment.ts'
import { valueAt } from './issues.ts'
import { jobProblems } from './job-checks.ts'
import type { Manifest } from './manifest.ts'
import type { Path } from './problem.ts'
import { serviceProblems } from './service-checks.ts'

/** A finding of a check: about a key, or about its value. */
export interface Finding {
  path: Path
  at: 'key' | 'value'
  text: Text
  nearest?: string
}

/** What was written at a path, valid or not. */
export type Written = (path: Path) => unknown

/** Names that were declared, also those whose own content is wrong: nobody is told twice. */
export interface Declared {
  services: string[]
  schedules: string[]
  tasks: string[]
  environments: string[]
  workflows: string[]
}

export function findings(manifest: Manifest, raw: unknown): Finding[] {
  const written: Written = (path) => valueAt(raw, path)
  const keys = (path: Path) => Object.keys((valueAt(raw, path) as object | undefined | null) ?? {})
  const declared: Declared = {
    services: keys(['services']),
    schedules: keys(['schedules']),
    tasks: keys(['tasks']),
    workflows: keys(['workflows']),
    environments: keys(['environments']).length > 0 ? keys(['environments']) : Object.keys(environmentsOf(manifest)),
  }
  const found = jobProblems(manifest, declared, written)
  for (const environment of Object.keys(environmentsOf(manifest))) {
    if (environment === 'general')
      found.push({ path: ['environments', environment], at: 'key', text: checks.reservedEnvironment })
    const here: EnvironmentManifest = forEnvironment(manifest, environment)
    found.push(...missingHere(here, declared))
    for (const service of Object.values(here.services)) {
      for (const finding of serviceProblems(service, here, declared, written)) {
        const patched = ['environments', environment, ...finding.path]
        found.push({ ...finding, path: finding.path.length > 2 && written(patched) !== undefined ? patched : finding.path })
      }
    }
  }
  const seen = new Set<string>()
  return found.filter(({ path, text }) => {
    const key = `${path.join('/')} ${text.en}`
    return !seen.has(key) && seen.add(key)
  })
}

/** What an environment keeps although it took away what that needs. */
function missingHere(here: EnvironmentManifest, declared: Declared): Finding[] {
  const base: Path = ['environments', here.environment]
  const jobs = [...Object.values(here.tasks), ...Object.values(here.schedules)]
  const withoutService = jobs.filter(({ service }) => declared.services.includes(service) && !here.services[service])
  const withoutTask = Object.values(here.services).flatMap(({ name, before }) =>
    before.filter((task) => declared.tasks.includes(task) && !here.tasks[task]).map((task) => ({ name, task })),
  )
  return [
    ...withoutService.map(({ name, service }) => ({
      path: [...base, 'services', service],
      at: 'key' as const,
      text: checks.takenAway(service, name),
    })),
    ...withoutTask.map(({ name, task }) => ({
      path: [...base, 'tasks', task],
      at: 'key' as const,
      text: checks.takenAway(task, name),
    })),
  ]
}

const SUSPICIOUS = /(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_KEY|CREDENTIALS?)$/

export function noticesOf(manifest: Manifest): Finding[] {
  const found: Finding[] = []
  for (const [name, service] of Object.entries(manifest.services)) {
    for (const [variable, value] of Object.entries(service.env ?? {})) {
      if (SUSPICIOUS.test(variable.toUpperCase()) && value !== '') {
        found.push({ path: ['services', name, 'env', variable], at: 'key', text: noticeTexts.suspiciousVariable(variable) })
      }
    }
    const hasPort = service.port !== undefined || service.ports !== undefined
    if (hasPort && !service.health && service.load_balancer !== false) {
      found.push({ path: ['services', name], at: 'key', text: noticeTexts.healthMissing })
    }
  }
  return found
}
