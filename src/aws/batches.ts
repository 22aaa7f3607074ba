/** Parts of at most `size`, in order; AWS limits how many things one call may name. */
export function batches<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = []
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size))
  return parts
}
