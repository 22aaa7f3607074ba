import type { CreateScheduleCommandInput, GetScheduleCommandOutput, Scheduler } from '@aws-sdk/client-scheduler'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const scheduler: Api<Scheduler> = {
  service: 'scheduler',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-scheduler')).Scheduler(config),
}

export type LiveSchedule = Omit<GetScheduleCommandOutput, '$metadata'>
export type ScheduleRequest = Omit<CreateScheduleCommandInput, 'ClientToken'>

/** The schedules of a group by their names; none where the group does not exist. One call for the list, one for each. */
export async function schedulesOf(session: AwsSession, group: string, signal?: AbortSignal): Promise<Map<string, LiveSchedule>> {
  const names: string[] = []
  let token: string | undefined
  try {
    do {
      const page = await session.ask(
        scheduler,
        (client, options) => client.listSchedules({ GroupName: group, NextToken: token }, options),
        signal,
      )
      names.push(...(page.Schedules ?? []).flatMap(({ Name = [] }) => Name))
      token = page.NextToken
    } while (token)
  } catch (error) {
    if (awsErrorName(error) === 'ResourceNotFoundException') return new Map()
    throw error
  }
  const found = await Promise.all(names.map((name) => scheduleNamed(session, group, name, signal)))
  return new Map(found.flatMap((one) => (one?.Name ? [[one.Name, one]] : [])))
}

export async function scheduleNamed(
  session: AwsSession,
  group: string,
  name: string,
  signal?: AbortSignal,
): Promise<LiveSchedule | undefined> {
  try {
    const { $metadata: _, ...schedule } = await session.ask(
      scheduler,
      (client, options) => client.getSchedule({ GroupName: group, Name: name }, options),
      signal,
    )
    return schedule
  } catch (error) {
    if (awsErrorName(error) === 'ResourceNotFoundException') return undefined
    throw error
  }
}

/** Makes the group where it is missing. */
export async function ensureScheduleGroup(
  session: AwsSession,
  name: string,
  tags: Record<string, string>,
  signal?: AbortSignal,
): Promise<void> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  try {
    await session.ask(scheduler, (client, options) => client.createScheduleGroup({ Name: name, Tags }, options), signal)
  } catch (error) {
    if (awsErrorName(error) !== 'ConflictException') throw error
  }
}

/** Makes a schedule, or replaces the whole of one that is there. The same twice changes nothing. */
export async function putSchedule(session: AwsSession, request: ScheduleRequest, signal?: AbortSignal): Promise<void> {
  try {
    await session.ask(scheduler, (client, options) => client.updateSchedule(request, options), signal)
  } catch (error) {
    if (awsErrorName(error) !== 'ResourceNotFoundException') throw error
    await session.ask(scheduler, (client, options) => client.createSchedule(request, options), signal)
  }
}

export async function deleteSchedule(session: AwsSession, group: string, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await session.ask(scheduler, (client, options) => client.deleteSchedule({ GroupName: group, Name: name }, options), signal)
  } catch (error) {
    if (awsErrorName(error) !== 'ResourceNotFoundException') throw error
  }
}
