import type { AwsSession } from '../../aws/session.ts'
import type { CallerEnvironment } from '../../core/caller.ts'
import type { Clock } from '../../core/clock.ts'
import type { Database } from '../../database/database.ts'
import type { EventFeed } from '../../database/event-feed.ts'
import type { Durable } from '../../durable/durable.ts'
import type { Callers } from './callers.ts'

/** What the work of deploys stands on, in the process that does it. */
export interface DeployEngine extends SharedEngine {
  /** In whose name AWS is asked here, and images are built. */
  caller: CallerEnvironment
  /** One session per region, shared, so that all deployments of a caller queue in the same buckets. */
  aws: (region: string | undefined) => AwsSession
  /** Environment variables that choose the image builder. */
  environment: NodeJS.ProcessEnv
}

/** What is the same for every caller. */
export interface SharedEngine {
  database: Database
  durable: Durable
  events: EventFeed
  callers: Callers
  clock: Clock
  /** For copies of repositories and images on their way. */
  dataFolder: string
  /** Hears errors that nobody waits for. */
  failed: (error: Error) => void
}
