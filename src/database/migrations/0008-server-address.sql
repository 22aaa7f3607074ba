-- Where browsers find the server, told by the one that was started last.

create table server_address (
  one boolean primary key default true check (one),
  url text not null
);
