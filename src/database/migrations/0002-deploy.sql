-- Releases, deployments, their rollouts, and the locks under which they act.

create table deploy_releases (
  id text primary key,
  product text not null,
  commit text not null,
  -- What the images were built from: folders, arguments, platforms, builder.
  inputs text not null,
  repository text not null,
  ref text not null,
  manifest jsonb not null,
  -- Task definitions that services start from, by service.
  definitions jsonb not null,
  -- { service: { reference, digest, … } }
  images jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  unique (product, commit, inputs)
);

create table deploy_deployments (
  id text primary key,
  -- A request sent twice starts one deployment.
  request text not null unique,
  product text not null,
  environment text not null,
  kind text not null,
  state text not null,
  verdict text,
  -- Which process drives it: rises with each take-over, and only the newest may write.
  epoch bigint not null default 0,
  repository text,
  ref text,
  commit text,
  release_id text references deploy_releases (id),
  services jsonb not null,
  options jsonb not null,
  plan jsonb,
  -- Fences of the locks it holds, by service.
  fences jsonb,
  cancel jsonb,
  error jsonb,
  reason text,
  trouble_since timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  face text not null,
  ended_at timestamptz
);

create index deploy_deployments_by_place on deploy_deployments (product, environment, created_at desc);

create index deploy_deployments_open on deploy_deployments (state) where state <> 'done';

create table deploy_rollouts (
  deployment_id text not null references deploy_deployments (id),
  service text not null,
  action text not null,
  cluster text not null,
  name text not null,
  -- Each attempt is written down before it is made, so that a successor looks before it repeats it.
  registering_at timestamptz,
  definition text,
  sending_at timestamptz,
  sent_at timestamptz,
  planned_from text,
  previous text,
  service_deployment text,
  revision text,
  deadline timestamptz,
  view jsonb,
  old_tasks integer not null default 0,
  newer boolean not null default false,
  -- The way back: asked | stopping | restoring | done | impossible
  undo text,
  undo_sending_at timestamptz,
  undo_service_deployment text,
  undo_view jsonb,
  verdict text,
  error jsonb,
  ended_at timestamptz,
  primary key (deployment_id, service)
);

create index deploy_rollouts_by_service_deployment on deploy_rollouts (service_deployment);

create table deploy_migrations (
  deployment_id text not null references deploy_deployments (id),
  task text not null,
  position integer not null,
  starting_at timestamptz,
  task_arn text,
  exit_code integer,
  view jsonb,
  ended_at timestamptz,
  primary key (deployment_id, task)
);

create table deploy_locks (
  product text not null,
  environment text not null,
  service text not null,
  -- Rises with each taking; whoever holds an older one has lost the lock.
  fence bigint not null default 0,
  -- A deployment, or a person: `deployment/dep_…`, `person/aoi`.
  holder text,
  actor text,
  reason text,
  taken_at timestamptz,
  -- Null while a person holds it: until released.
  lease_until timestamptz,
  primary key (product, environment, service)
);

create table deploy_lock_queue (
  ticket bigint generated always as identity,
  product text not null,
  environment text not null,
  service text not null,
  waiter text not null,
  actor text not null,
  reason text not null,
  queued_at timestamptz not null,
  -- A waiter that is not seen any more is passed over, and keeps its place for when it comes back.
  seen_at timestamptz not null,
  primary key (product, environment, service, waiter)
);
