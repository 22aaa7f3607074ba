import type { DatabaseSync } from 'node:sqlite'

export interface Book {
  id: number
  title: string
  author: string
  /** Yen, tax included. */
  price: number
  blurb: string
}

export function books(database: DatabaseSync): Book[] {
  return database.prepare('SELECT * FROM books ORDER BY id').all().map(bookOf)
}

export function book(database: DatabaseSync, id: number): Book | undefined {
  const row = database.prepare('SELECT * FROM books WHERE id = ?').get(id)
  return row && bookOf(row)
}

function bookOf(row: Record<string, unknown>): Book {
  return {
    id: Number(row.id),
    title: String(row.title),
    author: String(row.author),
    price: Number(row.price),
    blurb: String(row.blurb),
  }
}
