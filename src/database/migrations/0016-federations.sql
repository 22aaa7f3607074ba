-- Jobs of GitHub Actions that come in by GitHub's own token: which may, and those that have.

create table identity_federations (
  id text primary key,
  issuer text not null,
  audience text not null,
  -- { repository, ref, jobEnvironment, jobWorkflow, ownerId }: patterns of claims; what is left out is not looked at.
  wanted jsonb not null,
  role text not null,
  -- `*` for all.
  product text not null,
  environment text not null,
  created_by text not null,
  created_at timestamptz not null,
  removed_at timestamptz
);

-- A job's session: it may what its rules grant, for as long as they stand.
create table identity_jobs (
  id text primary key,
  secret_hash text not null unique,
  name text not null,
  issuer text not null,
  -- The token's own id: a token counts once.
  token_id text not null,
  federation_ids jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  unique (issuer, token_id)
);

create index identity_jobs_by_end on identity_jobs (expires_at);
