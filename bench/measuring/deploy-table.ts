import { type Cell, ratioOf, summary, type Table } from './measure.ts'

export interface Run {
  /** Seconds from UpdateService until ECS had ended each service deployment. */
  ecs: number[]
  /** Seconds from then until the user was told, for each service. */
  late: number[]
  wall: number
  calls: Record<string, number>
  cpu: number | undefined
  peak: number | undefined
}

const total = (calls: Record<string, number>) => Object.values(calls).reduce((sum, count) => sum + count, 0)

/** `samples` by tool and number of services, `kiban, 20`. */
export function tableOfDeployments(pace: string, sizes: readonly number[], samples: Record<string, Run[]>): Table {
  const rows = Object.entries(samples).map(([who, runs]): Cell[] => {
    const [tool = '', size = ''] = who.split(', ')
    const late = summary(runs.flatMap((one) => one.late))
    const median = (of: (one: Run) => number | undefined) => {
      const values = runs.flatMap((one) => of(one) ?? [])
      return values.length > 0 ? summary(values).median : undefined
    }
    const theirs = samples[`ecspresso, ${size}`]
    const calls = runs.map((one) => total(one.calls))
    return [
      tool,
      Number(size),
      summary(runs.flatMap((one) => one.ecs)).median,
      late.median,
      late.max,
      late.n,
      median((one) => one.wall),
      summary(calls).median,
      theirs && tool !== 'ecspresso'
        ? ratioOf(
            calls,
            theirs.map((one) => total(one.calls)),
          )
        : undefined,
      median((one) => one.cpu),
      median((one) => one.peak),
      runs.length,
    ]
  })
  for (const size of sizes) if (!samples[`ecspresso, ${size}`]) rows.push(['ecspresso: not here', size])
  return {
    title: `Deployments, ${pace} rollout`,
    columns: [
      'tool',
      'services',
      'ECS itself, s',
      'verdict after it, s',
      'at most, s',
      'verdicts',
      'command, s',
      'AWS calls',
      'ratio',
      'CPU, s',
      'peak MiB',
      'runs',
    ],
    rows,
    notes: [
      'ECS itself: from UpdateService to the end of the service deployment. CPU and memory are sums over all processes of the command.',
      ...Object.entries(samples).map(([who, runs]) => `Calls of ${who}, first run: ${callsOf(runs[0]?.calls ?? {})}`),
    ],
  }
}

const callsOf = (calls: Record<string, number>): string =>
  Object.entries(calls)
    .sort(([, a], [, b]) => b - a)
    .map(([api, count]) => `${count} ${api}`)
    .join(', ')
