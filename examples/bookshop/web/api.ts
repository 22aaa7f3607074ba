import { errorFields, log } from '../shared/log.ts'
import { HttpError } from '../shared/serve.ts'

const TIMEOUT_MS = 5_000
const TRIES = 2

// biome-ignore lint/suspicious/noExplicitAny: the API's answers are JSON of the shape that its routes say
type Answer = any

/**
 * Asks the API; with a body it posts. A connection that breaks is tried once more: reading twice is harmless, and an
 * order carries a token that places it only once.
 */
export async function ask(path: string, body?: object): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(new URL(path, process.env.API_URL), {
        method: body ? 'POST' : 'GET',
        headers: body ? { 'Content-Type': 'application/json' } : {},
        body: body ? JSON.stringify(body) : undefined,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const answer = (await response.json()) as Answer
      if (response.ok) return answer
      throw new HttpError(
        response.status >= 500 ? 503 : response.status,
        response.status >= 500 ? 'The shop is closed for a moment.' : answer.error,
      )
    } catch (error) {
      if (error instanceof HttpError) throw error
      log(attempt < TRIES ? 'warn' : 'error', 'the API did not answer', { path, attempt, ...errorFields(error) })
      if (attempt >= TRIES) throw new HttpError(503, 'The shop is closed for a moment.')
    }
  }
}
