import type { DatabaseSync } from 'node:sqlite'
import { book } from './books.ts'
import { transaction } from './database.ts'

export interface Order {
  id: number
  book: number
  title: string
  quantity: number
  total: number
  status: 'placed' | 'packing' | 'shipped'
  /** Epoch milliseconds. */
  placedAt: number
}

/** A worker that died holds its order for so long; then another takes it. */
const LEASE_MS = 30_000

/** Places an order; the same token again gives the order that it placed before. Undefined when there is no such book. */
export function placeOrder(database: DatabaseSync, token: string, bookId: number, quantity: number): Order | undefined {
  return transaction(database, () => {
    const found = book(database, bookId)
    if (!found) return undefined
    database
      .prepare(
        'INSERT INTO orders (token, book, quantity, total, placed_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (token) DO NOTHING',
      )
      .run(token, bookId, quantity, found.price * quantity, Date.now())
    const row = database.prepare(`${SELECT} WHERE token = ?`).get(token)
    return row && orderOf(row)
  })
}

export function order(database: DatabaseSync, id: number): Order | undefined {
  const row = database.prepare(`${SELECT} WHERE orders.id = ?`).get(id)
  return row && orderOf(row)
}

/** Takes the oldest order that waits, so that no other worker takes it. */
export function takeOrder(database: DatabaseSync, now = Date.now()): number | undefined {
  const row = database
    .prepare(`UPDATE orders SET status = 'packing', taken_at = ?
      WHERE id = (SELECT id FROM orders WHERE status = 'placed' OR (status = 'packing' AND taken_at < ?) ORDER BY id LIMIT 1)
      RETURNING id`)
    .get(now, now - LEASE_MS)
  return row && Number(row.id)
}

export function shipOrder(database: DatabaseSync, id: number): void {
  database.prepare(`UPDATE orders SET status = 'shipped', shipped_at = ? WHERE id = ?`).run(Date.now(), id)
}

const SELECT = 'SELECT orders.*, books.title FROM orders JOIN books ON books.id = orders.book'

function orderOf(row: Record<string, unknown>): Order {
  return {
    id: Number(row.id),
    book: Number(row.book),
    title: String(row.title),
    quantity: Number(row.quantity),
    total: Number(row.total),
    status: row.status as Order['status'],
    placedAt: Number(row.placed_at),
  }
}
