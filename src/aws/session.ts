import type { RetryStrategyV2 } from '@smithy/types'
import type { CallerEnvironment } from '../core/caller.ts'
import { KibanError } from '../core/error.ts'
import { inEnvironmentOf } from './caller-environment.ts'
import { awsError } from './error.ts'

const CONNECT_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000

/**
 * One region as one caller sees it. Endpoint, credentials and, unless given, region come from the caller's AWS environment
 * variables, profiles and configuration files alone. Each SDK client is loaded at its first use.
 */
export interface AwsSession {
  readonly region: string | undefined
  /** Requests sent so far, retries included, by `service.Operation`. */
  readonly calls: ReadonlyMap<string, number>
  /** Runs one request. Throws KibanError in AWS's own words, or the signal's reason when aborted. */
  ask<Client extends SdkClient, Output>(
    api: Api<Client>,
    run: (client: Client, options: { abortSignal?: AbortSignal }) => Promise<Output>,
    signal?: AbortSignal,
  ): Promise<Output>
  close(): void
}

/** A client and the token bucket that its requests share; AWS throttles by such classes of actions. */
export interface Api<Client> {
  /** `ecs`, as people say it. */
  service: string
  bucket: string
  /** False where a request whose answer was lost must not simply be sent again. */
  repeatable?: boolean
  load(config: ClientConfig): Promise<Client>
}

export interface ClientConfig {
  region?: string
  retryStrategy: RetryStrategyV2
  requestHandler: { connectionTimeout: number; requestTimeout: number }
  /** The SDK keeps configuration files as it first read them; people log in again while kiban runs. */
  ignoreCache: true
}

interface SdkClient {
  destroy(): void
  middlewareStack: { add(middleware: never, options: { step: 'finalizeRequest'; priority: 'low'; name: string }): void }
}

/** Opens a session for a caller: this process when none is given. */
export function awsSession(region?: string, caller?: CallerEnvironment): AwsSession {
  const calls = new Map<string, number>()
  const clients = new Map<string, Promise<SdkClient>>()
  const clientOf = <Client extends SdkClient>(api: Api<Client>): Promise<Client> => {
    const key = `${api.service}/${api.bucket}`
    const known = clients.get(key) as Promise<Client> | undefined
    if (known) return known
    const client = opened(api, region, calls)
    clients.set(key, client)
    // A client that could not be made is tried again at the next request.
    client.catch(() => clients.delete(key))
    return client
  }
  /** A client keeps its credentials; the next one looks them up again, for somebody may have logged in meanwhile. */
  const forget = (api: Pick<Api<SdkClient>, 'service' | 'bucket'>) => {
    const key = `${api.service}/${api.bucket}`
    clients.get(key)?.then(
      (client) => client.destroy(),
      () => {},
    )
    clients.delete(key)
  }
  return {
    region,
    calls,
    async ask(api, run, signal) {
      signal?.throwIfAborted()
      try {
        return await inEnvironmentOf(caller, async () => run(await clientOf(api), signal ? { abortSignal: signal } : {}))
      } catch (error) {
        signal?.throwIfAborted()
        const known = awsError(error, api.service)
        if (known instanceof KibanError && known.kind === 'unauthenticated') forget(api)
        throw known
      }
    },
    close() {
      for (const client of clients.values())
        client.then(
          (open) => open.destroy(),
          () => {},
        )
      clients.clear()
    },
  }
}

async function opened<Client extends SdkClient>(
  api: Api<Client>,
  region: string | undefined,
  calls: Map<string, number>,
): Promise<Client> {
  const { QueueingRetry } = await import('./retry.ts')
  const client = await api.load({
    ...(region === undefined ? {} : { region }),
    // A client, and so a strategy, per bucket: a throttled class of actions slows nobody else, and its callers queue.
    retryStrategy: new QueueingRetry({ repeatable: api.repeatable ?? true }),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    ignoreCache: true,
  })
  const count =
    (next: (args: unknown) => Promise<unknown>, context: { commandName?: string }) =>
    (args: unknown): Promise<unknown> => {
      const name = `${api.service}.${(context.commandName ?? '').replace(/Command$/, '')}`
      calls.set(name, (calls.get(name) ?? 0) + 1)
      return next(args)
    }
  // Below the retries, so that each attempt counts.
  client.middlewareStack.add(count as never, { step: 'finalizeRequest', priority: 'low', name: 'kibanCallCount' })
  return client
}

export const callTotal = (session: Pick<AwsSession, 'calls'>): number =>
  [...session.calls.values()].reduce((sum, n) => sum + n, 0)
