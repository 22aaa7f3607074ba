CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  author TEXT NOT NULL,
  price INTEGER NOT NULL,
  blurb TEXT NOT NULL
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  book INTEGER NOT NULL REFERENCES books,
  quantity INTEGER NOT NULL,
  total INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'placed',
  placed_at INTEGER NOT NULL,
  taken_at INTEGER,
  shipped_at INTEGER
);

CREATE INDEX orders_waiting ON orders (status, taken_at);

INSERT INTO books (title, author, price, blurb) VALUES
  ('The Lighthouse at Inubo', 'Mio Kanda', 1760, 'A keeper counts ships that nobody else can see.'),
  ('Rice, Rain, Repeat', 'Jun Asakura', 1540, 'Four seasons on a terrace in Niigata.'),
  ('Letters to a Slow Train', 'Ena Hoshino', 1320, 'Love, by way of every station between Kii and Tokyo.'),
  ('A Short History of Doors', 'Leo Brandt', 2200, 'Who was let in, who was kept out, and who held the key.'),
  ('The Cartographer''s Cat', 'Nils Aalto', 1650, 'She walked across the map, and the borders moved.'),
  ('Midnight at the Kissaten', 'Sui Morikawa', 1430, 'Six regulars, one secret, and very good coffee.'),
  ('Small Gardens for Big Cities', 'Ines Duarte', 2420, 'Green, in the space of a window.'),
  ('What the Tide Keeps', 'Rin Tachibana', 1870, 'A diver, a debt, and a bell that still rings.');
