// How what runs and what was deployed look, in any face; pure.
import { deployView as text } from '../../core/messages/deploy-view.ts'
import type { Block, Line, View } from '../../core/view.ts'
import type { DeploymentShape, ReleaseShape, StatusShape } from './shapes.ts'
import { causeInAWord } from './show-cause.ts'
import { lockLine } from './show-locks.ts'
import { shortCommit, verdictTone } from './verdict-tone.ts'

type EnvironmentShape = StatusShape['environments'][number]

export function showStatus({ product, environments }: StatusShape): View {
  if (environments.length === 0) {
    const next = [{ command: 'kiban deploy --env staging', why: text.deploysFirst }]
    return [
      { kind: 'line', line: text.nothingYet(product) },
      { kind: 'next', commands: next },
    ]
  }
  return environments.flatMap((environment, at): View => {
    const blocks = environmentBlocks(product, environment)
    return at === 0 ? blocks : [{ kind: 'blank' }, ...blocks]
  })
}

function environmentBlocks(product: string, { environment, services, open, last, locks }: EnvironmentShape): Block[] {
  const table: Block = {
    kind: 'table',
    indent: 2,
    columns: [{}, {}, {}, {}],
    rows: services.map(({ service, commit = '', since, deploymentId = '' }) => [
      service,
      shortCommit(commit),
      since === undefined ? '' : { time: since },
      { text: deploymentId, tone: 'muted' },
    ]),
  }
  return [
    { kind: 'heading', line: `${product} ${environment}` },
    ...(services.length > 0 ? [table] : [{ kind: 'line', indent: 2, line: { text: text.nothingRuns, tone: 'muted' } } as const]),
    ...open.map(openLine),
    ...(last && last.verdict !== 'succeeded' ? [lastLine(last)] : []),
    ...locks.map((lock): Block => ({ kind: 'line', indent: 2, line: lockLine(lock), mark: 'warn' })),
  ]
}

const openLine = ({ id, state, createdBy, createdAt }: DeploymentShape): Block => ({
  kind: 'line',
  indent: 2,
  line: [id, '  ', text.step[state], '  ', createdBy, '  ', { since: createdAt }],
  mark: 'busy',
})

const lastLine = ({ id, verdict = 'failed', causes, endedAt }: DeploymentShape): Block => ({
  kind: 'line',
  indent: 2,
  line: [
    id,
    '  ',
    text.verdict[verdict],
    ...(endedAt === undefined ? [] : ['  ', { time: endedAt }]),
    ...(causes?.length ? ['  ', causeInAWord(causes)] : []),
  ],
  mark: verdictTone(verdict),
})

export function showDeployments({ deployments }: { deployments: DeploymentShape[] }): View {
  if (deployments.length === 0) return [{ kind: 'line', line: text.noDeployments }]
  return [
    {
      kind: 'table',
      columns: ['when', 'deployment', 'environment', 'commit', 'verdict', 'took', 'cause', 'by'].map((column) => ({
        title: text.column[column as keyof typeof text.column],
        ...(column === 'took' ? { align: 'right' as const } : {}),
      })),
      rows: deployments.map((deployment): Line[] => {
        const { id, environment, commit = '', createdAt, endedAt, createdBy, verdict, state, causes } = deployment
        return [
          { time: createdAt },
          id,
          environment,
          shortCommit(commit),
          verdict ? { text: text.verdict[verdict], tone: verdictTone(verdict) } : { text: text.step[state], tone: 'busy' },
          endedAt === undefined ? { since: createdAt } : { seconds: (endedAt - createdAt) / 1000 },
          causeInAWord(causes),
          createdBy,
        ]
      }),
    },
  ]
}

export function showReleases({ releases }: { releases: ReleaseShape[] }): View {
  if (releases.length === 0) return [{ kind: 'line', line: text.noReleases }]
  return [
    {
      kind: 'table',
      columns: (['when', 'commit', 'ref', 'release', 'by', 'runsIn'] as const).map((column) => ({ title: text.column[column] })),
      rows: releases.map(({ id, commit, ref, createdAt, createdBy, running }) => [
        { time: createdAt },
        shortCommit(commit),
        ref,
        id,
        createdBy,
        { text: Object.keys(running).join(', '), tone: 'good' },
      ]),
    },
  ]
}
