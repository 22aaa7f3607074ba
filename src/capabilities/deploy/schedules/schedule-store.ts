// What kiban did to schedules, and what became of their runs.

import type { Cloud } from '../../../aws/identity.ts'
import { json, type Queryable } from '../../../database/database.ts'
import { fromRow } from '../../../database/row.ts'
import type { Applied, ScheduleSettings } from './schedule-plan.ts'

interface Place {
  product: string
  environment: string
}

export interface KnownSchedule extends Place {
  schedule: string
  service: string
  settings: ScheduleSettings
  group: string
  region: string
  definition: string
  timeoutSeconds: number
  cloud: Cloud | undefined
  deploymentId: string
  appliedAt: number
}

export async function keepSchedule(tx: Queryable, known: KnownSchedule): Promise<void> {
  await tx.query(
    `insert into deploy_schedules (product, environment, schedule, service, settings, "group", region, definition, timeout_seconds, cloud, deployment_id, applied_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12::double precision / 1000))
     on conflict (product, environment, schedule) do update set service = excluded.service, settings = excluded.settings, "group" = excluded."group",
       region = excluded.region, definition = excluded.definition, timeout_seconds = excluded.timeout_seconds, cloud = excluded.cloud,
       deployment_id = excluded.deployment_id, applied_at = excluded.applied_at`,
    [
      known.product,
      known.environment,
      known.schedule,
      known.service,
      json(known.settings),
      known.group,
      known.region,
      known.definition,
      known.timeoutSeconds,
      known.cloud ? json(known.cloud) : null,
      known.deploymentId,
      known.appliedAt,
    ],
  )
}

export async function dropSchedule(tx: Queryable, { product, environment }: Place, schedule: string): Promise<void> {
  await tx.query('delete from deploy_schedules where product = $1 and environment = $2 and schedule = $3', [
    product,
    environment,
    schedule,
  ])
}

/** In name order. */
export async function knownSchedules(database: Queryable, { product, environment }: Place): Promise<KnownSchedule[]> {
  const rows = await database.query('select * from deploy_schedules where product = $1 and environment = $2 order by schedule', [
    product,
    environment,
  ])
  return rows.map((row) => fromRow<KnownSchedule>(row))
}

export async function appliedSchedules(database: Queryable, place: Place): Promise<Record<string, Applied>> {
  const known = await knownSchedules(database, place)
  return Object.fromEntries(known.map(({ schedule, settings, service }) => [schedule, { settings, service }]))
}

/** Every place with schedules. */
export async function placesWithSchedules(database: Queryable): Promise<Place[]> {
  return database.query<{ product: string; environment: string }>(
    'select distinct product, environment from deploy_schedules order by product, environment',
  )
}

export const runVerdicts = ['running', 'succeeded', 'failed', 'missed', 'skipped'] as const

/** One time that a schedule was due, or one task that it started. */
export interface ScheduleRun extends Place {
  schedule: string
  /** Undefined where the task does not say for which time it is. */
  dueAt: number | undefined
  /** Empty for a time at which nothing was started. */
  taskArn: string
  verdict: (typeof runVerdicts)[number]
  exitCode: number | undefined
  stoppedReason: string | undefined
  startedAt: number | undefined
  endedAt: number | undefined
}

/** Keeps what was seen of a run; true where that is new. */
export async function keepScheduleRun(tx: Queryable, run: ScheduleRun): Promise<boolean> {
  const rows = await tx.query(
    `insert into deploy_schedule_runs (product, environment, schedule, due_at, task_arn, verdict, exit_code, stopped_reason, started_at, ended_at, key)
     values ($1, $2, $3, to_timestamp($4::double precision / 1000), $5, $6, $7, $8, to_timestamp($9::double precision / 1000),
       to_timestamp($10::double precision / 1000), $11)
     on conflict (product, environment, schedule, key) do update set verdict = excluded.verdict, exit_code = excluded.exit_code,
       stopped_reason = excluded.stopped_reason, started_at = excluded.started_at, ended_at = excluded.ended_at
     where deploy_schedule_runs.verdict <> excluded.verdict returning key`,
    [
      run.product,
      run.environment,
      run.schedule,
      run.dueAt ?? null,
      run.taskArn,
      run.verdict,
      run.exitCode ?? null,
      run.stoppedReason ?? null,
      run.startedAt ?? null,
      run.endedAt ?? null,
      run.taskArn === '' ? `due ${run.dueAt}` : run.taskArn,
    ],
  )
  return rows.length > 0
}

/** A time that was thought missed was only late. */
export async function dropMissed(tx: Queryable, { product, environment }: Place, schedule: string, dueAt: number): Promise<void> {
  await tx.query('delete from deploy_schedule_runs where product = $1 and environment = $2 and schedule = $3 and key = $4', [
    product,
    environment,
    schedule,
    `due ${dueAt}`,
  ])
}

/** Newest first. */
export async function scheduleRuns(
  database: Queryable,
  { product, environment }: Place,
  { schedule, before, limit }: { schedule?: string; before?: number; limit: number },
): Promise<(ScheduleRun & { seq: number })[]> {
  const rows = await database.query(
    `select * from deploy_schedule_runs
     where product = $1 and environment = $2 and ($3::text is null or schedule = $3)
       and ($4::bigint is null or (coalesce(due_at, started_at), seq) <
         (select coalesce(b.due_at, b.started_at), b.seq from deploy_schedule_runs b where b.seq = $4 and b.product = $1))
     order by coalesce(due_at, started_at) desc, seq desc limit $5`,
    [product, environment, schedule ?? null, before ?? null, limit],
  )
  return rows.map((row) => fromRow<ScheduleRun & { seq: number }>(row))
}

/** Marks that something was told of a run once; false when it had been. */
export async function tellOnce(tx: Queryable, { product, environment }: Place, schedule: string, what: string): Promise<boolean> {
  const rows = await tx.query(
    'insert into deploy_schedule_told (product, environment, schedule, what) values ($1, $2, $3, $4) on conflict do nothing returning what',
    [product, environment, schedule, what],
  )
  return rows.length > 0
}
