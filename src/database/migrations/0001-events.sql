-- Facts about the past, written in the transaction of the change that they tell of; never updated.
create table events (
  seq bigint generated always as identity primary key,
  id text not null unique,
  type text not null,
  at timestamptz not null,
  product text not null,
  environment text,
  actor text not null,
  face text not null,
  subject text not null,
  data jsonb not null
);

create index events_by_subject on events (subject, seq);

create index events_by_place on events (product, environment, seq);
