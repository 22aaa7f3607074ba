-- Deployments as GitHub knows them, and what it was told of each last.
create table if not exists deploy_github_deployments (
  deployment_id text primary key references deploy_deployments (id),
  -- GitHub's id; none while it has not taken it.
  github_id bigint,
  told text not null,
  told_at timestamptz not null
);

-- What GitHub was told of each run of a workflow last.
create table deploy_github_workflow_runs (
  run_id text primary key references deploy_workflow_runs (id),
  told text not null,
  told_at timestamptz not null
);

-- A push starts a deployment, or a workflow.
alter table deploy_push_outcomes add column workflow_run_id text;
