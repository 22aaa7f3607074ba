// genova's auto_deploy and named targets: workflows, and rules for branches.
import { imports } from '../../../core/messages/import.ts'
import type { Path } from '../../problem.ts'
import { withoutEnvironment } from '../environment-name.ts'
import { type ForeignEnvironment, type ForeignProduct, remarkAt, slug } from '../foreign.ts'
import type { DeployConfig, NamedTarget, Step } from './deploy-config.ts'
import type { Reading } from './import-genova.ts'

interface Known {
  /** Environments by cluster. */
  names: ReadonlyMap<string, string>
  environments: ReadonlyMap<string, ForeignEnvironment>
  workflows: ForeignProduct['workflows']
  rules: ForeignProduct['auto_deploy']
}

export function branchRules({ auto_deploy, targets }: DeployConfig, reading: Reading, known: Known): void {
  const { read, lost, notes } = reading
  for (const [at, { branch, steps }] of (auto_deploy ?? []).entries()) {
    const path: Path = ['auto_deploy', at]
    if (Object.hasOwn(known.rules, branch)) {
      lost.push(remarkAt(read, [...path, 'branch'], imports.branchTwice(branch)))
      continue
    }
    const unknown = steps.find(({ cluster }) => !known.names.has(cluster))
    const environment = known.names.get(steps[0]?.cluster ?? '')
    if (unknown || environment === undefined) {
      lost.push(remarkAt(read, path, imports.clusterUnknown(unknown?.cluster ?? '')))
      continue
    }
    const made = steps.flatMap((step, index) => {
      const of = known.names.get(step.cluster)
      const other = of === environment ? {} : { environment: of }
      return stepsOf(step, [...path, 'steps', index], reading, known).map((one) => ({ ...other, ...one }))
    })
    if (made.length === 0) continue
    const name = freeName(`on-${slug(branch) ?? 'push'}`, known.workflows)
    known.workflows[name] = { steps: made }
    known.rules[branch] = { environment, workflow: name }
    if (branch.includes('*')) notes.push(remarkAt(read, [...path, 'branch'], imports.branchPattern(branch)))
  }
  for (const [at, target] of (targets ?? []).entries()) namedTarget(target, ['targets', at], reading, known)
}

/** What has a name of its own in genova is a workflow of one step of that name here. */
function namedTarget(target: NamedTarget, path: Path, reading: Reading, known: Known): void {
  const { read, lost, notes } = reading
  const environment = known.names.get(target.cluster)
  const { service, run_task, scheduled_task_rule, scheduled_task_target } = target
  const [type, resource] = service
    ? (['service', service] as const)
    : run_task
      ? (['run_task', run_task] as const)
      : (['scheduled_task', [scheduled_task_rule, scheduled_task_target].filter(Boolean).join(':')] as const)
  if (environment === undefined) {
    lost.push(remarkAt(read, path, imports.clusterUnknown(target.cluster)))
    return
  }
  if (resource === '') {
    lost.push(remarkAt(read, path, imports.targetIncomplete(target.name)))
    return
  }
  const steps = stepsOf({ type, cluster: target.cluster, resources: [resource] }, path, reading, known)
  if (steps.length === 0) return
  const name = freeName(slug(target.name) ?? 'target', known.workflows)
  known.workflows[name] = { steps: steps.map((step) => ({ ...step, environment })) }
  notes.push(remarkAt(read, path, imports.target(target.name, `kiban workflow run ${name} --env ${environment}`)))
}

const freeName = (name: string, taken: object): string => {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`
    if (!Object.hasOwn(taken, free)) return free
  }
}

/** genova goes resource by resource; with `async_wait` it does not wait, which is to deploy them together. */
function stepsOf(step: Step, path: Path, { read, lost }: Reading, { names, environments }: Known): Record<string, unknown>[] {
  const environment = environments.get(names.get(step.cluster) ?? '')
  const kinds = {
    service: ['deploy', environment?.services],
    run_task: ['run', environment?.tasks],
    scheduled_task: ['schedule', environment?.schedules],
  } as const
  const [key, declared] = kinds[step.type]
  const found = step.resources.flatMap((resource, at) => {
    const name = nameOf(resource, declared)
    if (name === undefined)
      lost.push(remarkAt(read, [...path, 'resources', at], imports.resourceUnknown(step.type, resource, step.cluster)))
    return name ?? []
  })
  if (found.length === 0) return []
  return step.async_wait ? [{ [key]: found }] : found.map((name) => ({ [key]: [name] }))
}

/** What a resource is called here: its own name, or `rule:target` of a scheduled task. */
export function nameOf(resource: string, declared: ReadonlyMap<string, unknown> | undefined): string | undefined {
  const [rule = '', target] = resource.split(':')
  const candidates = target === undefined ? [resource] : [`${rule}-${target}`, target]
  return candidates
    .flatMap((name) => [withoutEnvironment(name), slug(name)])
    .find((name) => name !== undefined && declared?.has(name))
}
