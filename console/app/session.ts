// Who reads this, asked once and kept until they log out.
import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query'
import { ownPlace } from '../../src/core/own-place.ts'
import { can, type Permission, type Place, permissions, type Role } from '../../src/core/permission.ts'
import { ApiError, call } from './api/client.ts'
import type { Calls } from './api/operations.generated.ts'

export type Reader = Calls['identity.whoami']['output']

export const readerQuery = queryOptions({
  queryKey: ['whoami'],
  queryFn: ({ signal }) => call('identity.whoami', {}, { signal }),
  staleTime: 60_000,
})

export const useReader = (): Reader | undefined => useQuery(readerQuery).data

/** The same rule as the server's, to say beforehand what it would refuse; the server decides. */
export function useCan(): (permission: Permission, place: Place) => boolean {
  const reader = useReader()
  return (permission, place) => reader !== undefined && can({ ...reader, face: 'http' }, permission, place)
}

/** Whether there is any place where the reader has a permission, so that a page of it is of use. */
export function useMaySomewhere(permission: keyof typeof permissions): boolean {
  const reader = useReader()
  const allowed: readonly Role[] = permissions[permission]
  return reader?.grants.some(({ role }) => allowed.includes(role)) ?? false
}

export async function logOut(queries: QueryClient): Promise<void> {
  await queries.cancelQueries()
  await call('session.close', {})
  queries.clear()
}

/** The way in, and back to where one was; with the reason where there is one to tell. */
export const wayIn = (from: string, { problem }: ApiError) => ({
  to: '/login' as const,
  search: { to: ownPlace(from), refused: problem.code === 'login.needed' ? undefined : problem.code },
})

export const isShutOut = (error: unknown): error is ApiError => error instanceof ApiError && error.problem.status === 401

export { ownPlace }
