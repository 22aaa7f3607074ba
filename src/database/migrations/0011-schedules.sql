-- Schedules that deployments brought to EventBridge Scheduler, and what was seen of their runs.

create table deploy_schedules (
  product text not null,
  environment text not null,
  schedule text not null,
  service text not null,
  -- What of it is the manifest's, as it was brought last.
  settings jsonb not null,
  "group" text not null,
  region text not null,
  definition text not null,
  timeout_seconds integer not null,
  cloud jsonb,
  deployment_id text not null references deploy_deployments (id),
  applied_at timestamptz not null,
  primary key (product, environment, schedule)
);

create table deploy_schedule_runs (
  seq bigint generated always as identity unique,
  product text not null,
  environment text not null,
  schedule text not null,
  -- The task, or the time at which there was none.
  key text not null,
  due_at timestamptz,
  task_arn text not null,
  verdict text not null,
  exit_code integer,
  stopped_reason text,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (product, environment, schedule, key)
);

create index deploy_schedule_runs_by_time on deploy_schedule_runs (product, environment, coalesce(due_at, started_at) desc);

-- What was told of a run, so that it is told once.
create table deploy_schedule_told (
  product text not null,
  environment text not null,
  schedule text not null,
  what text not null,
  primary key (product, environment, schedule, what)
);
