/**
 * Finds the operation of a REST request by its method, path and query.
 * https://smithy.io/2.0/spec/http-bindings.html#http-trait
 */
import type { WireRequest } from './message.ts'
import type { Model, OperationModel } from './model.ts'

export interface RestRoute {
  operation: OperationModel
  method: string
  segments: Segment[]
  /** Literal parts of the query: `list-type=2`, `location`. */
  literals: [name: string, value: string][]
  /** Members without which the operation cannot be meant: they tell UploadPart from PutObject. */
  requiredHeaders: string[]
  requiredQueries: string[]
}

type Segment = { text: string } | { label: string; greedy: boolean }

/** S3's two GET operations on one path differ in this query alone; older clients leave it out. */
const OPERATION_ID = 'x-id'

export function restRoutes(model: Model): RestRoute[] {
  return [...model.operations.values()].flatMap((operation) => {
    if (!operation.http) return []
    const [method, uri] = operation.http
    const [path = '/', query = ''] = uri.split('?')
    const required = operation.input.members.filter((member) => member.required)
    return {
      operation,
      method,
      segments: segmentsOf(withBucket(path, operation)),
      literals: [...new URLSearchParams(query)],
      requiredHeaders: required.flatMap(({ traits }) => (traits.httpHeader ? [traits.httpHeader.toLowerCase()] : [])),
      requiredQueries: required.flatMap(({ traits }) => (traits.httpQuery ? [traits.httpQuery] : [])),
    }
  })
}

/** S3's schemas leave the bucket to the host name; the sandbox has one host, so that it leads the path. */
function withBucket(path: string, operation: OperationModel): string {
  const bucket = operation.input.members.find((member) => member.name === 'Bucket' && member.traits.httpLabel)
  return bucket && !path.includes('{Bucket}') ? `/{Bucket}${path === '/' ? '' : path}` : path
}

function segmentsOf(path: string): Segment[] {
  return path
    .split('/')
    .slice(1)
    .filter((segment, i, all) => segment !== '' || i < all.length - 1)
    .map((segment) => {
      const label = /^\{([^}+]+)(\+?)\}$/.exec(segment)
      return label ? { label: label[1] ?? '', greedy: label[2] === '+' } : { text: segment }
    })
}

export interface RestMatch {
  operation: OperationModel
  labels: Record<string, string>
}

export function matchRest(routes: RestRoute[], request: WireRequest): RestMatch | undefined {
  const query = new URLSearchParams(request.query)
  let best: RestMatch | undefined
  let bestRank = -1
  for (const route of routes) {
    if (route.method !== request.method) continue
    const labels = labelsOf(route.segments, request.path)
    if (!labels || !meant(route, request, query)) continue
    const rank = rankOf(route)
    if (rank > bestRank) {
      best = { operation: route.operation, labels }
      bestRank = rank
    }
  }
  return best
}

function labelsOf(segments: Segment[], path: string): Record<string, string> | undefined {
  const parts = path.split('/').slice(1)
  const greedyAt = segments.findIndex((segment) => 'label' in segment && segment.greedy)
  if (greedyAt < 0 && parts.at(-1) === '' && parts.length === segments.length + 1) parts.pop()
  if (greedyAt < 0 ? parts.length !== segments.length : parts.length < segments.length) return undefined
  const labels: Record<string, string> = {}
  let at = 0
  for (const segment of segments) {
    if ('text' in segment) {
      if (parts[at] !== segment.text) return undefined
      at++
      continue
    }
    const taken = segment.greedy ? parts.length - segments.length + 1 : 1
    const text = parts.slice(at, at + taken).join('/')
    if (text === '') return undefined
    try {
      labels[segment.label] = decodeURIComponent(text)
    } catch {
      return undefined
    }
    at += taken
  }
  return labels
}

function meant(route: RestRoute, request: WireRequest, query: URLSearchParams): boolean {
  return (
    route.literals.every(([name, value]) => (name === OPERATION_ID && !query.has(name)) || query.get(name) === value) &&
    route.requiredHeaders.every((name) => request.headers[name] !== undefined) &&
    route.requiredQueries.every((name) => query.has(name))
  )
}

function rankOf(route: RestRoute): number {
  const literals = route.literals.filter(([name]) => name !== OPERATION_ID).length
  const texts = route.segments.filter((segment) => 'text' in segment).length
  const precise = route.segments.filter((segment) => 'text' in segment || !segment.greedy).length
  return literals * 1000 + texts * 100 + (route.requiredHeaders.length + route.requiredQueries.length) * 10 + precise
}
