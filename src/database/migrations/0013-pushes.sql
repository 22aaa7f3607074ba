-- Pushes that GitHub told of, and what became of each. They are kept: one that comes again is known by its delivery, or by its body.

create table deploy_pushes (
  seq bigint generated always as identity primary key,
  id text not null unique,
  -- X-GitHub-Delivery. The signature does not cover it, so that the body counts as well.
  delivery text not null unique,
  body_hash text not null unique,
  -- host/owner/name, in lower case.
  repository text not null,
  ref text not null,
  before text not null,
  after text not null,
  forced boolean not null,
  pusher text not null,
  received_at timestamptz not null,
  decided_at timestamptz
);

create index deploy_pushes_open on deploy_pushes (repository, seq) where decided_at is null;

-- What a push did to a product, once it is decided.
create table deploy_push_outcomes (
  push_id text not null references deploy_pushes (id),
  product text not null,
  environment text,
  deployment_id text,
  -- Why nothing was started.
  ignored text,
  primary key (push_id, product)
);
