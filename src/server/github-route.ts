// GitHub's webhook: no operation, since who asks is proved by a signature of the very bytes.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { newId } from '../core/ids.ts'
import type { Application } from './api.ts'

/** GitHub sends 25 MB at most; the largest push, of 2048 commits, is a tenth of that. */
const MAX_BODY_BYTES = 5 * 1024 * 1024
const DELIVERY = /^[0-9a-zA-Z-]{1,64}$/

export interface GithubDelivery {
  id: string
  event: string
  signature: string | undefined
  body: Uint8Array
}

/** Puts a delivery where it outlives this process, and says in a word what it made of it. */
export type ReceiveGithub = (delivery: GithubDelivery) => Promise<string>

const statusOf: Record<string, 200 | 202 | 400 | 401> = { unsigned: 401, unreadable: 400, stored: 202, known: 202 }

export function githubRoute({ github, failed }: Pick<Application, 'github' | 'failed'>): Hono {
  const app = new Hono()
  // Without a secret nothing that comes could be believed.
  if (!github) return app.post('/webhooks/github', (c) => c.notFound())
  const tooLarge = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.json({ result: 'too-large' }, 413) })
  return app.post('/webhooks/github', tooLarge, async (c) => {
    c.header('cache-control', 'no-store')
    const id = c.req.header('x-github-delivery') ?? ''
    if (!DELIVERY.test(id)) return c.json({ result: 'no-delivery' }, 400)
    try {
      const event = c.req.header('x-github-event') ?? ''
      const signature = c.req.header('x-hub-signature-256')
      const result = await github({ id, event, signature, body: new Uint8Array(await c.req.arrayBuffer()) })
      return c.json({ result }, statusOf[result] ?? 200)
    } catch (error) {
      // GitHub shows that it failed, and lets it be delivered again.
      failed(error, newId('req'))
      return c.json({ result: 'failed' }, 503)
    }
  })
}
