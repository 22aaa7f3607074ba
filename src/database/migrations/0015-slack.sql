-- Who is who: users of a Slack workspace, each linked to a user of kiban.
create table slack_accounts (
  team text not null,
  slack_user text not null,
  -- What Slack shows of them.
  slack_name text not null,
  -- The user of kiban.
  name text not null,
  language text not null,
  linked_at timestamptz not null,
  linked_by text not null,
  primary key (team, slack_user)
);

-- What somebody of Slack shows to prove, where they are logged in, that they are the same.
create table slack_codes (
  code_hash text primary key,
  team text not null,
  slack_user text not null,
  slack_name text not null,
  language text not null,
  expires_at timestamptz not null
);

-- What was asked in Slack, each once.
create table slack_requests (
  id text primary key,
  -- Slack's own name for it: that of a trigger or an event.
  key text not null unique,
  asked jsonb not null,
  received_at timestamptz not null,
  done_at timestamptz
);

-- Messages that follow something to its end.
create table slack_threads (
  subject text primary key,
  team text not null,
  -- In whose name it is looked at.
  slack_user text not null,
  product text not null,
  channel text not null,
  ts text not null,
  language text not null,
  told text,
  ended_at timestamptz
);

create index slack_threads_open on slack_threads (subject) where ended_at is null
