// What the face of Slack stands on, made of the capabilities.
import type { Actor } from '../../core/actor.ts'
import type { Clock } from '../../core/clock.ts'
import type { Language } from '../../core/text.ts'
import type { Database } from '../../database/database.ts'
import { type EventFeed, nextEvent } from '../../database/event-feed.ts'
import type { Durable } from '../../durable/durable.ts'
import { type SlackUser, slackAccount, slackCode } from './accounts.ts'
import {
  ALL_THREADS,
  carryOver,
  findRequest,
  keepRequest,
  keepThread,
  openThreads,
  requestDone,
  SLACK_REQUEST,
  SLACK_THREADS,
  type SlackAsked,
  type SlackThread,
  threadOf,
  threadTold,
} from './requests.ts'

export const slackKinds = [SLACK_REQUEST, SLACK_THREADS]
/** What is asked in Slack and carried out together. */
const AT_A_TIME = 10

export type SlackWork = ReturnType<typeof slackWork>

export function slackWork(
  engine: { database: Database; durable: Durable; clock: Clock; events: EventFeed; failed(error: Error): void },
  {
    works,
    person,
    address,
  }: {
    /** Whether this process carries out what was asked, or leaves it to others. */
    works: boolean
    /** Somebody with what is granted to them now; undefined where they are disabled. */
    person(name: string): Promise<Actor | undefined>
    address(): Promise<string>
  },
) {
  const { database, durable, clock, events, failed } = engine
  return {
    keep: (asked: { key: string; asked: SlackAsked }) =>
      database.transaction((tx) => keepRequest(tx, durable, asked, clock.now())),
    request: (id: string) => findRequest(database, id),
    carryOver: (id: string, asked: SlackAsked) => carryOver(database, id, asked),
    done: (id: string) => requestDone(database, id, clock.now()),
    account: (sender: SlackUser) => slackAccount(database, sender),
    person,
    code: (shown: SlackUser & { slackName: string; language: Language }) =>
      database.transaction((tx) => slackCode(tx, shown, clock.now())),
    keepThread: (thread: Omit<SlackThread, 'told'>) => keepThread(database, thread),
    threadOf: (subject: string) => threadOf(database, subject),
    openThreads: () => openThreads(database),
    threadTold: (thread: Pick<SlackThread, 'subject'>, { told, ended }: { told: string; ended: boolean }) =>
      threadTold(database, thread, { told, endedAt: ended ? clock.now() : undefined }),
    nextEvent: (atMostMs: number, signal: AbortSignal) => nextEvent(events, ['*'], atMostMs, signal).happened,
    /** Begins to carry out what is kept, and to keep the messages true. */
    async begin(handlers: {
      carryOut(id: string, signal: AbortSignal): Promise<void>
      keepThreads(signal: AbortSignal): Promise<void>
    }): Promise<void> {
      if (!works) return
      await durable.work(SLACK_REQUEST, handlers.carryOut, { atATime: AT_A_TIME })
      await durable.work(SLACK_THREADS, (_, signal) => handlers.keepThreads(signal), { atATime: 1 })
      await durable.goOn(SLACK_THREADS, ALL_THREADS)
    },
    /** Where people find the console. */
    address,
    failed,
  }
}
