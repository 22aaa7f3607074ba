import type { KibanError } from '../../../core/error.ts'
import { type Cause, causeOf, type EvidenceLine } from './cause.ts'
import { shownLine, tellingWords } from './log-lines.ts'
import { placementCause } from './placement.ts'

/** What an error that ended a deployment means; none where the error's own words are all there is to say. Pure. */
export function causesOfError(error: KibanError): Cause[] {
  const { code, text, details } = error
  const evidence: EvidenceLine[] = [{ kind: 'error', text: shownLine(text.en) }]
  const words = { en: shownLine(text.en), ja: shownLine(text.ja) }
  switch (code) {
    case 'build.failed':
    case 'build.timed-out':
    case 'build.dockerfile':
    case 'build.context': {
      const output = details.map(({ en }) => shownLine(en))
      const log = output.map((line): EvidenceLine => ({ kind: 'log', text: line }))
      return [causeOf('build-failed', { what: words, line: tellingWords(output) }, { evidence: [...evidence, ...log] })]
    }
    case 'deploy.other-account':
      return [causeOf('other-account', { words }, { evidence })]
    case 'aws.denied':
      return [causeOf('not-permitted', { words }, { evidence })]
    case 'aws.throttled':
      return [causeOf('api-throttled', { words }, { evidence })]
    case 'aws.rejected':
    case 'aws.conflict':
    case 'aws.not-found':
      return [refused(text.en, words, evidence)]
    default:
      return []
  }
}

function refused(text: string, words: Cause['title'], evidence: EvidenceLine[]): Cause {
  if (/reached the limit on the number of (?:vCPUs|tasks)/i.test(text)) return causeOf('vcpu-quota', {}, { evidence })
  if (/Capacity is unavailable/i.test(text)) return causeOf('no-capacity', { provider: 'FARGATE' }, { evidence })
  const placement = placementCause(text, {}, { evidence })
  if (placement) return placement
  if (/No Container Instances/i.test(text)) return causeOf('no-instances', {}, { evidence })
  return causeOf('refused-by-aws', { words }, { evidence })
}
