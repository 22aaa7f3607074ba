import type { Verdict } from '../../../core/verdict.ts'
import { verdicts } from '../../../core/verdict.ts'
import type { Rollout } from '../deployment.ts'
import { bySeverity, type Cause } from './cause.ts'

const badness = (verdict: Verdict | undefined): number => (verdict === undefined ? 0 : verdicts.indexOf(verdict))

/** Why the whole did not go well: the causes of its rollouts, those of the worst first; pure. */
export function causesOfRollouts(rollouts: readonly Pick<Rollout, 'verdict' | 'causes'>[]): Cause[] {
  const worstFirst = rollouts.toSorted((a, b) => badness(b.verdict) - badness(a.verdict))
  const causes = worstFirst.flatMap(({ verdict, causes = [] }) =>
    // What a rollout overcame is no reason of anything.
    verdict === 'succeeded' ? causes.filter(({ severity }) => severity === 'warning' || severity === 'notice') : causes,
  )
  return bySeverity(causes)
}
