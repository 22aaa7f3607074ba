/** How a rollout or a deployment ended. */
export const verdicts = ['succeeded', 'superseded', 'stopped', 'rolled-back', 'timed-out', 'failed'] as const
export type Verdict = (typeof verdicts)[number]

/** The verdict of the whole from the verdicts of its parts: the worst of them. Throws when there is no part. */
export function worst(parts: readonly Verdict[]): Verdict {
  const rank = Math.max(...parts.map((part) => verdicts.indexOf(part)))
  const verdict = verdicts[rank]
  if (!verdict) throw new RangeError('A verdict needs at least one part')
  return verdict
}
