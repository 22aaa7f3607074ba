// One service in mid-rollout: its tasks old and new, its share of the traffic, and what it waits for.
import { useMutation } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useState } from 'react'
import { call } from '../api/client.ts'
import type { Streams } from '../api/operations.generated.ts'
import { useCan } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { Commit } from '../ui/data.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Mark } from '../ui/mark.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { fullTime } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { serviceWords } from '../words/services.ts'
import { Outcome } from './deployments.tsx'
import { ProblemWords } from './problem-words.tsx'
import { type Task, TaskTiles } from './task-tiles.tsx'

type Item = Streams['deployment.watch']['output']
type Rollout = Item['rollouts'][number]
type View = NonNullable<Rollout['view']>
type Revision = View['sources'][number]

/** Failed tasks of the new version stay in sight; so many of them say enough. */
const MOST_STOPPED = 12

/** `tasks` are those of the service as they stand now; undefined when nobody looks at them any more. */
export function RolloutPanel(props: {
  rollout: Rollout
  deployment: Item['deployment']
  tasks: readonly Task[] | undefined
  chosen: string | undefined
  onChoose(task: string | undefined): void
}) {
  const { rollout, deployment, tasks, chosen, onChoose } = props
  const { words } = useWords()
  const { service, view, undoView, undo, verdict, error, definition, previous } = rollout
  const seen = undo === 'restoring' || (undo === 'done' && undoView) ? undoView : view
  const [fresh, olds] = revisionsOf(rollout, seen)
  // Where the definition stays the same, ECS alone tells the old from the new, by its counts.
  const told = definition !== undefined && definition !== previous ? tasks : undefined
  return (
    <Panel
      title={service}
      note={seen ? (seen.stage ?? seen.status) : words(pages.waitsFor)}
      actions={verdict && <Outcome of={{ verdict, state: 'done' }} />}
    >
      {seen && verdict === undefined && <Pause rollout={rollout} deployment={deployment} />}
      {fresh && (
        <Version
          name={words(pages.newTasks)}
          of={fresh}
          commit={deployment.commit}
          tasks={told && freshTasks(told, rollout)}
          chosen={chosen}
          onChoose={onChoose}
          fresh
        />
      )}
      {olds.map((source) => (
        <Version
          key={source.revision}
          name={words(pages.oldTasks)}
          of={source}
          commit={told?.find((task) => task.definition !== definition && task.state !== 'stopped')?.commit}
          tasks={told?.filter((task) => task.definition !== definition && task.state !== 'stopped').sort(byAge)}
        />
      ))}
      {fresh?.traffic !== undefined && verdict === undefined && <Traffic share={fresh.traffic} />}
      {seen?.breaker && seen.breaker.failures > 0 && (
        <p className="mt-3 flex items-center gap-2 text-warn">
          <Mark tone="warn" />
          {words(pages.failures(seen.breaker.failures, seen.breaker.threshold))}
        </p>
      )}
      {seen?.rollback?.reason && <p className="mt-3 text-bad">{seen.rollback.reason}</p>}
      {error && (
        <div className="mt-3 text-bad">
          <ProblemWords {...error} />
        </div>
      )}
      {rollout.action === 'unchanged' && <p className="text-ink-muted">{words(pages.unchangedService)}</p>}
    </Panel>
  )
}

/** The revision of this rollout, and those that it takes the place of; on the way back they change places in ECS's view. */
function revisionsOf({ revision, undo }: Rollout, seen: View | undefined): [Revision | undefined, Revision[]] {
  if (!seen) return [undefined, []]
  const all = [...(seen.target ? [seen.target] : []), ...seen.sources]
  const fresh = revision === undefined ? (undo ? undefined : seen.target) : all.find((one) => one.revision === revision)
  return [fresh, all.filter((one) => one !== fresh)]
}

/** Tiles keep their places: the oldest first. */
const byAge = (a: Task, b: Task): number => (a.createdAt ?? 0) - (b.createdAt ?? 0) || (a.id < b.id ? -1 : 1)

export function freshTasks(tasks: readonly Task[], { definition, sentAt = 0 }: Rollout): Task[] {
  const own = tasks.filter((task) => task.definition === definition && (task.createdAt ?? sentAt) >= sentAt - CLOCK_SKEW_MS)
  const stopped = own.filter(({ state }) => state === 'stopped').slice(0, MOST_STOPPED)
  return [...own.filter(({ state }) => state !== 'stopped').sort(byAge), ...stopped]
}

/** The clock of AWS is another one. */
const CLOCK_SKEW_MS = 60_000

function Version(props: {
  name: string
  of: Revision
  commit: string | undefined
  tasks: readonly Task[] | undefined
  chosen?: string
  onChoose?(task: string | undefined): void
  fresh?: boolean
}) {
  const { name, of, commit, tasks, chosen, onChoose, fresh = false } = props
  const { words } = useWords()
  const { requested, running, pending, traffic } = of
  if (!fresh && requested + running + pending === 0 && !tasks?.length) return null
  const alive = tasks?.filter(({ state }) => state !== 'stopped' && state !== 'draining').length ?? 0
  return (
    <div className="mb-3 grid grid-cols-[5.5rem_1fr] items-start gap-3 last:mb-0">
      <div>
        <p className="flex flex-wrap items-center gap-x-2">
          {name} <Commit of={commit} />
        </p>
        <p className="mt-0.5 text-sm text-ink-muted tabular-nums">
          {running + requested > 0 && `${running}/${requested}`}
          {traffic !== undefined && ` · ${traffic}\u00a0%`}
        </p>
      </div>
      {tasks ? (
        <TaskTiles
          label={name}
          tasks={tasks}
          empty={fresh ? Math.max(0, requested - alive) : 0}
          quiet={!fresh}
          chosen={chosen}
          onChoose={onChoose}
        />
      ) : (
        <p className="text-ink-muted">
          {running} {words(pages.running)}
          {pending > 0 && `, ${pending} ${words(pages.starting)}`}
        </p>
      )}
    </div>
  )
}

function Traffic({ share }: { share: number }) {
  const { words } = useWords()
  return (
    <div className="mt-3 grid grid-cols-[5.5rem_1fr] items-center gap-3 border-t border-line pt-3">
      <span className="text-sm text-ink-muted">{words(pages.traffic)}</span>
      <div className="flex items-center gap-3">
        <div aria-hidden className="h-1.5 flex-1 rounded-full bg-line">
          <div className="h-full rounded-full bg-good transition-[width]" style={{ width: `${share}%` }} />
        </div>
        <span className="text-sm tabular-nums">{words(serviceWords.traffic(share))}</span>
      </div>
    </div>
  )
}

/** Whether a rollout waits for a person. */
export const isPaused = ({ view, undo, verdict }: Rollout): boolean =>
  undo === undefined && verdict === undefined && pausesOf(view).length > 0

const pausesOf = (view: View | undefined) =>
  (view?.hooks ?? []).filter(({ type, status }) => type === 'PAUSE' && status === 'AWAITING_ACTION')

function Pause({ rollout, deployment }: { rollout: Rollout; deployment: Item['deployment'] }) {
  const { words, language } = useWords()
  const { product, environment, id } = deployment
  const may = useCan()('deploy', { product, environment })
  const [asking, setAsking] = useState(false)
  const goOn = useMutation({
    mutationFn: () => call('deployment.continue', { product, env: environment, id, services: [rollout.service] }),
    onSuccess: () => setAsking(false),
  })
  if (!isPaused(rollout)) return null
  const stage = rollout.view?.stage ?? ''
  const expires = pausesOf(rollout.view).flatMap(({ expiresAt = [] }) => expiresAt)
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3 rounded-lg bg-warn-soft px-3 py-2">
      <div className="min-w-0 flex-1 text-warn">
        <p className="font-medium">{words(serviceWords.waitsAt(stage))}</p>
        {expires[0] !== undefined && (
          <p className="text-sm">{words(serviceWords.until(fullTime(Math.min(...expires), language)))}</p>
        )}
      </div>
      <Button look="primary" because={may ? undefined : words(pages.mayNot)} onClick={() => setAsking(true)}>
        <Play size={14} aria-hidden />
        {words(serviceWords.goOn)}
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={words(serviceWords.confirmGoOn(rollout.service, environment))}
      >
        <p className="mt-3">{words(serviceWords.goOnEffect(stage))}</p>
        <Refusal error={goOn.error} />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setAsking(false)} autoFocus>
            {words(pages.close)}
          </Button>
          <Button look="primary" disabled={goOn.isPending} onClick={() => goOn.mutate()}>
            {words(serviceWords.goOn)}
          </Button>
        </div>
      </Dialog>
    </div>
  )
}
