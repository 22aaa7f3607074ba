// What the demo shows at its end: the numbers, and what to try next.
import { causes } from '../../../src/core/messages/causes.ts'
import { deployView } from '../../../src/core/messages/deploy-view.ts'
import type { Text } from '../../../src/core/text.ts'
import type { Line, View } from '../../../src/core/view.ts'
import type { Summary } from '../load/tally.ts'
import { failedRequests, type Told } from './story.ts'
import { words } from './words.ts'

export const noRequests: Summary = { requests: 0, failed: 0, p50: 0, p99: 0, failures: [] }

export interface Ending {
  told: Told
  /** How many deployments there should have been. */
  promised: number
  count: Summary
  /** Since script/demo was called. */
  seconds: number
}

/** Whether everything went as it should: every deployment ended as promised, and no request failed. */
export const isKept = ({ told: { deployments }, promised, count }: Ending): boolean =>
  deployments.length === promised && deployments.every(({ kept }) => kept) && count.requests > 0 && count.failed === 0

/** The object that `--json` prints as the last line. */
export const endingJson = ({ told, count, seconds }: Ending): object => ({
  seconds,
  requests: count.requests,
  failedRequests: count.failed,
  deployments: told.deployments.map(({ release, verdict, cause }) => ({ release, verdict, cause })),
})

export function showEnding({ told, count, seconds }: Ending, speed: number): View {
  const width = Math.max(0, ...told.deployments.map(({ release }) => release.length))
  const deployments = told.deployments.map(({ release, verdict, cause, kept }, index): [Text | string, Line] => [
    index === 0 ? words.deployments : '',
    [
      `${release.padEnd(width)}  `,
      { text: verdict ? deployView.verdict[verdict] : '?', tone: kept ? 'plain' : 'bad' },
      ...(cause ? ['  ', { text: causes[cause].word, tone: 'muted' } as const] : []),
    ],
  ])
  return [
    { kind: 'blank' },
    { kind: 'heading', line: words.endTitle },
    {
      kind: 'fields',
      indent: 2,
      rows: [
        [words.requests, { text: words.requestsCount(count.requests, count.failed), tone: count.failed === 0 ? 'good' : 'bad' }],
        [words.latency, words.latencyIs(count.p50, count.p99)],
        ...deployments,
        [words.time, words.seconds(seconds, speed)],
      ],
    },
    ...failedRequests(count.failures),
  ]
}

export function showNext(url: string): View {
  const row = (command: string, why: Text) => ({ command, why })
  return [
    { kind: 'blank' },
    {
      kind: 'next',
      commands: [
        row('kiban status', words.whyStatus),
        row('kiban history', words.whyHistory),
        row('release 04-health-404', words.whyBreak),
        row('kiban deploy -e staging', words.whyDeploy),
        row('release', words.whyReleases),
        row('kiban promote', words.whyPromote),
      ],
    },
    { kind: 'line', line: [{ text: words.shop, tone: 'muted' }, '  ', url] },
    { kind: 'blank' },
  ]
}
