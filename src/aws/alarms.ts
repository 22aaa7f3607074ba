import type { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { batches } from './batches.ts'
import type { Api, AwsSession } from './session.ts'

const cloudWatch: Api<CloudWatch> = {
  service: 'cloudwatch',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-cloudwatch')).CloudWatch(config),
}

const NAMES_MAX = 100

/** The state of each alarm that exists: OK, ALARM or INSUFFICIENT_DATA. */
export async function alarmStates(
  session: AwsSession,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const states = new Map<string, string>()
  for (const AlarmNames of batches(names, NAMES_MAX)) {
    const { MetricAlarms = [], CompositeAlarms = [] } = await session.ask(
      cloudWatch,
      (client, options) =>
        client.describeAlarms({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: NAMES_MAX }, options),
      signal,
    )
    for (const { AlarmName = '', StateValue = '' } of [...MetricAlarms, ...CompositeAlarms]) states.set(AlarmName, StateValue)
  }
  return states
}
