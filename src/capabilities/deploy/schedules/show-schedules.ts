// How schedules look, in any face; pure.
import { schedules as text } from '../../../core/messages/schedules.ts'
import type { Line, Span, Tone, View } from '../../../core/view.ts'
import type { ScheduleList, ScheduleRow, ScheduleRunShape } from './schedule-shapes.ts'

const tones: Record<ScheduleRunShape['verdict'], Tone> = {
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  missed: 'bad',
  skipped: 'warn',
}

export function showSchedules({ environment, schedules }: ScheduleList): View {
  if (schedules.length === 0) return [{ kind: 'line', line: text.none(environment) }]
  const { schedule, when, next, last } = text.column
  return [
    {
      kind: 'table',
      columns: [{ title: schedule }, { title: when }, {}, { title: next }, { title: last }, {}],
      rows: schedules.map((row): Line[] => [
        row.schedule,
        row.expression,
        { text: row.timezone, tone: 'muted' },
        nextOf(row),
        row.last?.dueAt === undefined ? '' : { time: row.last.dueAt },
        row.last ? verdictOf(row.last) : '',
      ]),
    },
  ]
}

function nextOf({ state, next }: ScheduleRow): Span {
  if (state === 'paused') return { text: text.paused, tone: 'warn' }
  if (state === 'off') return { text: text.off, tone: 'muted' }
  if (state === 'missing') return { text: text.missing, tone: 'bad' }
  return next === undefined ? { text: text.never, tone: 'muted' } : { time: next }
}

export function showHistory({ runs }: { runs: ScheduleRunShape[] }): View {
  if (runs.length === 0) return [{ kind: 'line', line: text.noRuns }]
  const { due, schedule, exit, reason } = text.column
  return [
    {
      kind: 'table',
      columns: [{ title: due }, { title: schedule }, {}, { title: exit, align: 'right' }, {}, { title: reason }],
      rows: runs.map((run): Line[] => [
        run.dueAt === undefined ? '' : { time: run.dueAt },
        run.schedule,
        verdictOf(run),
        run.exitCode === undefined ? '' : String(run.exitCode),
        run.startedAt === undefined || run.endedAt === undefined ? '' : { seconds: (run.endedAt - run.startedAt) / 1000 },
        run.stoppedReason ?? '',
      ]),
    },
  ]
}

const verdictOf = ({ verdict }: ScheduleRunShape): Span => ({ text: text.verdict[verdict], tone: tones[verdict] })

export const showPaused = ({ schedule, paused }: { schedule: string; paused: boolean }): View => [
  { kind: 'line', line: paused ? text.pausedNow(schedule) : text.resumedNow(schedule), mark: paused ? 'warn' : 'good' },
]
