// Sales of the last day, as one log line.
import { log } from '../shared/log.ts'
import { openDatabase } from './database.ts'

const DAY_MS = 86_400_000

const database = openDatabase()
const sales = database
  .prepare(`SELECT books.title, SUM(orders.quantity) AS copies, SUM(orders.total) AS yen
    FROM orders JOIN books ON books.id = orders.book WHERE orders.placed_at >= ? GROUP BY books.id ORDER BY yen DESC, books.id`)
  .all(Date.now() - DAY_MS)
  .map(({ title, copies, yen }) => ({ title, copies: Number(copies), yen: Number(yen) }))
log('info', 'sales of the last day', { yen: sales.reduce((sum, { yen }) => sum + yen, 0), books: sales })
database.close()
