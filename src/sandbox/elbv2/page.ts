import { invalid } from './records.ts'

const PAGE_MAX = 400

/** One page of a list; the marker is the place where the next page begins. */
export function page<T>(items: T[], input: { PageSize?: number | undefined; Marker?: string | undefined }) {
  const size = input.PageSize ?? PAGE_MAX
  if (size < 1 || size > PAGE_MAX) throw invalid(`Page size must be between 1 and ${PAGE_MAX}`)
  const start = input.Marker === undefined ? 0 : Number(input.Marker)
  if (!Number.isSafeInteger(start) || start < 0) throw invalid(`Marker '${input.Marker}' is not valid`)
  const end = start + size
  return { items: items.slice(start, end), NextMarker: end < items.length ? String(end) : undefined }
}
