// The deployments of the demo: how each must end, and how it did.
import type { DeploymentShape } from '../../../src/capabilities/deploy/shapes.ts'
import { exitCodeOfVerdict } from '../../../src/cli/exit-code.ts'
import type { CauseClass } from '../../../src/core/messages/causes.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import type { Release } from '../repository.ts'

export interface Promised {
  release: string
  verdict: Verdict
  /** Class of the main cause; null when nothing goes wrong. */
  cause: CauseClass | null
  /** Told before anything changes: the command fails instead of ending with a verdict. */
  refused: boolean
}

export interface Ended {
  release: string
  verdict: Verdict | null
  cause: CauseClass | null
  exitCode: number
  kept: boolean
}

export const promisedGood = (release: string): Promised => ({ release, verdict: 'succeeded', cause: null, refused: false })

export function promisedOf({ name, expect, cause }: Release): Promised {
  const refused = expect === 'refused'
  return { release: name, verdict: refused ? 'failed' : expect, cause: cause === 'none' ? null : cause, refused }
}

/** How a command's deployment ended, as kiban keeps it and as the command's exit code told it. */
export function endedAs(promised: Promised, deployment: DeploymentShape | undefined, exitCode: number): Ended {
  const verdict = deployment?.verdict ?? null
  const cause = deployment?.causes?.find(({ severity }) => severity === 'failure')?.class ?? null
  const codeFits = promised.refused ? exitCode >= 2 && exitCode <= 6 : exitCode === exitCodeOfVerdict[promised.verdict]
  const kept = verdict === promised.verdict && cause === promised.cause && codeFits
  return { release: promised.release, verdict, cause, exitCode, kept }
}
