// What Slack sends: no operation, since who asks is proved by a signature of the very bytes.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { newId } from '../core/ids.ts'
import type { Application } from './api.ts'

const MAX_BODY_BYTES = 1024 * 1024

export interface SlackDelivery {
  body: string
  contentType: string
  /** X-Slack-Signature */
  signature: string
  /** X-Slack-Request-Timestamp */
  timestamp: string
}

/** Keeps what was asked where it outlives this process, and says what Slack shows at once. */
export type ReceiveSlack = (delivery: SlackDelivery) => Promise<{ status: number; body?: unknown }>

export function slackRoute({ slack, failed }: Pick<Application, 'slack' | 'failed'>): Hono {
  const app = new Hono()
  if (!slack) return app.post('/webhooks/slack', (c) => c.notFound())
  const tooLarge = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.json({ error: 'too-large' }, 413) })
  return app.post('/webhooks/slack', tooLarge, async (c) => {
    c.header('cache-control', 'no-store')
    try {
      const { status, body } = await slack({
        body: await c.req.text(),
        contentType: c.req.header('content-type') ?? '',
        signature: c.req.header('x-slack-signature') ?? '',
        timestamp: c.req.header('x-slack-request-timestamp') ?? '',
      })
      return body === undefined ? c.body('', status as 200) : c.json(body as object, status as 200)
    } catch (error) {
      failed(error, newId('req'))
      return c.body('', 503)
    }
  })
}
