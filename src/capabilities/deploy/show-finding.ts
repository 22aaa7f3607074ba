// How what was found before a deployment looks, in any face; pure.
import { deployView as text } from '../../core/messages/deploy-view.ts'
import type { Block, Span, Tone } from '../../core/view.ts'
import type { FindingShape } from './shapes.ts'

const NEXT_INDENT = 4
const tones: Record<FindingShape['severity'], Tone> = { problem: 'bad', warning: 'warn', notice: 'muted', unchecked: 'muted' }

export const showFindings = (findings: readonly FindingShape[]): Block[] => findings.flatMap(showFinding)

/** While a deployment goes on: what it goes on in spite of. Problems end it, and are told by its error. */
export const showWarnings = (findings: readonly FindingShape[]): Block[] =>
  findings.filter(({ severity }) => severity === 'warning').flatMap(showFinding)

function showFinding({ severity, service, place, title, next }: FindingShape): Block[] {
  const who: Span[] = service === undefined ? [] : [{ text: service, tone: 'strong' }, '  ']
  const where: Span[] = place === undefined ? [] : ['  ', { text: place, tone: 'muted' }]
  const step: Block[] = next
    ? [{ kind: 'line', indent: NEXT_INDENT, line: [{ text: text.nextStep, tone: 'strong' }, '  ', next] }]
    : []
  return [{ kind: 'line', line: [...who, title, ...where], mark: tones[severity] }, ...step]
}
