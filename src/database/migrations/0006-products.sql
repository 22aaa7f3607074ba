-- The products that a server knows: where each one's repository is, and its manifest as it was last read.
create table products_products (
  name text primary key,
  repository text not null,
  -- The branch whose manifest counts for what concerns the product as a whole: owners, environments.
  ref text not null,
  manifest jsonb not null,
  commit text not null,
  added_by text not null,
  added_at timestamptz not null,
  read_at timestamptz not null
);
