// What pages ask for, each question in one place, so that all of them share one answer.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from './api/client.ts'
import type { Calls } from './api/operations.generated.ts'

export type Product = Calls['product.list']['output']['products'][number]
export type Deployment = Calls['deployment.list']['output']['deployments'][number]
export type Status = Calls['deployment.status']['output']
export type Plan = Calls['deployment.plan']['output']
export type TimelineEvent = Calls['timeline.list']['output']['events'][number]
export type Approval = Calls['approval.list']['output']['approvals'][number]

export type ServiceRow = Calls['service.list']['output']['services'][number]
export type ServiceDetail = Calls['service.show']['output']

/** How one may log in here. */
export const methodsQuery = queryOptions({
  queryKey: ['login.methods'],
  queryFn: ({ signal }) => call('login.methods', {}, { signal }),
  staleTime: 300_000,
})

/** Where the timeline stands. Asked before all else, so that what is answered later is made stale by all that comes after it. */
export const positionQuery = queryOptions({
  queryKey: ['position'],
  queryFn: async ({ signal }) => String((await call('timeline.list', { limit: 1 }, { signal })).events[0]?.seq ?? 0),
  staleTime: Number.POSITIVE_INFINITY,
})

export const productsQuery = queryOptions({
  queryKey: ['products'],
  queryFn: async ({ signal }) => (await call('product.list', {}, { signal })).products,
  staleTime: 60_000,
})

export const productQuery = (name: string) =>
  queryOptions({
    queryKey: ['product', name],
    queryFn: ({ signal }) => call('product.show', { name }, { signal }),
    staleTime: 60_000,
  })

export const statusQuery = (product: string) =>
  queryOptions({ queryKey: ['status', product], queryFn: ({ signal }) => call('deployment.status', { product }, { signal }) })

/** Services change by themselves, without an event of kiban's; nobody asks while the page is hidden. */
const SERVICES_EVERY_MS = 5_000

export const servicesQuery = (product: string, env: string) =>
  queryOptions({
    queryKey: ['services', product, env],
    queryFn: ({ signal }) => call('service.list', { product, env }, { signal }),
    refetchInterval: SERVICES_EVERY_MS,
  })

export const serviceQuery = (product: string, env: string, service: string) =>
  queryOptions({
    queryKey: ['services', product, env, service],
    queryFn: ({ signal }) => call('service.show', { product, env, service }, { signal }),
    refetchInterval: SERVICES_EVERY_MS,
  })

export const deploymentsQuery = (product: string, env?: string, limit = 30) =>
  queryOptions({
    queryKey: ['deployments', product, env ?? '*', limit],
    queryFn: async ({ signal }) => (await call('deployment.list', { product, env, limit }, { signal })).deployments,
  })

/** All of them, page by page. */
export const deploymentPages = (product: string, filter: { env?: string; service?: string; verdict?: string; actor?: string }) =>
  infiniteQueryOptions({
    queryKey: ['deployments', product, filter],
    queryFn: ({ signal, pageParam }) =>
      call('deployment.list', { product, ...(filter as object), limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })

export const releasePages = (product: string, ref?: string) =>
  infiniteQueryOptions({
    queryKey: ['releases', product, 'pages', ref],
    queryFn: ({ signal, pageParam }) => call('release.list', { product, ref, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })

export const releasesQuery = (product: string) =>
  queryOptions({
    queryKey: ['releases', product],
    queryFn: async ({ signal }) => (await call('release.list', { product, limit: 50 }, { signal })).releases,
  })

export const measuresQuery = (product: string, env: string) =>
  queryOptions({
    queryKey: ['measures', product, env],
    queryFn: ({ signal }) => call('timeline.measure', { product, env }, { signal }),
    staleTime: 60_000,
  })

export const approvalsQuery = queryOptions({
  queryKey: ['approvals'],
  queryFn: async ({ signal }) => (await call('approval.list', {}, { signal })).approvals,
})

export const freezesQuery = queryOptions({
  queryKey: ['freezes'],
  queryFn: async ({ signal }) => (await call('freeze.list', {}, { signal })).freezes,
})

/** What an event on the timeline makes stale, by the noun of its type. */
export const staleBy: Record<string, readonly string[]> = {
  deployment: ['status', 'deployments', 'measures', 'releases'],
  rollout: ['status', 'services'],
  lock: ['status'],
  product: ['products', 'product'],
  approval: ['approvals'],
  freeze: ['freezes'],
  grant: ['users', 'whoami'],
  user: ['users'],
  token: ['tokens'],
  session: ['sessions'],
}
