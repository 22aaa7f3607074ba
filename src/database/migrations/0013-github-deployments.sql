-- Deployments as GitHub knows them, and what it was told of each last.
create table deploy_github_deployments (
  deployment_id text primary key references deploy_deployments (id),
  -- GitHub's id; none while it has not taken it.
  github_id bigint,
  told text not null,
  told_at timestamptz not null
);
