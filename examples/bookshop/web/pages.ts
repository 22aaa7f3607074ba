import { release } from '../shared/release.ts'
import { styles } from './styles.ts'

interface Book {
  id: number
  title: string
  author: string
  price: number
  blurb: string
}

interface Order {
  id: number
  title: string
  quantity: number
  total: number
  status: 'placed' | 'packing' | 'shipped'
}

export function shelfPage(books: Book[]): string {
  const cards = books.map(
    (book) => `<li><a class="card" href="/books/${book.id}">${cover(book)}<h2>${text(book.title)}</h2><p>${text(book.author)}</p>
<p class="price">${priceOf(book)}</p></a></li>`,
  )
  return layout(
    'Bookshop',
    `<p class="lead">Eight books we would lend to a friend.</p><ul class="shelf">${cards.join('\n')}</ul>`,
  )
}

export function bookPage(book: Book, token: string): string {
  return layout(
    book.title,
    `<article class="book">${cover(book)}<div><h1>${text(book.title)}</h1><p>${text(book.author)}</p><p>${text(book.blurb)}</p>
<p class="price">${priceOf(book)}</p>
<form method="post" action="/orders"><input type="hidden" name="token" value="${text(token)}"><input type="hidden" name="book" value="${book.id}">
<label>Copies <input name="quantity" type="number" min="1" max="10" value="1" required></label><button>Order</button></form></div></article>`,
  )
}

const steps = ['placed', 'packing', 'shipped'] as const

export function orderPage(order: Order): string {
  const at = steps.indexOf(order.status)
  const items = steps.map(
    (step, index) => `<li class="${index <= at ? 'done' : ''}"${index === at ? ' aria-current="step"' : ''}>${step}</li>`,
  )
  return layout(
    `Order ${order.id}`,
    `<h1>Thank you!</h1><p>Order ${order.id}: ${order.quantity} × <b>${text(order.title)}</b>, ${yen(order.total)}</p>
<ol class="steps">${items.join('')}</ol><p><a href="/">Back to the shelf</a></p>`,
    order.status === 'shipped' ? '' : '<meta http-equiv="refresh" content="1">',
  )
}

export function problemPage(status: number, message: string): string {
  return layout(`${status}`, `<h1>${status}</h1><p>${text(message)}</p><p><a href="/">Back to the shelf</a></p>`)
}

const priceOf = (book: Book) => yen(book.price)

const yen = (amount: number) => `¥${amount.toLocaleString('en')}`

/** A cover of two colours that belong to the book. */
const cover = (book: Book) =>
  `<span class="cover" style="--h:${(book.id * 47) % 360}" aria-hidden="true"><span>${text(book.title)}</span></span>`

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value: string) => String(value).replace(/[&<>"']/g, (character) => entities[character] ?? '')

const layout = (title: string, body: string, head = '') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${head}
<title>${text(title)}</title><style>${styles}</style></head>
<body><header><a href="/">本 bookshop</a></header><main>${body}</main><footer>release ${text(release)}</footer></body></html>
`
