// genova's config/deploy.yml, as far as genova itself reads it. Keys that it does not know are told, not refused: genova
// never refused them.
import { z } from 'zod'
import { KibanError } from '../../../core/error.ts'
import { imports } from '../../../core/messages/import.ts'
import { manifestErrors, shape } from '../../../core/messages/manifest.ts'
import { problemsOf } from '../../issues.ts'
import { type Path, pathText, problemLine } from '../../problem.ts'
import { yamlDocument } from '../../yaml-document.ts'
import { isMap, type ReadFile, type Remark, remarkAt } from '../foreign.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const members = z.record(z.string(), z.unknown())

const Build = z.strictObject({
  context: z.string().optional(),
  dockerfile: z.string().optional(),
  args: z.record(z.string(), scalar.nullable()).optional(),
  target: z.string().optional(),
})

const Container = z.strictObject({
  name: z.string(),
  build: z.union([z.string(), Build]),
})

const Network = z.strictObject({
  awsvpc_configuration: z.strictObject({
    subnets: z.array(z.string()).optional(),
    security_groups: z.array(z.string()).optional(),
    assign_public_ip: z.string().optional(),
  }),
})

const unit = {
  path: z.string(),
  containers: z.array(Container).optional(),
  task_overrides: members.optional(),
}

const Service = z.strictObject({
  ...unit,
  desired_count: z.number().optional(),
  force_new_deployment: z.boolean().optional(),
  health_check_grace_period_seconds: z.number().optional(),
  minimum_healthy_percent: z.number().optional(),
  maximum_percent: z.number().optional(),
})

const job = {
  ...unit,
  launch_type: z.string().optional(),
  desired_count: z.number().optional(),
  network_configuration: Network.optional(),
}

const RunTask = z.strictObject({
  ...job,
  group: z.string().optional(),
  task_role: z.string().optional(),
  task_execution_role: z.string().optional(),
  container_overrides: z
    .array(
      z.strictObject({
        name: z.string(),
        command: z.array(scalar).optional(),
        environment: z.array(z.strictObject({ name: z.string(), value: scalar.nullable() })).optional(),
        cpu: z.number().optional(),
        memory: z.number().optional(),
        memory_reservation: z.number().optional(),
      }),
    )
    .optional(),
})

const Target = z.strictObject({
  ...job,
  name: z.string(),
  task_role: z.string().optional(),
  cloudwatch_event_iam_role: z.string().optional(),
  // Pairs of one: `- FOO: bar`.
  container_overrides: z
    .array(
      z.strictObject({
        name: z.string(),
        command: z.array(scalar).optional(),
        environment: z.array(z.record(z.string(), scalar.nullable())).optional(),
      }),
    )
    .optional(),
  depend_service: z.string().optional(),
  // Old spellings of desired_count and container_overrides.
  task_count: z.number().optional(),
  overrides: z.strictObject({ container_overrides: z.array(members).optional() }).optional(),
})

const ScheduledTask = z.strictObject({
  rule: z.string(),
  expression: z.string(),
  enabled: z.boolean().optional(),
  description: z.string().optional(),
  targets: z.array(Target),
})

const Cluster = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), Service).nullish(),
  run_tasks: z.record(z.string(), RunTask).nullish(),
  scheduled_tasks: z.array(ScheduledTask).nullish(),
})

const Step = z.strictObject({
  type: z.enum(['service', 'run_task', 'scheduled_task']),
  cluster: z.string(),
  resources: z.array(z.string()),
  async_wait: z.boolean().optional(),
})

const NamedTarget = z.strictObject({
  name: z.string(),
  cluster: z.string(),
  service: z.string().optional(),
  run_task: z.string().optional(),
  scheduled_task_rule: z.string().optional(),
  scheduled_task_target: z.string().optional(),
})

export const DeployConfig = z.strictObject({
  clusters: z.array(Cluster),
  auto_deploy: z.array(z.strictObject({ branch: z.string(), steps: z.array(Step) })).nullish(),
  targets: z.array(NamedTarget).nullish(),
})
export type DeployConfig = z.infer<typeof DeployConfig>
export type Cluster = z.infer<typeof Cluster>
export type Step = z.infer<typeof Step>
export type NamedTarget = z.infer<typeof NamedTarget>
export type Container = z.infer<typeof Container>

/** Whether a `config/deploy.yml` is genova's: others have a file of this name too. */
export function isDeployConfig(text: string): boolean {
  const { value } = yamlDocument(text, 'foreign')
  return isMap(value) && Array.isArray(value.clusters)
}

/**
 * Reads a file by its schema. What the schema has no key for is in `unknown`. Throws `manifest.invalid` with every mistake
 * and its place: no tag makes an object, and a file that cannot be read is not half read.
 */
export function readForeign<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  text: string,
): { data: z.output<Schema>; read: ReadFile; unknown: Remark[] } {
  const document = yamlDocument(text, 'foreign')
  const read: ReadFile = { file, document }
  const problems = document.problems.map(({ path, ...rest }) => ({ file, path: pathText(path), ...rest }))
  const strict = schema.safeParse(document.value)
  const issues = strict.success || document.value === undefined ? [] : strict.error.issues
  const found = problemsOf(issues, document.value, schema).filter(({ at, text: words }) => !(at === 'key' && isUnknownKey(words)))
  for (const { path, at, text: words, nearest } of found)
    problems.push({ file, ...document.place(path, at), path: pathText(path), text: words, ...(nearest ? { nearest } : {}) })
  if (problems.length > 0) {
    throw new KibanError('invalid', 'manifest.invalid', manifestErrors.invalid(file, problems.length), {
      details: problems.map(problemLine),
      hint: imports.correctHint,
    })
  }
  const extra = unknownKeys(issues)
  const value =
    extra.length > 0 ? schema.parse(without(document.value, new Set(extra.map((path) => JSON.stringify(path))))) : strict.data
  return {
    data: value as z.output<Schema>,
    read,
    unknown: extra.map((path) => remarkAt(read, path, imports.unknownKey(String(path.at(-1))))),
  }
}

const isUnknownKey = (words: { en: string }): boolean => words.en.startsWith(shape.unknownKey('').en.slice(0, -1))

/** Also those inside a branch of a union. */
function unknownKeys(issues: readonly z.core.$ZodIssue[], base: Path = []): Path[] {
  return issues.flatMap((issue): Path[] => {
    const path: Path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key])
    if (issue.code !== 'invalid_union') return []
    const meant = issue.errors.find((branch) => branch.length > 0 && branch.every(({ code }) => code === 'unrecognized_keys'))
    return meant ? unknownKeys(meant, path) : []
  })
}

function without(value: unknown, paths: ReadonlySet<string>, path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((inner, at) => without(inner, paths, [...path, at]))
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([key]) => !paths.has(JSON.stringify([...path, key])))
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, paths, [...path, key])]))
}
