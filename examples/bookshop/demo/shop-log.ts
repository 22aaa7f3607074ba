import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'

const GROUPS = ['/bookshop/staging/web', '/bookshop/staging/api']
const TROUBLE = '{ $.level = "error" || $.level = "warn" }'
const LINES_KEPT = 10

export interface LogLine {
  at: number
  service: string
  text: string
}

/** What the shop's programs logged of trouble since an instant (epoch milliseconds); the first lines. */
export async function shopTrouble(since: number): Promise<LogLine[]> {
  const logs = new CloudWatchLogs({})
  try {
    const found = await Promise.all(
      GROUPS.map(async (logGroupName) => {
        const { events = [] } = await logs.filterLogEvents({ logGroupName, startTime: since, filterPattern: TROUBLE })
        const service = logGroupName.split('/').at(-1) ?? ''
        return events.map(({ timestamp = 0, message = '' }) => ({ at: timestamp, service, text: message }))
      }),
    )
    return found
      .flat()
      .sort((a, b) => a.at - b.at)
      .slice(0, LINES_KEPT)
  } finally {
    logs.destroy()
  }
}
