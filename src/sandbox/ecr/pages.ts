import { page as cut, type Page, sortedBy } from '../page.ts'
import { invalid } from './store.ts'

const DEFAULT_RESULTS = 100
const MAX_RESULTS = 1000

/** One page of a listing in the order of `keyOf`, as ECR's paginated operations cut it. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  input: { nextToken?: string; maxResults?: number },
): Page<T> {
  return cut(sortedBy(all, keyOf), keyOf, {
    token: input.nextToken,
    size: Math.min(input.maxResults ?? DEFAULT_RESULTS, MAX_RESULTS),
    invalid: () => {
      throw invalid('nextToken', 'Invalid token')
    },
  })
}
