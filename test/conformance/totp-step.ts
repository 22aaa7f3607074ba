// One-time codes by time (RFC 6238) change every thirty seconds; a device takes those of the step before and after too.
import { codeOf, stepAt } from '../../src/sandbox/identity/totp.ts'

const STEP_MS = 30_000
/** Longer than a request takes on a busy machine. */
const ROOM_MS = 8_000

/** The codes of the step before and of this one, which a device is enabled with, given with time enough left to send them. */
export async function twoCodes(seed: string): Promise<{ AuthenticationCode1: string; AuthenticationCode2: string }> {
  const left = STEP_MS - (Date.now() % STEP_MS)
  if (left < ROOM_MS) await new Promise((resolve) => setTimeout(resolve, left))
  const step = stepAt(Date.now())
  return { AuthenticationCode1: codeOf(seed, step - 1), AuthenticationCode2: codeOf(seed, step) }
}

/** The code of the next step: the first that a device which was enabled so has not seen. */
export const nextCode = (seed: string): string => codeOf(seed, stepAt(Date.now()) + 1)
