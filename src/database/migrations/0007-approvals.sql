-- Who must agree to what before it goes on, and when nothing may go on.

create table approvals_requests (
  id text primary key,
  -- What waits: `deployment/dep_…`.
  subject text not null,
  -- What exactly was shown: another fingerprint is another request.
  fingerprint text not null,
  product text not null,
  environment text not null,
  -- What a person reads to decide.
  summary jsonb not null,
  needed integer not null,
  asked_by text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  -- open | agreed | refused | expired | withdrawn
  state text not null default 'open',
  decided_at timestamptz,
  unique (subject, fingerprint)
);

create index approvals_requests_open on approvals_requests (product, environment) where state = 'open';

create table approvals_votes (
  request_id text not null references approvals_requests (id),
  actor text not null,
  agrees boolean not null,
  reason text,
  voted_at timestamptz not null,
  primary key (request_id, actor)
);

create table approvals_freezes (
  id text primary key,
  -- `*` for all.
  product text not null,
  environment text not null,
  from_at timestamptz not null,
  -- Null: until it is ended by hand.
  until_at timestamptz,
  reason text not null,
  started_by text not null,
  started_at timestamptz not null,
  ended_at timestamptz
);
