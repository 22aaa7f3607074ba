-- Who may come in, how they prove it, and what they may do. Secrets are kept as hashes, or sealed where they must be read again.

create table identity_users (
  id text primary key,
  -- Lower case; what the timeline shows.
  name text not null unique,
  display_name text not null,
  email text,
  created_at timestamptz not null,
  disabled_at timestamptz
);

-- Accounts at OpenID Connect providers.
create table identity_links (
  issuer text not null,
  subject text not null,
  user_id text not null references identity_users (id),
  linked_at timestamptz not null,
  primary key (issuer, subject)
);

create table identity_grants (
  id text primary key,
  user_id text not null references identity_users (id),
  role text not null,
  -- `*` for all.
  product text not null,
  environment text not null,
  granted_by text not null,
  reason text,
  granted_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create index identity_grants_by_user on identity_grants (user_id);

create table identity_sessions (
  id text primary key,
  secret_hash text not null unique,
  user_id text not null references identity_users (id),
  -- How the login was proved: invitation, password, passkey, oidc, device.
  method text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  agent text,
  revoked_at timestamptz
);

create index identity_sessions_by_user on identity_sessions (user_id);

create table identity_tokens (
  id text primary key,
  secret_hash text not null unique,
  name text not null,
  -- Whoever made it; it never may more than they.
  user_id text not null references identity_users (id),
  -- [{ role, product, environment }]
  grants jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);

create table identity_invitations (
  id text primary key,
  secret_hash text not null unique,
  user_id text not null references identity_users (id),
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table identity_passwords (
  user_id text primary key references identity_users (id),
  -- scrypt, with its parameters and salt.
  hash text not null,
  totp_sealed text not null,
  -- The last time step whose code was used: none counts twice (RFC 6238 §5.2).
  totp_step bigint not null default 0,
  confirmed_at timestamptz,
  changed_at timestamptz not null
);

create table identity_passkeys (
  -- The credential's id, base64url.
  id text primary key,
  user_id text not null references identity_users (id),
  public_key text not null,
  counter bigint not null,
  transports jsonb not null,
  name text not null,
  created_at timestamptz not null,
  used_at timestamptz
);

-- Failed attempts, by what was attacked: a name, a device code.
create table identity_failures (
  key text primary key,
  failures integer not null,
  failed_at timestamptz not null,
  blocked_until timestamptz not null
);

-- Logins under way: what was sent out with the browser or the device, to be matched when it comes back.
create table identity_flows (
  id text primary key,
  kind text not null,
  data jsonb not null,
  expires_at timestamptz not null
);
