// How workflows look, in any face; pure.
import { deployView } from '../../../core/messages/deploy-view.ts'
import { schedules as scheduleWords } from '../../../core/messages/schedules.ts'
import { taskRuns } from '../../../core/messages/task-runs.ts'
import { workflows as text } from '../../../core/messages/workflows.ts'
import type { Text } from '../../../core/text.ts'
import type { Verdict } from '../../../core/verdict.ts'
import type { Block, Frame, Line, Span, View } from '../../../core/view.ts'
import { showCause } from '../show-cause.ts'
import { showUnderWay } from '../show-progress.ts'
import { shortCommit, verdictTone } from '../verdict-tone.ts'
import type { PartShape, StepShape, WorkflowItem, WorkflowList, WorkflowPlanShape, WorkflowRunShape } from './workflow-shapes.ts'

type EventShape = WorkflowItem['events'][number]
type Place = { product: string; environment: string }

export function showWorkflow(item: WorkflowItem): Frame {
  const { run, plan, events } = item
  if (plan) return { lines: showWorkflowPlan(plan), live: [] }
  if (!run) return {}
  const shown = events.map((event) => showEvent(event, run))
  const lines = shown.flatMap(({ lines: stay = [] }) => stay)
  const passing = shown.flatMap(({ passing: pass = [] }) => pass)
  if (run.state !== 'done') return { lines, passing, live: underWay(item, run) }
  return { lines: [...lines, ...ending(run)], live: [] }
}

function underWay({ deployments, tasks }: WorkflowItem, run: WorkflowRunShape): View {
  const at = run.steps.findIndex(({ startedAt, verdict }) => startedAt !== undefined && verdict === undefined)
  const step = run.state === 'running' ? run.steps[at] : undefined
  const since = step?.startedAt ?? run.createdAt
  const words: Line = step
    ? [{ text: `${at + 1}/${run.steps.length}`, tone: 'muted' }, ' ', titleOf(step, run), ...waitsFor(step)]
    : [run.workflow, '  ', text.state[run.state]]
  return [
    { kind: 'line', line: [...words, '  ', { since, tone: 'muted' }], mark: 'busy' },
    ...deployments.flatMap((one) => deeper(showUnderWay(one))),
    ...tasks.map(
      ({ task, state, tasks: [first], startedAt, createdAt }): Block => ({
        kind: 'line',
        indent: 2,
        line: [
          task,
          '  ',
          state === 'running' && first && first.status !== 'RUNNING' ? first.status : taskRuns.state[state],
          '  ',
          { since: startedAt ?? createdAt, tone: 'muted' },
        ],
      }),
    ),
  ]
}

const deeper = (view: View): View =>
  view.map(
    (block) =>
      ('indent' in block || block.kind === 'line' || block.kind === 'progress'
        ? { ...block, indent: (('indent' in block && block.indent) || 0) + 2 }
        : block) as Block,
  )

const waitsFor = ({ parts }: StepShape): Span[] =>
  parts.some(({ kind }) => kind === 'approve') ? ['  ', { text: text.awaits, tone: 'warn' }] : []

/** What a step is called: by its name, or by what it does. */
export const titleOf = ({ name, parts }: Pick<StepShape, 'name' | 'parts'>, run: Place): Text =>
  name === undefined
    ? joined(
        parts.map((part) => partTitle(part, run)),
        ' + ',
      )
    : { en: name, ja: name }

type Titled = Pick<PartShape, 'kind' | 'product' | 'environment' | 'names' | 'approve'>

function partTitle({ kind, product, environment, names, approve }: Titled, run: Place): Text {
  if (approve) return text.approveBy(approve.role, approve.count)
  const elsewhere = [
    ...(product === run.product ? [] : [product]),
    ...(environment === run.environment ? [] : [environment]),
  ].join('/')
  const what = `${names.join(', ')}${elsewhere && ` (${elsewhere})`}`
  return { en: `${text.kinds[kind].en} ${what}`, ja: `${text.kinds[kind].ja} ${what}` }
}

const joined = (texts: readonly Text[], by: string): Text => ({
  en: texts.map(({ en }) => en).join(by),
  ja: texts.map(({ ja }) => ja).join(by),
})

/** The events that a person wants to see go by. */
function showEvent({ type, data }: EventShape, run: WorkflowRunShape): Frame {
  const line = (words: Line, mark: 'good' | 'warn' | 'muted' | 'bad' = 'muted'): Frame => ({
    lines: [{ kind: 'line', line: words, mark }],
  })
  const step = run.steps[Number(data.step) - 1]
  switch (type) {
    case 'build.started':
      return { passing: [{ kind: 'line', line: deployView.building(String(data.service)), mark: 'muted' }] }
    case 'build.noted':
      return line(data.text as Text, 'warn')
    case 'build.ended':
      return line(
        [deployView.built(String(data.service), String(data.digest)), '  ', { seconds: Number(data.ms) / 1000, tone: 'muted' }],
        'good',
      )
    case 'workflow.built':
      return data.reused === true ? line(text.built(String(data.product), shortCommit(String(data.commit)), true), 'good') : {}
    case 'workflow.continued':
      return line(text.continued(run.workflow))
    case 'workflow.cancel-asked':
      return line(text.cancelAsked(run.workflow), 'warn')
    case 'workflow.step-started':
      return step
        ? { passing: [{ kind: 'line', line: text.stepStarted(Number(data.step), titleOf(step, run)), mark: 'muted' }] }
        : {}
    case 'workflow.step-ended':
      return step ? { lines: stepLines(step, Number(data.step), run, data.verdict as Verdict) } : {}
    case 'workflow.going-back':
      return line(text.goingBack(Number(data.step)), 'warn')
    case 'workflow.returning':
      return line(text.returning((data.services as string[]).join(', '), String(data.environment)), 'warn')
    case 'workflow.kept':
      return line(text.kept((data.services as string[]).join(', ')), 'warn')
    default:
      return {}
  }
}

function stepLines(step: StepShape, at: number, run: WorkflowRunShape, verdict: Verdict): View {
  const { startedAt, endedAt } = step
  const took: Span[] =
    startedAt !== undefined && endedAt !== undefined ? ['  ', { seconds: (endedAt - startedAt) / 1000, tone: 'muted' }] : []
  const line: Line = [
    { text: `${at}/${run.steps.length}`, tone: 'muted' },
    ' ',
    titleOf(step, run),
    '  ',
    { text: deployView.verdict[verdict], tone: verdictTone(verdict) },
    ...took,
  ]
  const why = step.parts.flatMap(({ error, children }): Block[] => [
    ...(error ? [{ kind: 'line' as const, indent: 2, line: error.text }] : []),
    ...children.flatMap(({ causes = [] }) => causes.flatMap(showCause)),
  ])
  return [{ kind: 'line', line, mark: verdictTone(verdict) }, ...why]
}

function ending(run: WorkflowRunShape): View {
  const { id, workflow, verdict = 'failed', createdAt, endedAt = createdAt, error, environment } = run
  const line: Line = [
    { text: text.endedWith(workflow, verdict), tone: 'strong' },
    '  ',
    { seconds: (endedAt - createdAt) / 1000 },
    '  ',
    { text: id, tone: 'muted' },
  ]
  const told = run.steps.some(({ parts }) => parts.some((part) => part.error))
  return [
    ...run.steps.flatMap((step, at) => (step.skipped ? [skippedLine(step, at, run)] : [])),
    { kind: 'line', line, mark: verdictTone(verdict) },
    ...(error && !told ? [{ kind: 'line' as const, indent: 2, line: error.text }] : []),
    ...(verdict === 'succeeded'
      ? []
      : [
          {
            kind: 'next' as const,
            commands: [{ command: `kiban workflow resume --env ${environment} ${id}`, why: text.resumeIt }],
          },
        ]),
  ]
}

const skippedLine = (step: StepShape, at: number, run: WorkflowRunShape): Block => ({
  kind: 'line',
  mark: 'muted',
  line: [
    { text: `${at + 1}/${run.steps.length}`, tone: 'muted' },
    ' ',
    titleOf(step, run),
    '  ',
    { text: text.left, tone: 'muted' },
  ],
})

/** For somebody who stops watching. */
export function showLeavingWorkflow({ run, served }: WorkflowItem): View {
  if (!run) return []
  const { id, environment } = run
  return [
    { kind: 'line', line: text.leaving(id, served) },
    {
      kind: 'next',
      commands: [
        { command: `kiban workflow watch ${id}`, why: text.watchAgain },
        { command: `kiban workflow cancel --env ${environment} ${id}`, why: text.cancelIt },
      ],
    },
  ]
}

export function showWorkflowPlan(plan: WorkflowPlanShape): View {
  const { workflow, environment, commit, steps } = plan
  return [
    { kind: 'heading', line: `${plan.product}/${environment}  ${workflow}  ${shortCommit(commit)}` },
    ...steps.flatMap((step, at): Block[] => [
      {
        kind: 'line',
        mark: step.skipped ? 'muted' : 'strong',
        line: [
          `${at + 1} `,
          { text: titleOf(step, plan), tone: step.skipped ? 'muted' : 'strong' },
          '  ',
          { text: step.skipped ? text.left : text.onFailure[step.onFailure], tone: 'muted' },
        ],
      },
      ...(step.skipped ? [] : step.parts.flatMap(planOfPart)),
    ]),
  ]
}

function planOfPart({ plan, commands = [], names, problem }: WorkflowPlanShape['steps'][number]['parts'][number]): Block[] {
  const bad: Block[] = problem ? [{ kind: 'line', indent: 4, mark: 'bad', line: problem.text }] : []
  const run = commands.map(
    (command, at): Block => ({
      kind: 'line',
      indent: 4,
      line: [names[at] ?? '', '  ', { text: command.join(' '), tone: 'muted' }],
    }),
  )
  if (!plan) return [...run, ...bad]
  const services = plan.services.filter(({ action }) => action !== 'for-task')
  const rows = [
    ...services.map(({ service, action, differences }): Line[] => [
      service,
      deployView.action[action],
      action === 'unchanged' ? '' : text.changes(differences.length),
    ]),
    ...plan.schedules.map(({ schedule, action, differences }): Line[] => [
      schedule,
      scheduleWords.action[action],
      action === 'unchanged' ? '' : text.changes(differences.length),
    ]),
    ...plan.migrations.map(({ task, command = [] }): Line[] => [
      task,
      text.kinds.run,
      { text: command.join(' '), tone: 'muted' },
    ]),
  ]
  const problems = plan.findings
    .filter(({ severity }) => severity === 'problem')
    .map(({ title }): Block => ({ kind: 'line', indent: 4, mark: 'bad', line: title }))
  return [{ kind: 'table', indent: 4, columns: [{}, {}, {}], rows }, ...run, ...problems, ...bad]
}

export function showWorkflowList({ product, workflows }: WorkflowList): View {
  if (workflows.length === 0) return [{ kind: 'line', line: text.none(product) }]
  const { workflow, steps, last } = text.column
  return [
    {
      kind: 'table',
      columns: [{ title: workflow }, { title: last }, {}, { title: steps }],
      rows: workflows.map((one): Line[] => [
        { text: one.workflow, tone: 'strong' },
        one.last ? { time: one.last.createdAt } : { text: text.neverRan, tone: 'muted' },
        one.last ? howItStands(one.last) : '',
        joined(
          one.steps.map((step) => titleOf(step, { product, environment: step.parts[0]?.environment ?? '' })),
          ' → ',
        ),
      ]),
    },
  ]
}

export function showWorkflowRuns({ runs }: { runs: WorkflowRunShape[] }): View {
  if (runs.length === 0) return [{ kind: 'line', line: text.noRuns }]
  const { when, environment, commit, verdict, took, by } = deployView.column
  const { run, workflow, steps } = text.column
  return [
    {
      kind: 'table',
      columns: [when, run, environment, workflow, commit, verdict, steps, took, by].map((title) => ({
        title,
        ...(title === took ? { align: 'right' as const } : {}),
      })),
      rows: runs.map((one): Line[] => [
        { time: one.createdAt },
        one.id,
        one.environment,
        one.workflow,
        shortCommit(one.commit ?? ''),
        howItStands(one),
        `${one.steps.filter((step) => step.verdict === 'succeeded' || step.skipped).length}/${one.steps.length}`,
        one.endedAt === undefined ? { since: one.createdAt } : { seconds: (one.endedAt - one.createdAt) / 1000 },
        one.createdBy,
      ]),
    },
  ]
}

const howItStands = ({ verdict, state }: WorkflowRunShape): Span =>
  verdict ? { text: deployView.verdict[verdict], tone: verdictTone(verdict) } : { text: text.state[state], tone: 'busy' }
