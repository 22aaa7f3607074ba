// genova's auto_deploy and named targets: workflows, rules for branches, and the commands that stand for a target.
import { imports } from '../../../core/messages/import.ts'
import type { Path } from '../../problem.ts'
import { withoutEnvironment } from '../environment-name.ts'
import { type ForeignEnvironment, type ForeignProduct, remarkAt, slug } from '../foreign.ts'
import type { DeployConfig, Step } from './deploy-config.ts'
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
  for (const [at, target] of (targets ?? []).entries()) {
    const environment = known.names.get(target.cluster)
    const path: Path = ['targets', at]
    const command = environment && commandOf(target, environment)
    if (command) notes.push(remarkAt(read, path, imports.target(target.name, command)))
    else
      lost.push(
        remarkAt(read, path, environment ? imports.targetIncomplete(target.name) : imports.clusterUnknown(target.cluster)),
      )
  }
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

function commandOf(target: NonNullable<DeployConfig['targets']>[number], environment: string): string | undefined {
  const { service, run_task, scheduled_task_target } = target
  if (service) return `kiban deploy ${withoutEnvironment(service)} --env ${environment}`
  if (run_task) return `kiban task run ${withoutEnvironment(run_task)} --env ${environment}`
  // A rule is brought with everything that is deployed.
  if (scheduled_task_target) return `kiban deploy --env ${environment}`
  return undefined
}
