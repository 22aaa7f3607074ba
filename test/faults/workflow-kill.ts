// Runs of a workflow whose process is killed with SIGKILL, and finished by another.
import { type WorkflowRun, workflowStates, workflowSubject } from '../../src/capabilities/deploy/workflows/workflow-run.ts'
import { findWorkflowRun, openWorkflowRuns } from '../../src/capabilities/deploy/workflows/workflow-store.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import type { Database } from '../../src/database/database.ts'
import { eventsAbout } from '../../src/database/events.ts'
import { brokenPromises, storedFaults, withDatabase } from './aftermath.ts'
import { Crew, type Ground, killedAtCall } from './kill.ts'

/** How a run goes when nobody disturbs it: the deployments that it makes, in order, with how each ends. */
const courses = {
  /** The migration, api, web. */
  update: { verdict: 'succeeded', deployments: ['succeeded', 'succeeded'] },
  /** web fails when api has rolled: that one is taken back. */
  restore: { verdict: 'rolled-back', deployments: ['succeeded', 'rolled-back', 'succeeded'] },
} as const satisfies Record<string, { verdict: Verdict; deployments: Verdict[] }>

export interface WorkflowKilling {
  course: keyof typeof courses
  moment:
    | { state: WorkflowRun['state'] }
    /** This step, from 0, has begun or ended. */
    | { step: number; is: 'begun' | 'ended' }
    | { call: string; nth: number; request: 'lost' | 'late' | 'answered' }
}

const everyWay = (call: string, nth: number) => (['lost', 'late', 'answered'] as const).map((request) => ({ call, nth, request }))
const each = (course: WorkflowKilling['course'], moments: WorkflowKilling['moment'][]): WorkflowKilling[] =>
  moments.map((moment) => ({ course, moment }))

/** Every state, both ends of every step, and every request that changes something in AWS. */
export const workflowKillings: WorkflowKilling[] = [
  ...each('update', [{ state: 'preparing' }, { state: 'planned' }, { state: 'running' }]),
  ...each(
    'update',
    [0, 1, 2].flatMap((step) => [
      { step, is: 'begun' as const },
      { step, is: 'ended' as const },
    ]),
  ),
  ...each('update', [...everyWay('ecs:RegisterTaskDefinition', 1), ...everyWay('ecs:RunTask', 1), ...everyWay('ecs:RunTask', 2)]),
  ...each('update', [...everyWay('ecs:UpdateService', 1), ...everyWay('ecs:UpdateService', 2)]),
  ...each('restore', [{ state: 'returning' }, ...everyWay('ecs:UpdateService', 3)]),
]

export const workflowKillingText = ({ course, moment }: WorkflowKilling): string =>
  `${course}: ${
    'state' in moment
      ? moment.state
      : 'step' in moment
        ? `step ${moment.step + 1} ${moment.is}`
        : `${moment.call} (${moment.nth}), ${moment.request}`
  }`

interface Told {
  run?: Pick<WorkflowRun, 'id' | 'state' | 'steps'>
}

/** Runs the workflow, kills its process at the moment, lets another finish, and looks at what is left. */
export async function killedWorkflow(
  ground: Ground,
  { course, moment }: WorkflowKilling,
): Promise<{ kills: number; faults: string[] }> {
  ground.product.release(course)
  const crew = new Crew(ground)
  try {
    const first = crew.start<Told>(['workflow', 'run', 'release', '--env', ground.environment, '--yes', '--json'])
    const began = first.item(({ run }) => run !== undefined)
    const due = 'call' in moment ? killedAtCall(ground.wire, first, moment) : first.item((item) => hasCome(item, moment))
    await Promise.race([due, first.ended])
    await first.kill()
    const kills = (await first.ended) === null ? 1 : 0
    ground.wire.decide = () => undefined
    const id = (await began)?.run?.id ?? (await withDatabase(ground, openWorkflowRuns)).at(-1)
    if (id === undefined) return { kills, faults: [`it never began: ${await first.stderr}`] }
    const second = crew.start<Told>(['workflow', 'watch', id, '--json'])
    await second.ended
    const faults = await withDatabase(ground, (database) => faultsOfRun(ground, database, id, course))
    return { kills, faults: faults.length > 0 ? [...faults, await second.stderr] : [] }
  } finally {
    await crew.kill()
  }
}

function hasCome({ run }: Told, moment: Exclude<WorkflowKilling['moment'], { call: string }>): boolean {
  if (!run) return false
  if ('state' in moment) return workflowStates.indexOf(run.state) >= workflowStates.indexOf(moment.state)
  const step = run.steps[moment.step]
  return (moment.is === 'begun' ? step?.startedAt : step?.endedAt) !== undefined
}

/** One verdict, told once; no second deployment, task or way back; nothing open; each deployment keeps its own promises. */
async function faultsOfRun(
  { cloud }: Ground,
  database: Database,
  id: string,
  course: WorkflowKilling['course'],
): Promise<string[]> {
  const wrong: string[] = []
  const { verdict, deployments: expected } = courses[course]
  const run = await findWorkflowRun(database, id)
  if (run?.state !== 'done' || run.verdict !== verdict)
    return [`ended as ${run?.state} ${run?.verdict}, not ${verdict}: ${run?.error?.text.en ?? 'no error'}`]
  const events = await eventsAbout(database, workflowSubject(run))
  if (events.filter(({ type }) => type === 'workflow.ended').length !== 1) wrong.push('it did not end once')
  if (events.at(-1)?.type !== 'workflow.ended') wrong.push(`${events.at(-1)?.type} came after the end`)
  const steps = events.filter(({ type }) => type.startsWith('workflow.step-'))
  for (const [what, told] of Map.groupBy(steps, ({ type, data }) => `${type} ${(data as { step: number }).step}`))
    if (told.length > 1) wrong.push(`${told.length} × ${what}`)
  const parts = run.steps.flatMap((step) => step.parts)
  const returns = parts.flatMap(({ returned }) => returned ?? []).flatMap(({ child }) => child ?? [])
  const children = [...parts.flatMap((part) => part.children), ...returns]
  const made = await database.query<{ id: string; verdict: Verdict }>(
    'select id, verdict from deploy_deployments where environment = $1 and created_at >= to_timestamp($2::double precision / 1000) order by created_at, id',
    [run.environment, run.createdAt],
  )
  const verdicts = made.map((one) => one.verdict)
  if (verdicts.join() !== expected.join())
    wrong.push(`its deployments ended as ${verdicts.join(', ')}, not ${expected.join(', ')}`)
  for (const one of made) {
    if (!children.some((child) => child.id === one.id)) wrong.push(`${one.id} is none of its own`)
    // What was taken back no longer runs.
    const isPast = returns.length > 0 && one.verdict === 'succeeded' && !returns.some((back) => back.id === one.id)
    const kept = isPast ? storedFaults(database, one.id, one.verdict) : brokenPromises(cloud, database, one.id, one.verdict)
    wrong.push(...(await kept))
  }
  for (const { id: task } of children.filter(({ kind }) => kind === 'task-run')) {
    const ran = cloud.migrationsOf(task)
    if (ran !== 1) wrong.push(`the task ran ${ran} times`)
  }
  return wrong
}
