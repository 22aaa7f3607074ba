import type { AwsSession } from './session.ts'

interface Look {
  answer: Promise<unknown>
  /** Of a clock that never goes back: when it was answered, and when that is too old. Undefined until then. */
  staleAt: number | undefined
}

const looks = new WeakMap<AwsSession, Map<string, Look>>()
/** What went wrong is not held against those who come later. */
const FAILED_MS = 2_000

/**
 * What somebody else with the same credentials asked AWS a moment ago, or asks now; else it is asked. However many people
 * look at something, AWS is asked once in that time. Nobody's signal may end what others wait for: none is given.
 */
export function sharedLook<Answer>(
  session: AwsSession,
  key: string,
  freshMs: number,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const mine = looks.get(session) ?? new Map<string, Look>()
  looks.set(session, mine)
  const isStale = ({ staleAt }: Look): boolean => staleAt !== undefined && staleAt <= performance.now()
  const known = mine.get(key)
  if (known && !isStale(known)) return known.answer as Promise<Answer>
  for (const [old, look] of mine) if (isStale(look)) mine.delete(old)
  const answer = ask()
  const look: Look = { answer, staleAt: undefined }
  mine.set(key, look)
  const answered = (ms: number) => () => {
    look.staleAt = performance.now() + ms
  }
  answer.then(answered(freshMs), answered(Math.min(freshMs, FAILED_MS)))
  return answer
}
