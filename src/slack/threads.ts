// One message for each thing that was begun here: it changes as the thing goes on, and what came of it stands below it.
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { WebClient } from '@slack/web-api'
import type { Actor } from '../core/actor.ts'
import { KibanError } from '../core/error.ts'
import { newId } from '../core/ids.ts'
import { slack as text } from '../core/messages/slack.ts'
import type { Language } from '../core/text.ts'
import type { Frame } from '../core/view.ts'
import { type Button, buttons, context, escaped, linesBlocks, type Message, section } from './message.ts'
import { isSlacksNo } from './slacks.ts'
import type { Draw, SlackWork, Thread } from './work.ts'

/** Slack takes about fifty changes a minute: https://docs.slack.dev/apis/web-api/rate-limits */
const PAUSE_MS = 1_500
const LOOK_AGAIN_MS = 10_000
const LOOK_WITHIN_MS = 30_000
/** Of a button's value. */
const MAX_VALUE = 2_000
/** Lines of the story that the message itself shows. */
const SHOWN_LINES = 8

/** What follows each kind of thing, and what takes it back or stops it. */
const kinds = {
  deployment: { look: 'deployment.watch', stop: 'deployment.cancel', page: (id: string) => `deploys/${id}` },
  'task-run': { look: 'task.show', stop: 'task.stop', page: () => 'timeline' },
  'workflow-run': { look: 'workflow.watch', stop: 'workflow.cancel', page: () => 'timeline' },
} as const
export type Kind = keyof typeof kinds

/** As all three are told, as far as it matters here. */
export interface Thing {
  id: string
  product: string
  environment: string
  state: string
  verdict?: string
  kind?: string
  workflow?: string
  task?: string
  ref?: string
  commit?: string
  services?: string[]
  createdBy: string
}

/** What was begun, read from the first item of its stream; undefined for a stream that begins nothing. */
export function begunBy(operation: string, item: unknown): Omit<Seen, 'frame'> | undefined {
  const {
    deployment,
    rollouts = [],
    run,
    deployments = [],
  } = item as Partial<DeploymentItem> & {
    run?: Thing
    deployments?: DeploymentItem[]
  }
  if (deployment) return { kind: 'deployment', thing: deployment, paused: pausedOf([{ deployment, rollouts }]) }
  if (!run) return undefined
  return { kind: operation.startsWith('workflow') ? 'workflow-run' : 'task-run', thing: run, paused: pausedOf(deployments) }
}

interface DeploymentItem {
  deployment: Thing
  rollouts: { view?: { hooks?: { status: string }[] } }[]
}

const pausedOf = (items: readonly DeploymentItem[]): Thing | undefined =>
  items.find(({ rollouts }) => rollouts.some(({ view }) => view?.hooks?.some(({ status }) => status === 'AWAITING_ACTION')))
    ?.deployment

export interface Drawing {
  work: SlackWork
  client: WebClient
  draw: Draw
}

/** Keeps every message true until this process ends; then another one does. */
export async function keepThreads(drawing: Drawing, signal: AbortSignal): Promise<void> {
  const { work } = drawing
  for (;;) {
    signal.throwIfAborted()
    // Asked for before it is read, so that nothing falls between.
    const next = work.nextEvent(LOOK_AGAIN_MS, signal)
    for (const thread of await work.openThreads()) {
      try {
        // One that hangs holds up all others.
        await bringUp(drawing, thread, AbortSignal.any([signal, AbortSignal.timeout(LOOK_WITHIN_MS)]))
      } catch (error) {
        signal.throwIfAborted()
        // It will not be otherwise the next time.
        const isOver = error instanceof KibanError ? ['forbidden', 'not-found'].includes(error.kind) : isSlacksNo(error)
        if (isOver) await work.threadTold(thread, { told: 'left', ended: true })
        else work.failed(error as Error)
      }
    }
    await next
    await wait(PAUSE_MS, undefined, { signal })
  }
}

/** Makes one message show how its thing stands now. */
async function bringUp({ work, client, draw }: Drawing, thread: Thread, signal: AbortSignal): Promise<void> {
  const { channel, ts, language } = thread
  const account = await work.account(thread)
  const actor = account && (await work.person(account.name))
  // Whoever may not look any more is shown nothing more.
  if (!actor) return work.threadTold(thread, { told: 'left', ended: true })
  const seen = await lookAt(work, thread, actor, signal)
  if (!seen) return
  const message = await messageOf(work, seen, actor, { language, draw, signal })
  // A clock that goes on is no news.
  const told = createHash('sha256')
    .update(JSON.stringify(message).replaceAll(/\d+(\.\d+)?s\b|\d+[mh]\d\d/g, ''))
    .digest('hex')
  if (told !== thread.told) await client.chat.update({ channel, ts, ...message })
  const ended = seen.thing.state === 'done'
  if (ended) {
    const lines = draw(seen.frame.lines ?? [], language)
    if (lines.length > SHOWN_LINES)
      await client.chat.postMessage({ channel, thread_ts: ts, text: message.text, blocks: linesBlocks(lines) })
  }
  if (told !== thread.told || ended) await work.threadTold(thread, { told, ended })
}

export interface Seen {
  kind: Kind
  thing: Thing
  /** A deployment that waits at a pause for somebody to let it go on. */
  paused: Thing | undefined
  frame: Frame
}

async function lookAt(
  work: SlackWork,
  { subject, product }: Thread,
  actor: Actor,
  signal: AbortSignal,
): Promise<Seen | undefined> {
  const [kind, id] = subject.split('/') as [Kind, string]
  const { look } = kinds[kind]
  const operation = work.operations.find(({ name }) => name === look)
  const asking = { actor, signal, requestId: newId('req'), environment: undefined }
  for await (const item of work.stream(look, { product, id }, asking)) {
    const begun = begunBy(look, item)
    return begun && { ...begun, frame: operation?.kind === 'stream' ? operation.show(item) : {} }
  }
  return undefined
}

/** The message of something that has just begun, or stands as it was seen. */
export async function messageOf(
  work: SlackWork,
  { kind, thing, paused, frame }: Seen,
  actor: Actor,
  { language, draw, signal }: { language: Language; draw: Draw; signal: AbortSignal },
): Promise<Message> {
  const title = titleOf(kind, thing)
  const mark =
    thing.state === 'done' ? (thing.verdict === 'succeeded' ? ':white_check_mark:' : ':x:') : ':hourglass_flowing_sand:'
  const outcome = thing.verdict ? ` – ${thing.verdict}` : ''
  // What is indented tells the line before it at length: that stands in the thread.
  const story = draw(frame.lines ?? [], language)
    .filter((line) => !line.startsWith('  '))
    .slice(-SHOWN_LINES)
  const about = [thing.ref, thing.commit?.slice(0, 8), text.by(thing.createdBy)[language], thing.id].filter(Boolean)
  const url = new URL(`/p/${thing.product}/${kinds[kind].page(thing.id)}`, await work.address()).href
  return {
    text: escaped(`${title}${outcome}`),
    blocks: [
      section(`${mark} *${escaped(title)}*${escaped(outcome)}`),
      context(about.map((one) => escaped(String(one))).join('  ·  ')),
      ...linesBlocks([...story, ...draw(frame.live ?? [], language)]),
      ...buttons(await buttonsOf(work, { kind, thing, paused }, actor, signal), { label: text.open, url }, language),
    ],
  }
}

function titleOf(kind: Kind, { product, environment, workflow, task, kind: how, services = [] }: Thing): string {
  const what = kind === 'workflow-run' ? workflow : kind === 'task-run' ? task : [how, ...services].join(' ')
  return `${what}: ${product} → ${environment}`
}

async function buttonsOf(
  work: SlackWork,
  { kind, thing, paused }: Omit<Seen, 'frame'>,
  actor: Actor,
  signal: AbortSignal,
): Promise<Button[]> {
  const { id, product, environment: env, state, verdict } = thing
  const value = (operation: string, input: object) => JSON.stringify({ operation, input })
  if (state === 'done') {
    const isDeploy = kind === 'deployment' && thing.kind !== 'rollback' && verdict === 'succeeded'
    const input = { product, env, services: thing.services ?? [] }
    return isDeploy && value('deployment.rollback', input).length < MAX_VALUE
      ? [{ label: text.rollback, action: 'kiban:do:rollback', value: value('deployment.rollback', input), style: 'danger' }]
      : []
  }
  const { approvals } = (await work.call(
    'approval.list',
    {},
    { actor, signal, requestId: newId('req'), environment: undefined },
  )) as {
    approvals: { id: string; subject: string }[]
  }
  const waits = approvals.find(({ subject }) => subject === `${kind}/${id}`)
  const decide: Button[] = waits
    ? [
        {
          label: text.approve,
          action: 'kiban:do:approve',
          value: value('approval.agree', { id: waits.id }),
          style: 'primary',
          sure: text.approveSure,
        },
        {
          label: text.refuse,
          action: 'kiban:do:refuse',
          value: value('approval.refuse', { id: waits.id }),
          sure: text.refuseSure,
        },
      ]
    : []
  const goOn: Button[] = paused
    ? [
        {
          label: text.continue,
          action: 'kiban:do:continue',
          value: value('deployment.continue', { product: paused.product, env: paused.environment, id: paused.id }),
          style: 'primary',
          sure: text.continueSure,
        },
      ]
    : []
  const stop = value(kinds[kind].stop, { product, env, id, detach: true })
  return [...decide, ...goOn, { label: text.stop, action: 'kiban:do:stop', value: stop, style: 'danger', sure: text.stopSure }]
}
