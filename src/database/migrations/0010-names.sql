-- What people and machines do stands under a name: each is somebody's for good, a user's or the tokens' of one user.

create table identity_names (
  -- Lower case.
  name text primary key,
  -- user | token
  kind text not null,
  -- The user, or whoever made the token.
  user_id text not null references identity_users (id)
);

insert into identity_names (name, kind, user_id) select name, 'user', id from identity_users;

-- Of tokens that share a name already, the oldest one's maker keeps it; the others go on until they end.
insert into identity_names (name, kind, user_id)
  select lower(name), 'token', user_id from identity_tokens order by created_at, id
  on conflict (name) do nothing;
