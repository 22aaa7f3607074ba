import type { Part, Step } from './workflow-run.ts'

/** Pure: a step as it is done once more: what succeeded and was not taken back stays. */
export function fresh(step: Step): Step {
  const { startedAt: _, endedAt: __, verdict: ___, ...rest } = step
  const parts = step.parts.map(freshPart)
  return parts.every(({ verdict }) => verdict === 'succeeded') ? step : { ...rest, parts }
}

function freshPart(part: Part): Part {
  if (part.verdict === 'succeeded' && part.returned === undefined) return part
  const { kind, product, environment, names, approve } = part
  return { kind, product, environment, names, children: [], ...(approve ? { approve } : {}) }
}
