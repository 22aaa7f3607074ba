// How causes look, in any face; pure.
import { causes as words } from '../../core/messages/causes.ts'
import { deployView as text } from '../../core/messages/deploy-view.ts'
import type { Text } from '../../core/text.ts'
import type { Block, Span, Tone } from '../../core/view.ts'
import type { CauseShape, DeploymentShape, RolloutShape } from './shapes.ts'

type EvidenceShape = CauseShape['evidence'][number]

const EVIDENCE_INDENT = 4
const LOG_INDENT = 6
const tones: Record<CauseShape['severity'], Tone> = { failure: 'bad', consequence: 'warn', warning: 'warn', notice: 'muted' }

/** A cause in full: what it is, what was seen, what to do. */
export function showCause(cause: CauseShape): Block[] {
  return [
    { kind: 'line', line: headline(cause), mark: tones[cause.severity] },
    ...cause.evidence.flatMap((line, at) => evidence(line, cause.evidence[at - 1])),
    nextStep(cause),
  ]
}

/** Lines of a log stand below one label, as they are. */
function evidence({ kind, text: said, at, of }: EvidenceShape, before: EvidenceShape | undefined): Block[] {
  const where: Span[] = of === undefined ? [] : ['  ', { text: short(of), tone: 'muted' }]
  const when: Span[] = at === undefined ? [] : [{ time: at, tone: 'muted' }, '  ']
  const label: Span[] = [...when, { text: text.evidence[kind], tone: 'muted' }, ...where]
  if (kind !== 'log') return [{ kind: 'line', indent: EVIDENCE_INDENT, line: [...label, '  ', said] }]
  const line: Block = { kind: 'line', indent: LOG_INDENT, line: said }
  return before?.kind === 'log' && before.of === of ? [line] : [{ kind: 'line', indent: EVIDENCE_INDENT, line: label }, line]
}

/**
 * At the end, in short: what each cause is and what to do about it. The evidence was shown as it came, and so was what
 * only followed from something else.
 */
export function showWhy(deployment: DeploymentShape, rollouts: readonly RolloutShape[]): Block[] {
  const told = new Set(rollouts.flatMap(({ causes = [] }) => causes.map(({ class: of, subject }) => `${of} ${subject}`)))
  return (deployment.causes ?? []).flatMap((cause): Block[] => {
    if (!told.has(`${cause.class} ${cause.subject}`)) return showCause(cause)
    if (cause.severity === 'consequence') return []
    return [{ kind: 'line', indent: 2, line: headline(cause), mark: tones[cause.severity] }, nextStep(cause)]
  })
}

/** A task's id is long; its beginning tells tasks apart. */
const short = (of: string): string => (/^[0-9a-f]{32}$/.test(of) ? of.slice(0, 8) : of)

/** For lists: the class of the main cause. */
export function causeInAWord(causes: readonly CauseShape[] | undefined): Span {
  const [main] = causes ?? []
  return main ? { text: words[main.class].word, tone: tones[main.severity] } : ''
}

function headline({ service, title, certain, count }: CauseShape): Span[] {
  // Most titles begin with the container, which bears the service's name.
  const named = service === undefined || (certain && title.en.startsWith(`${service} `))
  const who: Span[] = named ? [] : [{ text: service, tone: 'strong' }, '  ']
  const probably: Span[] = certain ? [] : [text.probably, ' ']
  const times: Span[] = count > 1 ? ['  ', { text: text.times(count) as Text, tone: 'muted' }] : []
  return [...who, ...probably, title, ...times]
}

const nextStep = ({ next }: CauseShape): Block => ({
  kind: 'line',
  indent: EVIDENCE_INDENT,
  line: [{ text: text.nextStep, tone: 'strong' }, '  ', next],
})
