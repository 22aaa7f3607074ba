// A push as GitHub's webhook tells of it: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
import { z } from 'zod'

const Hash = z.string().regex(/^[0-9a-f]{40}$/)
const MAX_NAME = 300

export const Push = z.object({
  ref: z.string().min(1).max(MAX_NAME),
  before: Hash,
  after: Hash,
  deleted: z.boolean(),
  forced: z.boolean(),
  repository: z.object({ html_url: z.url({ protocol: /^https?$/ }).max(MAX_NAME) }),
  pusher: z.object({ name: z.string().max(MAX_NAME) }),
})
export type Push = z.infer<typeof Push>

/** Undefined for what is not a push. */
export function readPush(body: Uint8Array): Push | undefined {
  try {
    return Push.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data
  } catch {
    return undefined
  }
}

/** `before` of a branch that is new, and `after` of one that is gone. */
export const isNoCommit = (hash: string): boolean => /^0+$/.test(hash)

/** Undefined for a tag, and whatever else is no branch. */
export const branchOf = (ref: string): string | undefined => /^refs\/heads\/(.+)$/s.exec(ref)?.[1]

/**
 * `host/owner/name` of a repository, however its address is written; undefined where it is no address of that form.
 * GitHub takes upper and lower case for the same.
 */
export function repositoryKey(address: string): string | undefined {
  const url = /^(?:https?|ssh|git):\/\/(?:[^@/\s]+@)?([^/:\s]+)(?::\d+)?\/([^?#\s]+)$/i.exec(address)
  const [, host, path] = url ?? /^(?:[\w.-]+@)?([\w.-]+):(?!\/)([^\s]+)$/.exec(address) ?? []
  const name = path?.replace(/\/+$/, '').replace(/\.git$/i, '')
  return host && name && /^[\w.-]+\/[\w.-]+$/.test(name) ? `${host}/${name}`.toLowerCase() : undefined
}
