// The face of Slack: verifies what comes, keeps it, answers at once, and leaves the work to whoever carries it out.
import { App, isValidSlackRequest, type Logger, LogLevel, type Receiver, type ReceiverEvent } from '@slack/bolt'
import { WebClient } from '@slack/web-api'
import { newId } from '../core/ids.ts'
import { slack as text } from '../core/messages/slack.ts'
import type { Language } from '../core/text.ts'
import { carryOut, versionMessage } from './carry-out.ts'
import { wordsOf } from './command.ts'
import { type FormPlace, formView, ofForm, type ShownProduct, waitingView } from './form.ts'
import { helpMessage } from './help.ts'
import { saying } from './message.ts'
import { isSlacks } from './slacks.ts'
import { keepThreads } from './threads.ts'
import type { Asked, Draw, Place, Sender, SlackWork } from './work.ts'

/** As it came over HTTP: the very bytes, which the signature covers. */
export interface SlackDelivery {
  body: string
  contentType: string
  signature: string
  timestamp: string
}

export interface SlackAnswer {
  status: number
  body?: unknown
}

export interface SlackFace {
  receive(delivery: SlackDelivery): Promise<SlackAnswer>
}

/** Slack waits three seconds for an answer. */
const ANSWER_WITHIN_MS = 2_500

/** Opens the face on the work of a server. `draw` makes plain lines of a view. */
export async function openSlack(
  work: SlackWork,
  { draw, language: usual }: { draw: Draw; language: Language },
): Promise<SlackFace> {
  const { settings } = work
  const receiver = new HandedReceiver()
  const logger = loggerOf(work)
  const clientOptions = { slackApiUrl: settings.apiUrl, retryConfig: { retries: 3, minTimeout: 200 }, logger }
  const app = new App({
    receiver,
    authorize: async () => ({ botToken: settings.botToken }),
    ignoreSelf: false,
    logger,
    clientOptions,
  })
  // Whatever could not be kept is not acknowledged: Slack says so to whoever asked, or tells of it again.
  app.error(async (error) => {
    throw error
  })
  // The work of this face is not a request's: it has a client of its own, with the same token.
  const client = new WebClient(settings.botToken, clientOptions)
  const drawing = { work, client, draw }
  listen(app, work, { draw, usual })
  await work.begin({
    carryOut: (id, signal) => carryOut({ ...drawing, usual }, id, signal),
    keepThreads: (signal) => keepThreads(drawing, signal),
  })
  return {
    async receive(delivery) {
      if (!isGenuine(delivery, settings.signingSecret)) return { status: 401, body: { error: 'unsigned' } }
      const body = bodyOf(delivery)
      if (body === undefined) return { status: 400, body: { error: 'unreadable' } }
      if (body.type === 'url_verification') return { status: 200, body: { challenge: body.challenge } }
      if (body.ssl_check !== undefined) return { status: 200 }
      return receiver.hand(body)
    },
  }
}

/** A server's standard output is its log, in one shape: of the library it has the errors alone. */
const loggerOf = ({ failed }: SlackWork): Logger => ({
  debug() {},
  info() {},
  warn() {},
  error: (...said) => failed(said.find((one) => one instanceof Error) ?? new Error(said.join(' '))),
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
})

function isGenuine({ body, signature, timestamp }: SlackDelivery, signingSecret: string): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || !signature) return false
  return isValidSlackRequest({
    signingSecret,
    body,
    headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': Number(timestamp) },
  })
}

type Body = ReceiverEvent['body']

/** A form of a command, a form whose `payload` is JSON, or JSON. */
function bodyOf({ body, contentType }: SlackDelivery): Body | undefined {
  try {
    if (contentType.startsWith('application/json')) return asObject(JSON.parse(body))
    const form = new URLSearchParams(body)
    const payload = form.get('payload')
    return payload === null ? Object.fromEntries(form) : asObject(JSON.parse(payload))
  } catch {
    return undefined
  }
}

const asObject = (value: unknown): Body | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined

/** Bolt without a server of its own: requests are handed to it, and its acknowledgement is the answer. */
class HandedReceiver implements Receiver {
  #app: App | undefined

  init(app: App): void {
    this.#app = app
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  hand(body: Body): Promise<SlackAnswer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => resolve({ status: 503 }), ANSWER_WITHIN_MS)
      // Of an event Bolt acknowledges before anybody has seen it.
      const isEvent = body.type === 'event_callback'
      const ack = async (response?: unknown) => {
        if (isEvent) return
        clearTimeout(late)
        resolve({ status: 200, ...(response === undefined || response === '' ? {} : { body: response }) })
      }
      this.#app?.processEvent({ body, ack }).then(
        () => {
          clearTimeout(late)
          resolve({ status: 200 })
        },
        (error) => {
          clearTimeout(late)
          reject(error)
        },
      )
    })
  }
}

function listen(app: App, work: SlackWork, { draw, usual }: { draw: Draw; usual: Language }): void {
  const languageFor = async (sender: Sender) => (await work.account(sender))?.language ?? usual
  const keep = async (key: string, asked: Asked) => void (await work.keep({ key, asked }))

  app.command(/^\/kiban/, async ({ command, ack, client }) => {
    const place: Place = {
      team: command.team_id,
      slackUser: command.user_id,
      channel: command.channel_id,
      channelName: command.channel_name,
      responseUrl: command.response_url,
    }
    const words = wordsOf(command.text ?? '')
    const language = await languageFor(place)
    const ephemeral = (message: object) => ack({ response_type: 'ephemeral', ...message })
    const [first = 'help'] = words
    if (first === 'help') return ephemeral(helpMessage(work.operations, language, draw))
    if (first === 'version') return ephemeral(versionMessage())
    if (first === 'link') {
      const slackName = command.user_name
      return ephemeral(saying(text.yourCode(await work.code({ ...place, slackName, language }))[language]))
    }
    if (first === 'deploy' && words.length === 1 && (await work.account(place))) {
      await ack()
      const { channel, channelName } = place
      const products = await productsFor(work, place)
      await client.views.open({
        trigger_id: command.trigger_id,
        view: formView({ channel, channelName }, products, undefined, language),
      })
      return
    }
    await keep(command.trigger_id, { ...place, kind: 'command', text: command.text })
    return ephemeral({ text: text.working[language] })
  })

  app.event('app_mention', async ({ event, body }) => {
    const { user, channel, ts } = event
    if (!user) return
    const said = event.text.replace(/^\s*<@[^>]+>/, '').trim()
    await keep(body.event_id, {
      kind: 'command',
      team: body.team_id,
      slackUser: user,
      channel,
      thread: event.thread_ts ?? ts,
      text: said || 'help',
    })
  })

  app.action({ type: 'block_actions', action_id: 'kiban:product' }, async ({ body, ack, client, action }) => {
    await ack()
    const sender = { team: body.team?.id ?? '', slackUser: body.user.id }
    const name = 'selected_option' in action ? (action.selected_option?.value ?? '') : ''
    const products = await productsFor(work, sender)
    const product = products.find((one) => one.name === name)
    if (!product || !body.view) return
    const place = JSON.parse(body.view.private_metadata) as FormPlace
    const workflows = await workflowsOf(work, sender, name)
    const view = formView(place, products, { product, workflows }, await languageFor(sender))
    await client.views.update({ view_id: body.view.id, hash: body.view.hash, view })
  })

  app.view('kiban:form', async ({ body, ack, view }) => {
    const sender = { team: body.team?.id ?? '', slackUser: body.user.id }
    await keep(`${view.id}:${view.hash}`, {
      kind: 'plan',
      ...sender,
      ...(JSON.parse(view.private_metadata) as FormPlace),
      ...ofForm(view.state.values),
      view: view.id,
    })
    await ack({ response_action: 'update', view: waitingView(await languageFor(sender)) })
  })

  app.view('kiban:agree', async ({ body, ack, view }) => {
    const [of = '', mark] = view.private_metadata.split(' ')
    const before = await work.request(of)
    const sender = { team: body.team?.id ?? '', slackUser: body.user.id }
    if (before)
      await keep(`agreed:${of}:${sender.slackUser}`, { kind: 'agreed', ...sender, channel: before.asked.channel, of, mark })
    await ack({ response_action: 'clear' })
  })

  app.action({ type: 'block_actions', action_id: /^kiban:(agree|leave|do:\w+|link)$/ }, async ({ body, ack, action }) => {
    const [, what = '', ...rest] = action.action_id.split(':')
    const value = 'value' in action ? String(action.value ?? '') : ''
    const asked = {
      team: body.team?.id ?? '',
      slackUser: body.user.id,
      channel: body.channel?.id ?? '',
      channelName: body.channel?.name,
      responseUrl: body.response_url,
    }
    // Whoever saw the plan, alone, is the one that answers to it: the message is theirs only.
    if (what === 'agree') {
      const [of = '', mark] = value.split(' ')
      await keep(`agreed:${value}:${asked.slackUser}`, { ...asked, kind: 'agreed', of, mark })
    }
    if (what === 'do' && rest.length > 0)
      await keep(`${body.trigger_id}`, {
        ...asked,
        kind: 'operation',
        ...(JSON.parse(value) as Pick<Asked, 'operation' | 'input'>),
      })
    await ack()
    if (what === 'agree' || what === 'leave')
      await settle(work, body.response_url, text[what === 'agree' ? 'working' : 'left'][await languageFor(asked)])
  })
}

/** Takes the buttons of a question away. */
async function settle(work: SlackWork, responseUrl: string, words: string): Promise<void> {
  if (!isSlacks(responseUrl, work)) return
  const body = JSON.stringify({ replace_original: true, text: words })
  const reply = await fetch(responseUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(10_000),
  })
  await reply.body?.cancel()
}

async function productsFor(work: SlackWork, sender: Sender): Promise<ShownProduct[]> {
  const found = await asked<{ products: ShownProduct[] }>(work, sender, 'product.list', {})
  return found?.products ?? []
}

/** None where the repository is out of reach: the form does without. */
async function workflowsOf(work: SlackWork, sender: Sender, product: string): Promise<string[]> {
  const found = await asked<{ workflows: { workflow: string }[] }>(work, sender, 'workflow.list', { product }).catch(
    () => undefined,
  )
  return found?.workflows.map(({ workflow }) => workflow) ?? []
}

async function asked<Output>(work: SlackWork, sender: Sender, name: string, input: object): Promise<Output | undefined> {
  const account = await work.account(sender)
  const actor = account && (await work.person(account.name))
  if (!actor) return undefined
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  return (await work.call(name, input, { actor, signal, requestId: newId('req'), environment: undefined })) as Output
}
