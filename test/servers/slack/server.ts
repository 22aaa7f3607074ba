// A Slack of our own for tests: it verifies each call against Slack's documentation, keeps what it shows, and asks as people do.
// https://docs.slack.dev/reference/methods https://docs.slack.dev/authentication/verifying-requests-from-slack
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { Blocks, Modal } from './shapes.ts'

export const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
export const BOT_TOKEN = 'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy'
export const TEAM = 'T0KIBAN'

export interface ShownMessage {
  ts: string
  thread: string | undefined
  text: string
  blocks: Block[]
  /** How often it was changed. */
  changes: number
}

export interface Block {
  type: string
  text?: { text: string }
  elements?: { type: string; text?: { text: string } | string; action_id?: string; value?: string; url?: string }[]
  block_id?: string
  element?: { type: string; options?: { value: string }[] }
}

export interface ShownView {
  id: string
  hash: string
  callback_id: string
  private_metadata: string
  submit: boolean
  blocks: Block[]
}

const Message = z.object({
  channel: z.string().min(1),
  text: z.string().min(1).max(4_000),
  blocks: Blocks.optional(),
  thread_ts: z.string().optional(),
})

export type SlackServer = Awaited<ReturnType<typeof slackServer>>

/** Channels that kiban is in: #bookshop (C0SHOP). */
export async function slackServer() {
  const channels = new Map<string, ShownMessage[]>([['C0SHOP', []]])
  const views = new Map<string, ShownView>()
  /** What only one person saw, oldest first. */
  const whispers: { user: string; text: string; blocks: Block[]; replaces: boolean }[] = []
  const requests: string[] = []
  /** What becomes of the next calls instead. */
  const faults: { status: number; headers?: Record<string, string> }[] = []
  const triggers = new Map<string, number>()
  const answers = new Map<string, { user: string; left: number }>()
  let next = 0
  let target = ''

  const methods: Record<string, (given: Record<string, unknown>) => object> = {
    'chat.postMessage'(given) {
      const { channel, text, blocks = [], thread_ts: thread } = Message.parse(given)
      const shown = channels.get(channel)
      if (!shown) return { ok: false, error: 'channel_not_found' }
      if (thread !== undefined && !shown.some((one) => one.ts === thread)) return { ok: false, error: 'thread_not_found' }
      const ts = `${1_700_000_000 + ++next}.000100`
      shown.push({ ts, thread, text, blocks: blocks as Block[], changes: 0 })
      return { ok: true, channel, ts }
    },
    'chat.update'(given) {
      const { channel, ts, text, blocks = [] } = Message.extend({ ts: z.string() }).parse(given)
      const message = channels.get(channel)?.find((one) => one.ts === ts)
      if (!message) return { ok: false, error: 'message_not_found' }
      Object.assign(message, { text, blocks, changes: message.changes + 1 })
      return { ok: true, channel, ts }
    },
    'chat.postEphemeral'(given) {
      const { user, text, blocks = [] } = Message.extend({ user: z.string() }).parse(given)
      whispers.push({ user, text, blocks: blocks as Block[], replaces: false })
      return { ok: true, message_ts: '1' }
    },
    'views.open'(given) {
      const { trigger_id, view } = z.object({ trigger_id: z.string(), view: Modal }).parse(given)
      const at = triggers.get(trigger_id)
      if (at === undefined) return { ok: false, error: 'invalid_trigger_id' }
      if (Date.now() - at > 3_000) return { ok: false, error: 'expired_trigger_id' }
      return { ok: true, view: keepView(`V${++next}`, view) }
    },
    'views.update'(given) {
      const { view_id, hash, view } = z.object({ view_id: z.string(), hash: z.string().optional(), view: Modal }).parse(given)
      const known = views.get(view_id)
      if (!known) return { ok: false, error: 'not_found' }
      if (hash !== undefined && hash !== known.hash) return { ok: false, error: 'hash_conflict' }
      return { ok: true, view: keepView(view_id, view) }
    },
  }
  function keepView(id: string, view: z.infer<typeof Modal>): ShownView {
    const { callback_id, private_metadata = '', submit, blocks } = view
    const kept = {
      id,
      hash: `${++next}.h`,
      callback_id,
      private_metadata,
      submit: submit !== undefined,
      blocks: blocks as Block[],
    }
    views.set(id, kept)
    return kept
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const given = Buffer.concat(chunks).toString('utf8')
    const say = (status: number, body: object, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    const url = new URL(request.url ?? '/', 'http://slack')
    requests.push(url.pathname)
    const answer = answers.get(url.pathname)
    if (answer) {
      if (answer.left-- <= 0) return void say(404, { ok: false, error: 'used_url' })
      const { text, blocks = [], replace_original: replaces = false } = JSON.parse(given)
      whispers.push({ user: answer.user, text, blocks: Blocks.parse(blocks) as Block[], replaces })
      return void say(200, { ok: true })
    }
    const fault = faults.shift()
    if (fault) return void say(fault.status, { ok: false, error: 'ratelimited' }, fault.headers)
    const method = methods[url.pathname.replace('/api/', '')]
    if (!method || request.method !== 'POST') return void say(200, { ok: false, error: 'unknown_method' })
    if (request.headers.authorization !== `Bearer ${BOT_TOKEN}`) return void say(200, { ok: false, error: 'invalid_auth' })
    try {
      say(200, method(fieldsOf(given, request.headers['content-type'] ?? '')))
    } catch (error) {
      say(200, { ok: false, error: 'invalid_arguments', response_metadata: { messages: [(error as Error).message] } })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const deliver = async (
    body: string,
    { contentType = 'application/x-www-form-urlencoded', secret = SIGNING_SECRET, at = Date.now() } = {},
  ) => {
    const timestamp = String(Math.floor(at / 1000))
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
    const answered = await fetch(`${target}/webhooks/slack`, {
      method: 'POST',
      headers: { 'content-type': contentType, 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp },
      body,
    })
    const text = await answered.text()
    return { status: answered.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const trigger = () => {
    const id = `${++next}.${Date.now()}.t`
    triggers.set(id, Date.now())
    return id
  }
  const responseUrl = (user: string) => {
    const path = `/response/${++next}`
    answers.set(path, { user, left: 5 })
    return `${base}${path}`
  }
  const who = (user: string) => ({ user: { id: user, name: user.toLowerCase() }, team: { id: TEAM } })
  const interact = (payload: object) => deliver(new URLSearchParams({ payload: JSON.stringify(payload) }).toString())

  return {
    env: { SLACK_SIGNING_SECRET: SIGNING_SECRET, SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_API_URL: `${base}/api/` },
    channels,
    views,
    whispers,
    requests,
    faults,
    deliver,
    /** Where kiban is, once it is known. */
    meets(url: string) {
      target = url
    },
    commandBody: (user: string, text: string, triggerId = trigger()) =>
      new URLSearchParams({
        token: 'old',
        command: '/kiban',
        text,
        team_id: TEAM,
        user_id: user,
        user_name: user.toLowerCase(),
        channel_id: 'C0SHOP',
        channel_name: 'bookshop',
        trigger_id: triggerId,
        response_url: responseUrl(user),
      }).toString(),
    command(user: string, text: string) {
      return deliver(this.commandBody(user, text))
    },
    mention: (user: string, text: string, eventId: string, retry = 0) =>
      deliver(
        JSON.stringify({
          type: 'event_callback',
          team_id: TEAM,
          event_id: eventId,
          event: {
            type: 'app_mention',
            user,
            text: `<@U0BOT> ${text}`,
            channel: 'C0SHOP',
            ts: channels.get('C0SHOP')?.[0]?.ts ?? '1.1',
          },
          ...(retry ? { retry } : {}),
        }),
        { contentType: 'application/json' },
      ),
    click: (user: string, button: { action_id?: string; value?: string }, view?: ShownView, selected?: string) =>
      interact({
        type: 'block_actions',
        ...who(user),
        trigger_id: trigger(),
        response_url: responseUrl(user),
        channel: view ? undefined : { id: 'C0SHOP', name: 'bookshop' },
        view,
        actions: [
          {
            type: selected === undefined ? 'button' : 'static_select',
            action_id: button.action_id,
            block_id: 'b',
            value: button.value,
            ...(selected === undefined ? {} : { selected_option: { value: selected } }),
          },
        ],
      }),
    submit: (user: string, view: ShownView, values: object) =>
      interact({ type: 'view_submission', ...who(user), trigger_id: trigger(), view: { ...view, state: { values } } }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A form, whose fields that are not text are JSON, or JSON. */
function fieldsOf(given: string, contentType: string): Record<string, unknown> {
  if (contentType.startsWith('application/json')) return JSON.parse(given)
  const form = Object.fromEntries(new URLSearchParams(given))
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => [name, name === 'blocks' || name === 'view' ? JSON.parse(value) : value]),
  )
}
