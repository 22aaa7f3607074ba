// Pages of a listing, as AWS cuts them: an opaque token that stays right while entries come and go before it.

export interface Page<T> {
  items: T[]
  /** Absent on the last page. */
  nextToken: string | undefined
}

export interface PageOptions {
  token: string | undefined
  size: number
  /** The items are in falling order. */
  descending?: boolean
  /** Throws the service's own error for a token that it never made. */
  invalid: () => never
}

/**
 * The page of `items` after `token`. The items are in the order of `keyOf`, whose values are unique; the token names
 * the last key that was given out.
 */
export function page<T>(items: readonly T[], keyOf: (item: T) => string, options: PageOptions): Page<T> {
  const start = options.token === undefined ? 0 : startAfter(items, keyOf, lastKey(options.token, options.invalid), options)
  const cut = items.slice(start, start + options.size)
  const last = cut.at(-1)
  const more = start + cut.length < items.length && last !== undefined
  return { items: cut, nextToken: more ? Buffer.from(MARK + keyOf(last)).toString('base64url') : undefined }
}

const MARK = 'after:'

function lastKey(token: string, invalid: () => never): string {
  const text = Buffer.from(token, 'base64url').toString()
  return text.startsWith(MARK) ? text.slice(MARK.length) : invalid()
}

function startAfter<T>(items: readonly T[], keyOf: (item: T) => string, key: string, { descending }: PageOptions): number {
  const index = items.findIndex((item) => (descending ? keyOf(item) < key : keyOf(item) > key))
  return index < 0 ? items.length : index
}

/** `items` sorted by a string key in code unit order, the order that `page` counts on. */
export function sortedBy<T>(items: Iterable<T>, keyOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}
