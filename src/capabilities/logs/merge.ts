/** Merges what is in order each into one that is in order; reads one item ahead of each, and no more. */
export async function* merged<Item>(
  sources: readonly AsyncIterable<Item>[],
  before: (a: Item, b: Item) => boolean,
): AsyncGenerator<Item> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()))
    for (;;) {
      let first = -1
      for (const [at, head] of heads.entries()) {
        const best = heads[first]
        if (!head.done && (!best || best.done || before(head.value, best.value))) first = at
      }
      const head = heads[first]
      const iterator = iterators[first]
      if (!head || head.done || !iterator) return
      yield head.value
      heads[first] = await iterator.next()
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.()
  }
}
