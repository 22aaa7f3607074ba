// How tasks look while they are followed, in any face; pure.
import { services as text } from '../../../core/messages/services.ts'
import type { Block, Frame, Line, Span, Tone, View } from '../../../core/view.ts'
import { shortCommit } from '../verdict-tone.ts'
import type { NotSeen, TaskItem, TaskShape, TaskState, Version } from './service-shapes.ts'

const SHORT_ID = 8

const tones: Record<TaskState, Tone> = {
  starting: 'busy',
  running: 'plain',
  healthy: 'good',
  unhealthy: 'bad',
  draining: 'warn',
  stopped: 'muted',
}

export function showTasks({ services, notSeen }: TaskItem): Frame {
  return {
    live: [
      ...services.flatMap(({ service, tasks, more }): View => [{ kind: 'heading', line: service }, ...tasksView(tasks, more)]),
      ...notSeenView(notSeen),
    ],
  }
}

export function tasksView(tasks: readonly TaskShape[], more: number): Block[] {
  const rest: Block[] = more > 0 ? [{ kind: 'line', indent: 2, line: { text: text.moreTasks(more), tone: 'muted' } }] : []
  if (tasks.length === 0) return [{ kind: 'line', indent: 2, line: { text: text.noTasks, tone: 'muted' } }, ...rest]
  const columns = (['task', 'health', 'version', 'since', 'zone', 'address', 'why'] as const).map((name) => ({
    title: text.column[name],
  }))
  return [{ kind: 'table', indent: 2, columns, rows: tasks.map(taskRow) }, ...rest]
}

function taskRow(task: TaskShape): Line[] {
  const { id, state, createdAt, startedAt, stoppedAt, zone = '', address = '' } = task
  const since = stoppedAt ?? startedAt ?? createdAt
  return [
    id.slice(0, SHORT_ID),
    { text: text.state[state], tone: tones[state] },
    versionName(task),
    since === undefined ? '' : { since },
    zone,
    address,
    whyOf(task),
  ]
}

function whyOf({ target, stoppedReason, containers }: TaskShape): Span[] {
  const exits = containers.flatMap(({ name, exitCode }): Span[] =>
    exitCode === undefined ? [] : [text.exit(name, exitCode), '  '],
  )
  return [...exits, stoppedReason ?? (target?.state === 'healthy' ? '' : (target?.reason ?? ''))]
}

/** The commit, or the family and revision of what kiban did not bring. */
export const versionName = ({ commit, definition }: Version): string =>
  commit === undefined ? (definition.split('/').at(-1) ?? definition) : shortCommit(commit)

export const notSeenView = (notSeen: readonly NotSeen[]): Block[] =>
  notSeen.map(({ action, denied, text: words }) => ({
    kind: 'line',
    line: denied ? text.denied(action) : text.unseen(action, words),
    mark: 'warn',
  }))
