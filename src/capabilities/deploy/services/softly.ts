import { KibanError } from '../../../core/error.ts'
import type { NotSeen } from './service-shapes.ts'

/** What cannot be looked at takes nothing else from the answer: it says so. */
export async function softly<Answer>(
  notSeen: NotSeen[],
  action: string,
  otherwise: Answer,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof KibanError)) throw error
    if (!notSeen.some((one) => one.action === action))
      notSeen.push({ action, denied: error.kind === 'forbidden', text: error.text })
    return otherwise
  }
}
