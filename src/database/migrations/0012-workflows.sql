-- Runs of workflows: steps over deployments and tasks, and how far each came.

create table deploy_workflow_runs (
  id text primary key,
  -- A request sent twice starts one run.
  request text not null unique,
  product text not null,
  environment text not null,
  workflow text not null,
  state text not null,
  verdict text,
  -- Which process drives it: rises with each take-over, and only the newest may write.
  epoch bigint not null default 0,
  -- Rises each time that somebody resumes it.
  attempt integer not null default 1,
  repository text not null,
  ref text not null,
  commit text,
  -- [{ product, repository, ref, commit, releases: { environment: id } }]
  sources jsonb not null,
  -- In order, each with what it started and how that ended.
  steps jsonb not null,
  options jsonb not null,
  cancel jsonb,
  error jsonb,
  reason text,
  cloud jsonb,
  created_at timestamptz not null,
  created_by text not null,
  face text not null,
  ended_at timestamptz
);

create index deploy_workflow_runs_by_place on deploy_workflow_runs (product, environment, created_at desc);

create index deploy_workflow_runs_open on deploy_workflow_runs (state) where state <> 'done';

-- Whoever decides needs at least this role there; null: whoever may approve.
alter table approvals_requests add column role text;
