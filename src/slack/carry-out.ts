// Carries out what was asked: looks are answered at once, changes are shown first, and begin when somebody agrees.
import { createHash } from 'node:crypto'
import type { Actor } from '../core/actor.ts'
import { KibanError } from '../core/error.ts'
import { newId } from '../core/ids.ts'
import { slack as text } from '../core/messages/slack.ts'
import type { Context, Operation } from '../core/operation.ts'
import { can } from '../core/permission.ts'
import type { Language } from '../core/text.ts'
import { version } from '../core/version.ts'
import type { View } from '../core/view.ts'
import { hasField, offered, type ReadCommand, readCommand, refuseIncomplete, wordsOf } from './command.ts'
import { agreeView, problemView } from './form.ts'
import { buttons, type Message, problemMessage, saying, viewMessage } from './message.ts'
import { isSlacks, isSlacksNo } from './slacks.ts'
import { begunBy, type Drawing, messageOf } from './threads.ts'
import type { Asked, Request, SlackWork } from './work.ts'

/** Whoever asked has given up by then; Slack takes no answer after half an hour. */
const TRIED_FOR_MS = 10 * 60_000
/** What was shown longer ago may be about something else by now. */
const AGREED_WITHIN_MS = 30 * 60_000

interface Carrying extends Drawing {
  request: Request
  actor: Actor
  language: Language
  signal: AbortSignal
}

/** Throws for what another try may mend. */
export async function carryOut(drawing: Drawing & { usual: Language }, id: string, signal: AbortSignal): Promise<void> {
  const { work, usual } = drawing
  const request = await work.request(id)
  if (!request || request.doneAt !== undefined) return
  const { asked } = request
  const account = await work.account(asked)
  const language = account?.language ?? usual
  try {
    const actor = account && (await work.person(account.name))
    if (actor) await asPerson({ ...drawing, request, actor, language, signal })
    else await answer(drawing, asked, saying(account ? text.disabled(account.name)[language] : text.linkFirst[language]))
  } catch (error) {
    signal.throwIfAborted()
    const isOurs = error instanceof KibanError
    const isFinal = isOurs ? error.kind !== 'unavailable' : isSlacksNo(error)
    if (!isFinal && Date.now() < request.receivedAt + TRIED_FOR_MS) throw error
    if (!isOurs) work.failed(error as Error)
    const message = isOurs ? problemMessage(error, language) : saying(text.broken(id)[language])
    // It is over, whether or not that can be told.
    await tellProblem(drawing, asked, message, language).catch((untold) => work.failed(untold))
  }
  await work.done(id)
}

async function asPerson(carrying: Carrying): Promise<void> {
  const { work, request, actor } = carrying
  const { asked } = request
  switch (asked.kind) {
    case 'command': {
      const words = wordsOf(asked.text ?? '')
      const read = words[0] === 'redeploy' ? await lastDeployment(carrying, words) : readCommand(words, work.operations)
      const input = await withProduct(carrying, read)
      refuseIncomplete(read.operation, input)
      return withInput(carrying, { ...read, input })
    }
    case 'operation':
    case 'plan':
      return withInput(carrying, { operation: operationNamed(work, asked.operation), input: asked.input ?? {} })
    case 'agreed': {
      const before = await work.request(asked.of ?? '')
      // Only whoever saw the plan agrees to it.
      if (!before || before.asked.slackUser !== asked.slackUser || before.asked.team !== asked.team) return
      const isOld = request.receivedAt > before.receivedAt + AGREED_WITHIN_MS
      if (isOld || markOf(before.asked.input ?? {}) !== asked.mark)
        throw new KibanError('conflict', 'slack.stale', text.stale, { hint: text.staleHint })
      const operation = operationNamed(work, before.asked.operation)
      // One plan, agreed to twice, begins one thing.
      const requestId = `req_${before.id}`
      return begin(carrying, { operation, input: before.asked.input ?? {} }, contextOf(actor, requestId, carrying.signal))
    }
  }
}

const contextOf = (actor: Actor, requestId: string, signal: AbortSignal): Context => ({
  actor,
  requestId,
  signal,
  environment: undefined,
})

/** By its name, among those that Slack has: what a button says was ours, and may be old. */
function operationNamed({ operations }: SlackWork, name = ''): Operation {
  const found = offered(operations).find((one) => one.name === name)
  if (found) return found
  throw new KibanError('not-found', 'slack.no-command', text.noCommand(name), { hint: text.noCommandHint })
}

/** Looks at once; shows first what would be changed. */
async function withInput(carrying: Carrying, read: ReadCommand): Promise<void> {
  const { request, actor, signal } = carrying
  const { operation } = read
  const looks = operation.risk === 0 || operation.looksOnly?.(read.input as never)
  const input =
    operation.kind === 'stream' && hasField(operation, 'detach') && !looks ? { ...read.input, detach: true } : read.input
  // A button that asks by itself whether it is meant.
  const isSure = request.asked.kind === 'operation' && operation.name !== 'deployment.rollback'
  if (looks || isSure) return begin(carrying, { operation, input }, contextOf(actor, `req_${request.id}`, signal))
  if (operation.risk >= 2 && hasField(operation, 'reason') && !input.reason)
    throw new KibanError('invalid', 'input.invalid', text.needsReason, { hint: text.needsReasonHint })
  return showFirst(carrying, { operation, input })
}

/** The effect, and a button to go on. What was shown is kept, so that exactly this is agreed to. */
async function showFirst(carrying: Carrying, { operation, input }: ReadCommand): Promise<void> {
  const { work, client, draw, request, actor, language, signal } = carrying
  const { asked } = request
  const parsed = operation.input.safeParse(input)
  // Refused as everywhere, and before anything is built for a plan.
  if (!parsed.success || !may(actor, operation, parsed.data))
    return begin(carrying, { operation, input }, contextOf(actor, newId('req'), signal))
  const { preview, question } = operation
  let shown: View = []
  let agreed = input
  if (preview) {
    const before = operationNamedAnywhere(work, preview.operation)
    const output = await work.call(preview.operation, only(before, input), contextOf(actor, newId('req'), signal))
    shown = before.kind === 'call' ? before.show(output) : []
    agreed = { ...input, ...preview.carry(output) }
  }
  const words = question?.(parsed.data) ?? operation.summary
  await work.carryOver(request.id, { ...asked, operation: operation.name, input: agreed })
  const mark = `${request.id} ${markOf(agreed)}`
  const view: View = [...shown, { kind: 'line', line: { text: words, tone: 'strong' } }]
  if (asked.view !== undefined) {
    await client.views.update({ view_id: asked.view, view: agreeView(viewMessage(view, language, draw), mark, language) })
    return
  }
  const message = viewMessage(view, language, draw)
  const choice = buttons(
    [
      { label: text.goOn, action: 'kiban:agree', value: mark, style: 'primary' },
      { label: text.leave, action: 'kiban:leave', value: mark },
    ],
    undefined,
    language,
  )
  await answer(carrying, asked, { ...message, blocks: [...message.blocks, ...choice] })
}

/** What exactly was shown: whoever agrees to one plan does not agree to the next. */
const markOf = (input: Record<string, unknown>): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(input).toSorted()))
    .digest('hex')
    .slice(0, 16)

function may(actor: Actor, { permission, place }: Operation, input: Record<string, unknown>): boolean {
  return can(actor, typeof permission === 'function' ? permission(input) : permission, place(input))
}

/** A preview takes what it knows of the input. */
const only = (operation: Operation, input: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(input).filter(([name]) => hasField(operation, name)))

const operationNamedAnywhere = ({ operations }: SlackWork, name: string): Operation => {
  const found = operations.find((one) => one.name === name)
  if (!found) throw new Error(`There is no operation ${name}`)
  return found
}

/** Does it. What goes on for a while gets a message of its own in the channel. */
async function begin(carrying: Carrying, { operation, input }: ReadCommand, context: Context): Promise<void> {
  const { work, draw, request, language } = carrying
  if (operation.kind === 'call') {
    const output = await work.call(operation.name, input, context)
    // What has changed something is not done again because its answer could not be told.
    if (operation.risk > 0) await work.done(request.id)
    return answer(carrying, request.asked, viewMessage(operation.show(output), language, draw))
  }
  for await (const item of work.stream(operation.name, input, context)) {
    const begun = begunBy(operation.name, item)
    const frame = operation.show(item)
    // Whoever only looks is answered alone: a channel may hold people who may not.
    if (!begun || operation.risk === 0)
      return answer(carrying, request.asked, viewMessage([...(frame.lines ?? []), ...(frame.live ?? [])], language, draw))
    return follow(carrying, { ...begun, frame })
  }
}

async function follow(carrying: Carrying, seen: Parameters<typeof messageOf>[1]): Promise<void> {
  const { work, client, draw, request, actor, language, signal } = carrying
  const { asked } = request
  const subject = `${seen.kind}/${seen.thing.id}`
  const known = await work.threadOf(subject)
  // It is followed already, as when somebody stops it by a button of its message.
  if (known)
    return known.channel === asked.channel ? undefined : answer(carrying, asked, saying(text.follows(seen.thing.id)[language]))
  const message = await messageOf(work, seen, actor, { language, draw, signal })
  const posted = await client.chat
    .postMessage({ channel: asked.channel, ...(asked.thread ? { thread_ts: asked.thread } : {}), ...message })
    .catch((error: { data?: { error?: string } }) => {
      if (/channel|archived|restricted/.test(error.data?.error ?? '')) return undefined
      throw error
    })
  if (!posted?.ts || !posted.channel) return answer(carrying, asked, saying(text.cannotPost(seen.thing.id)[language]))
  const { team, slackUser } = asked
  await work.keepThread({
    subject,
    team,
    slackUser,
    product: seen.thing.product,
    channel: posted.channel,
    ts: posted.ts,
    language,
  })
}

/** The channel's product where none is named: that whose manifest names the channel, or the only one there is. */
async function withProduct(
  { work, request, actor, signal }: Carrying,
  { operation, input }: ReadCommand,
): Promise<Record<string, unknown>> {
  if (
    input.product !== undefined ||
    !hasField(operation, 'product') ||
    operation.input.shape.product?.safeParse(undefined).success
  )
    return input
  const { products } = (await work.call('product.list', {}, contextOf(actor, newId('req'), signal))) as {
    products: { name: string; owners: { slack?: string } }[]
  }
  const here = products.filter(({ owners }) => owners.slack?.replace(/^#/, '') === request.asked.channelName)
  const [product] = here.length > 0 ? here : products.length === 1 ? products : []
  return product ? { ...input, product: product.name } : input
}

/** What was deployed last to an environment, to be deployed once more. */
async function lastDeployment(carrying: Carrying, words: readonly string[]): Promise<ReadCommand> {
  const { work, actor, signal } = carrying
  const { operation, input } = readCommand(['deploy', ...words.slice(1)], work.operations)
  const { product, env } = await withProduct(carrying, { operation, input })
  const { deployments } = (await work.call(
    'deployment.list',
    { product, env, verdict: 'succeeded', limit: 1 },
    contextOf(actor, newId('req'), signal),
  )) as {
    deployments: { ref?: string; commit?: string; services: string[] }[]
  }
  const [last] = deployments
  if (!last?.ref)
    throw new KibanError('not-found', 'release.nothing-runs', text.nothingToRedeploy(`${product}/${env}`), {
      hint: text.helpRedeploy,
    })
  const { services, ref, commit } = last
  return { operation, input: { services, ref, commit, ...input, product, env, force: true } }
}

/** To the asking user alone where Slack gave a way for that; else below what was asked. */
async function answer(
  { client, work }: Pick<Drawing, 'client' | 'work'>,
  { responseUrl, channel, thread, slackUser }: Asked,
  message: Message,
): Promise<void> {
  if (responseUrl === undefined) {
    await client.chat.postEphemeral({ channel, user: slackUser, ...(thread ? { thread_ts: thread } : {}), ...message })
    return
  }
  if (!isSlacks(responseUrl, work)) return
  const reply = await fetch(responseUrl, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...message }),
    signal: AbortSignal.timeout(10_000),
  })
  await reply.body?.cancel()
  // 404 and 410: its half hour is over, and nobody waits.
  if (reply.status >= 500 || reply.status === 429) throw new Error(`Slack answered ${reply.status} to an answer`)
}

async function tellProblem(drawing: Drawing, asked: Asked, message: Message, language: Language): Promise<void> {
  if (asked.view !== undefined)
    await drawing.client.views
      .update({ view_id: asked.view, view: problemView(message, language) })
      .catch(() => answer(drawing, asked, message))
  else await answer(drawing, asked, message)
}

/** `/kiban help` and `/kiban version`: for everybody. */
export const versionMessage = (): Message => saying(`kiban ${version()}`)
