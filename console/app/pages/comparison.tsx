// The two versions of each service side by side, by what their tasks show.
import { services as said } from '../../../src/core/messages/services.ts'
import type { Streams } from '../api/operations.generated.ts'
import { Commit } from '../ui/data.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { duration } from '../ui/time.tsx'
import { toneText } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { serviceWords } from '../words/services.ts'
import { freshTasks } from './rollout-panel.tsx'
import { type Task, taskTone } from './task-tiles.tsx'

type Rollout = Streams['deployment.watch']['output']['rollouts'][number]
type Tasks = Streams['task.follow']['output']

export function Comparison(props: { rollouts: readonly Rollout[]; tasks: Tasks; commit: string | undefined }) {
  const { rollouts, tasks, commit } = props
  const { words } = useWords()
  const rows = rollouts.flatMap((rollout) => {
    const all = tasks.services.find(({ service }) => service === rollout.service)?.tasks
    // Where the definition stays the same, nobody can tell which task is which.
    if (!all || rollout.previous === undefined || rollout.definition === rollout.previous) return []
    const old = all.filter(({ definition }) => definition === rollout.previous)
    return [
      { service: rollout.service, name: pages.oldTasks, commit: old.find((task) => task.commit)?.commit, tasks: old },
      { service: rollout.service, name: pages.newTasks, commit, tasks: freshTasks(all, rollout) },
    ]
  })
  if (rows.length === 0) return null
  const head = [
    words(pages.service),
    words(pages.version),
    words(serviceWords.state),
    words(serviceWords.crashed),
    words(serviceWords.timeToStart),
  ]
  return (
    <Panel title={words(pages.comparison)} flush>
      <Table label={words(pages.comparison)} head={head}>
        {rows.map((row, at) => (
          <tr key={`${row.service} ${row.name.en}`} className={at % 2 === 1 ? 'border-transparent' : undefined}>
            <Cell className="font-medium">{at % 2 === 0 ? row.service : <span className="sr-only">{row.service}</span>}</Cell>
            <Cell className="whitespace-nowrap">
              {words(row.name)} <Commit of={row.commit} />
            </Cell>
            <Cell>
              <States of={row.tasks} />
            </Cell>
            <Cell className="tabular-nums">
              <Crashed of={row.tasks} />
            </Cell>
            <Cell className="whitespace-nowrap tabular-nums">
              <TimeToStart of={row.tasks} />
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function States({ of: tasks }: { of: readonly Task[] }) {
  const { words } = useWords()
  const counts = new Map<Task['state'], number>()
  for (const { state } of tasks) if (state !== 'stopped') counts.set(state, (counts.get(state) ?? 0) + 1)
  if (counts.size === 0) return <span className="text-ink-muted">–</span>
  return (
    <ul className="flex flex-wrap gap-x-3">
      {[...counts].map(([state, count]) => (
        <li key={state} className={`whitespace-nowrap tabular-nums ${toneText[taskTone[state]]}`}>
          {count} {words(said.state[state])}
        </li>
      ))}
    </ul>
  )
}

/** Tasks that ended by themselves, and not because ECS or a person stopped them. */
function Crashed({ of: tasks }: { of: readonly Task[] }) {
  const count = tasks.filter(({ stopCode }) => stopCode === 'EssentialContainerExited' || stopCode === 'TaskFailedToStart').length
  return <span className={count > 0 ? 'font-semibold text-bad' : ''}>{count}</span>
}

/** The median from a task's birth until all of its containers run. */
function TimeToStart({ of: tasks }: { of: readonly Task[] }) {
  const { language } = useWords()
  const times = tasks
    .flatMap(({ createdAt, startedAt }) => (createdAt && startedAt ? [startedAt - createdAt] : []))
    .sort((a, b) => a - b)
  const median = times[times.length >> 1]
  return median === undefined ? <span className="text-ink-muted">–</span> : duration(median, language)
}
