-- Tasks that somebody runs to their end, and what became of each.

create table deploy_task_runs (
  id text primary key,
  -- A request sent twice starts one run.
  request text not null unique,
  product text not null,
  environment text not null,
  task text not null,
  -- Of a schedule that was run by hand.
  schedule boolean not null default false,
  state text not null,
  verdict text,
  -- Which process drives it: rises with each take-over, and only the newest may write.
  epoch bigint not null default 0,
  release_id text not null references deploy_releases (id),
  plan jsonb not null,
  definition text,
  -- Each attempt is written down before it is made, so that a successor looks before it repeats it.
  registering_at timestamptz,
  starting_at timestamptz,
  started_at timestamptz,
  -- [{ taskArn, status, exitCode, … }]
  tasks jsonb not null,
  exit_code integer,
  cancel jsonb,
  error jsonb,
  causes jsonb,
  reason text,
  options jsonb not null,
  cloud jsonb,
  created_at timestamptz not null,
  created_by text not null,
  face text not null,
  ended_at timestamptz
);

create index deploy_task_runs_by_place on deploy_task_runs (product, environment, created_at desc);

create index deploy_task_runs_open on deploy_task_runs (state) where state <> 'done';
