/** A fact about the past, written in the same transaction as the change that it tells of. */
export interface Event {
  id: string
  /** `noun.verb-in-the-past`: `deployment.started`, `lock.forced`. */
  type: string
  /** Epoch milliseconds. */
  at: number
  product: string
  environment: string | undefined
  actor: string
  face: string
  /** What it is about: `deployment/dep_…`, `service/web`. */
  subject: string
  /** JSON; never holds a secret value. */
  data: Record<string, unknown>
}
