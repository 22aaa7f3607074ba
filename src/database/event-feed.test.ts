import { expect, test } from 'vitest'
import { eachDatabase } from '../../test/databases.ts'
import { type PostgresCluster, postgresPrograms, startPostgres } from '../../test/postgres-cluster.ts'
import { eventFeed } from './event-feed.ts'
import { appendEvent } from './events.ts'
import { openDatabase } from './open-database.ts'

const event = (subject: string) => ({
  type: 'test.noted',
  at: 1_764_000_000_123,
  product: 'bookshop',
  environment: undefined,
  actor: 'aoi',
  face: 'cli' as const,
  subject,
  data: {},
})

eachDatabase((open) => {
  test('what many ask alike is read once, and nobody who has heard of an event is given what was read before it', async () => {
    const database = await open()
    const feed = await eventFeed(database)
    const answers: ((answer: string) => void)[] = []
    const read = () => new Promise<string>((resolve) => answers.push(resolve))
    const before = [feed.together('a', read), feed.together('a', read), feed.together('b', read)]
    expect(answers).toHaveLength(2)
    const heard = new Promise<void>((resolve) => feed.on(['test/1'], resolve))
    await database.transaction(async (tx) => appendEvent(tx, event('test/1')))
    await heard
    const after = feed.together('a', read)
    expect(answers).toHaveLength(3)
    for (const [at, answer] of answers.entries()) answer(`read ${at}`)
    expect([await Promise.all(before), await after]).toEqual([['read 0', 'read 0', 'read 1'], 'read 2'])
    const again = feed.together('a', read)
    answers[3]?.('read 3')
    expect(await again).toBe('read 3')
    await feed.close()
  })
})

test.skipIf(postgresPrograms === undefined)('whoever waits is woken once a lost connection is back', async () => {
  const cluster: PostgresCluster = await startPostgres()
  const database = await openDatabase({ url: await cluster.createDatabase() })
  try {
    const feed = await eventFeed(database)
    const woken = new Promise<void>((resolve) => feed.on(['test/1'], resolve))
    await cluster.crash()
    await cluster.start()
    await woken
    await feed.close()
  } finally {
    await database.close()
    await cluster.stop()
  }
})
