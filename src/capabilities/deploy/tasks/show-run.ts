// How runs of tasks look, in any face; pure.
import { deployView } from '../../../core/messages/deploy-view.ts'
import { taskRuns as text } from '../../../core/messages/task-runs.ts'
import type { Block, Frame, Line, Span, View } from '../../../core/view.ts'
import { causeInAWord, showCause } from '../show-cause.ts'
import { shortCommit, verdictTone } from '../verdict-tone.ts'
import type { TaskList, TaskRunItem, TaskRunShape } from './run-shapes.ts'

const SHORT_TASK = 6

/** The lines of the program as they are: they are what somebody ran it for. */
export function showRun({ run, lines, unread }: TaskRunItem): Frame {
  const many = run.count > 1
  const written = lines.map(({ task, container, message }): Block => {
    const other = container !== run.container
    const origin: Span[] = many || other ? [{ text: `${container}/${task.slice(0, SHORT_TASK)}`, tone: 'muted' }, '  '] : []
    return { kind: 'line', line: [...origin, message], whole: true }
  })
  if (run.state !== 'done') return { lines: written, live: underWay(run) }
  const silent: Block[] = unread ? [{ kind: 'line', line: unread, mark: 'warn' }] : []
  return { lines: [...written, ...silent, ...ending(run)], live: [] }
}

const underWay = (run: TaskRunShape): View => [
  {
    kind: 'line',
    line: [run.task, '  ', stateOf(run), '  ', { since: run.startedAt ?? run.createdAt, tone: 'muted' }],
    mark: 'busy',
  },
]

/** A word of ECS, while that says more. */
function stateOf({ state, tasks }: TaskRunShape): Span {
  const [first] = tasks
  return state === 'running' && first && first.status !== 'RUNNING' ? first.status : text.state[state]
}

function ending(run: TaskRunShape): View {
  const {
    id,
    task,
    verdict = 'failed',
    exitCode,
    createdAt,
    startedAt = createdAt,
    endedAt = startedAt,
    causes = [],
    error,
  } = run
  const line: Line = [
    { text: text.endedWith(task, verdict, exitCode), tone: 'strong' },
    '  ',
    { seconds: (endedAt - startedAt) / 1000 },
    '  ',
    { text: id, tone: 'muted' },
  ]
  const why: Block[] = error ? [{ kind: 'line', indent: 2, line: error.text, mark: 'bad' }] : []
  return [{ kind: 'line', line, mark: verdictTone(verdict) }, ...why, ...causes.flatMap(showCause)]
}

/** For somebody who stops watching. */
export const showLeavingRun = ({ run: { id, environment } }: TaskRunItem): View => [
  { kind: 'line', line: text.left(id) },
  {
    kind: 'next',
    commands: [
      { command: `kiban task show ${id}`, why: text.showAgain },
      { command: `kiban task stop --env ${environment} ${id}`, why: text.stopIt },
    ],
  },
]

export function showTaskList({ environment, tasks }: TaskList): View {
  if (tasks.length === 0) return [{ kind: 'line', line: text.none(environment) }]
  const { task, service, command, last } = text.column
  return [
    {
      kind: 'table',
      columns: [{ title: task }, { title: service }, { title: last }, {}, { title: command }],
      rows: tasks.map((row): Line[] => [
        row.task,
        row.service,
        row.last ? { time: row.last.createdAt } : { text: text.neverRan, tone: 'muted' },
        row.last ? howItStands(row.last) : '',
        { text: row.command?.join(' ') ?? '', tone: 'muted' },
      ]),
    },
  ]
}

export function showRuns({ runs }: { runs: TaskRunShape[] }): View {
  if (runs.length === 0) return [{ kind: 'line', line: text.noRuns }]
  const { when, environment, commit, verdict, took, cause, by } = deployView.column
  const { run, task, exit } = text.column
  return [
    {
      kind: 'table',
      columns: [when, run, environment, task, commit, verdict, exit, took, cause, by].map((title) => ({
        title,
        ...(title === took || title === exit ? { align: 'right' as const } : {}),
      })),
      rows: runs.map((one): Line[] => {
        const { startedAt = one.createdAt, endedAt, exitCode } = one
        return [
          { time: one.createdAt },
          one.id,
          one.environment,
          one.task,
          shortCommit(one.commit),
          howItStands(one),
          exitCode === undefined ? '' : String(exitCode),
          endedAt === undefined ? { since: startedAt } : { seconds: (endedAt - startedAt) / 1000 },
          causeInAWord(one.causes),
          one.createdBy,
        ]
      }),
    },
  ]
}

const howItStands = ({ verdict, state }: TaskRunShape): Span =>
  verdict ? { text: deployView.verdict[verdict], tone: verdictTone(verdict) } : { text: text.state[state], tone: 'busy' }

/** The exit code of the command: that of the program where it has one. */
export const PROGRAM_UNKNOWN = 125
export function exitOfRun({ verdict, exitCode }: TaskRunShape): number | undefined {
  if (verdict === undefined) return undefined
  if (verdict === 'succeeded') return 0
  return exitCode === undefined || exitCode === 0 ? PROGRAM_UNKNOWN : exitCode
}
