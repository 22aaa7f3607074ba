// genova's own settings.yml: workflows become those of manifests, permissions become proposed roles, repositories become
// entries of the catalogue.
import { z } from 'zod'
import { imports } from '../../../core/messages/import.ts'
import type { Path } from '../../problem.ts'
import { environmentNames, withoutEnvironment } from '../environment-name.ts'
import { type ReadFile, type Remark, remarkAt, slug } from '../foreign.ts'
import { readForeign } from './deploy-config.ts'

const Step = z.strictObject({
  repository: z.string(),
  branch: z.string().optional(),
  cluster: z.string(),
  type: z.enum(['service', 'run_task', 'scheduled_task']),
  resources: z.array(z.string()).min(1),
  async_wait: z.boolean().optional(),
})
type Step = z.infer<typeof Step>

const Permission = z.strictObject({
  policy: z.string(),
  resources: z.array(z.string()),
  allow_users: z.array(z.string()),
})

/** The rest concerns genova's own servers. */
const Settings = z.looseObject({
  github: z
    .looseObject({
      account: z.string().nullish(),
      repositories: z
        .array(z.strictObject({ name: z.string(), base_path: z.string().nullish(), alias: z.string().nullish() }))
        .nullish(),
    })
    .nullish(),
  workflows: z.array(z.strictObject({ name: z.string(), steps: z.array(Step).min(1) })).nullish(),
  slack: z.looseObject({ permissions: z.array(Permission).nullish() }).nullish(),
})
type Settings = z.infer<typeof Settings>

export interface ImportedSettings {
  /** Workflows by the product in whose manifest they belong, then by name. */
  workflows: Record<string, Record<string, { steps: Record<string, unknown>[] }>>
  /** `kiban grant give …`, to be looked at by somebody who knows the people. */
  grants: string[]
  /** `kiban product add …` */
  products: string[]
  lost: Remark[]
  notes: Remark[]
}

/** `services` are those that a repository is known to have, by its name. Throws `manifest.invalid`. */
export function importSettings(file: string, text: string, services: ReadonlyMap<string, readonly string[]>): ImportedSettings {
  const { data, read } = readForeign(Settings, file, text)
  const made: ImportedSettings = { workflows: {}, grants: [], products: [], lost: [], notes: [] }
  const reading: Reading = { data, read, services, made }
  for (const key of Object.keys(data).filter((one) => !['github', 'workflows', 'slack'].includes(one)))
    made.lost.push(remarkAt(read, [key], imports.settingKey(key)))
  for (const [section, kept] of [
    ['github', ['account', 'repositories']],
    ['slack', ['permissions']],
  ] as const) {
    const others = Object.keys(data[section] ?? {}).filter((key) => !(kept as readonly string[]).includes(key))
    for (const key of others) made.lost.push(remarkAt(read, [section, key], imports.settingKey(key)))
  }
  addProducts(reading)
  addWorkflows(reading)
  addGrants(reading)
  return made
}

interface Reading {
  data: Settings
  read: ReadFile
  services: ReadonlyMap<string, readonly string[]>
  made: ImportedSettings
}

function addProducts({ data, read, made }: Reading): void {
  const { account, repositories } = data.github ?? {}
  const aliases = new Set<string>()
  for (const [at, { name, alias }] of (repositories ?? []).entries()) {
    const path: Path = ['github', 'repositories', at]
    if (alias && aliases.has(alias)) made.lost.push(remarkAt(read, [...path, 'alias'], imports.aliasTwice(alias)))
    if (alias) aliases.add(alias)
    if (!account) made.lost.push(remarkAt(read, path, imports.noAccount))
    // A monorepo's base paths are one product: its deploy files are read together.
    else made.products.push(`kiban product add git@github.com:${account}/${name}.git`)
  }
  made.products = [...new Set(made.products)]
}

/** An alias is a base path of a repository. */
const repositoryOf = ({ github }: Settings, name: string): string =>
  github?.repositories?.find(({ alias }) => alias === name)?.name ?? name

function addWorkflows({ data, read, services, made }: Reading): void {
  const clusters = environmentNames([
    ...new Set((data.workflows ?? []).flatMap(({ steps }) => steps.map(({ cluster }) => cluster))),
  ])
  const listed = data.github?.repositories?.flatMap(({ name, alias }) => (alias ? [name, alias] : [name]))
  for (const [at, { name, steps }] of (data.workflows ?? []).entries()) {
    const path: Path = ['workflows', at]
    const workflow = slug(name)
    const product = slug(repositoryOf(data, steps[0]?.repository ?? ''))
    if (!workflow || !product) {
      made.lost.push(remarkAt(read, [...path, 'name'], imports.noName(name)))
      continue
    }
    for (const [index, step] of steps.entries()) {
      const key: Path = [...path, 'steps', index, 'repository']
      if (listed && !listed.includes(step.repository))
        made.notes.push(remarkAt(read, key, imports.repositoryUnknown(step.repository)))
      const slip = slipOf(step, steps, services.get(repositoryOf(data, step.repository)))
      if (slip) made.notes.push(remarkAt(read, key, imports.otherRepository(slip, step.repository)))
    }
    for (const branch of new Set(steps.flatMap((step) => step.branch ?? []))) {
      const index = steps.findIndex((step) => step.branch === branch)
      made.notes.push(remarkAt(read, [...path, 'steps', index, 'branch'], imports.stepBranch(branch)))
    }
    const environments = steps.map(({ cluster }) => clusters.get(cluster))
    const [usual] = environments
    if (usual && environments.some((one) => one !== usual)) made.notes.push(remarkAt(read, path, imports.runFor(workflow, usual)))
    const of = made.workflows[product] ?? {}
    of[workflow] = {
      steps: steps.flatMap((step, index) => {
        const own = slug(repositoryOf(data, step.repository))
        const environment = environments[index]
        return stepsOf(step, {
          ...(own === product ? {} : { product: own }),
          ...(environment === usual ? {} : { environment }),
        })
      }),
    }
    made.workflows[product] = of
  }
}

/**
 * A step that releases what is called like no part of its repository, where another step shows that resources are called
 * like their repositories: copied, and the repository forgotten.
 */
function slipOf(step: Step, steps: readonly Step[], known: readonly string[] | undefined): string | undefined {
  const odd = step.resources.find((resource) => resource !== step.repository && !known?.includes(resource))
  const isNamedAlike = steps.some((other) => other.repository === step.repository && other.resources.includes(other.repository))
  return step.type === 'service' && odd !== undefined && isNamedAlike ? odd : undefined
}

/** `other` names the product and the environment where they are not the workflow's own. */
function stepsOf(step: Step, other: { product?: string; environment?: string }): Record<string, unknown>[] {
  const key = { service: 'deploy', run_task: 'run', scheduled_task: 'schedule' }[step.type]
  const names = step.resources.map((resource) => withoutEnvironment(resource.split(':').at(-1) ?? resource) ?? resource)
  return step.async_wait ? [{ ...other, [key]: names }] : names.map((name) => ({ ...other, [key]: [name] }))
}

const places = {
  repository: (name: string) => [`--product ${slug(name)}`],
  cluster: (name: string) => [`--env ${environmentNames([name]).get(name)}`],
} as const

function addGrants({ data, read, made }: Reading): void {
  for (const [at, { policy, resources, allow_users }] of (data.slack?.permissions ?? []).entries()) {
    const path: Path = ['slack', 'permissions', at]
    const known = knownOf(policy, data)
    if (!known) {
      made.lost.push(remarkAt(read, [...path, 'policy'], imports.permissionPolicy(policy)))
      continue
    }
    const flags = resources.includes('*')
      ? ['']
      : resources.flatMap((pattern) => {
          const matching = pattern.includes('*') ? Object.keys(known).filter((name) => matches(pattern, name)) : [pattern]
          if (matching.length === 0) made.lost.push(remarkAt(read, [...path, 'resources'], imports.noMeaning(pattern)))
          return matching.map((name) => known[name] ?? placeOf(policy, name))
        })
    for (const user of allow_users) {
      if (user.includes('*')) made.notes.push(remarkAt(read, [...path, 'allow_users'], imports.permissionEverybody))
      else made.grants.push(...flags.map((flag) => ['kiban grant give', user, 'developer', flag].filter(Boolean).join(' ')))
    }
  }
  made.grants = [...new Set(made.grants)]
}

const placeOf = (policy: string, name: string): string =>
  policy === 'cluster' ? places.cluster(name).join(' ') : places.repository(name).join(' ')

/** What a policy is about, and where a role for it is given. */
function knownOf(policy: string, data: Settings): Record<string, string> | undefined {
  const workflows = data.workflows ?? []
  switch (policy) {
    case 'repository': {
      const names = (data.github?.repositories ?? []).map(({ name }) => name)
      return Object.fromEntries(names.map((name) => [name, placeOf('repository', name)]))
    }
    case 'cluster': {
      const names = workflows.flatMap(({ steps }) => steps.map(({ cluster }) => cluster))
      return Object.fromEntries(names.map((name) => [name, placeOf('cluster', name)]))
    }
    case 'workflow':
      return Object.fromEntries(
        workflows.map(({ name, steps }) => [name, placeOf('repository', repositoryOf(data, steps[0]?.repository ?? name))]),
      )
    default:
      return undefined
  }
}

/** Anchored at both ends. */
const matches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(name)
