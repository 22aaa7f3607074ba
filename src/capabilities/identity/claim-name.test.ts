import { expect, test } from 'vitest'
import { eachDatabase } from '../../../test/databases.ts'
import { realClock } from '../../core/clock.ts'
import type { Database } from '../../database/database.ts'
import { isFreeName } from './claim-name.ts'
import { insertToken } from './session.ts'
import { insertUser } from './user-store.ts'

const add = (database: Database, name: string) =>
  database.transaction((tx) => insertUser(tx, { name, displayName: name, email: undefined }, Date.now()))

const token = (database: Database, name: string, userId: string) =>
  database.transaction((tx) =>
    insertToken({ database, clock: realClock, seal: () => Promise.reject(new Error('not needed')) }, tx, {
      name,
      userId,
      grants: [],
      expiresAt: Date.now() + 60_000,
    }),
  )

eachDatabase((open) => {
  test('a name is a user’s or the tokens’ of one user, in whatever case, and for good', async () => {
    const database = await open()
    const [sora, haru] = [await add(database, 'sora'), await add(database, 'haru')]
    await expect(token(database, 'Sora', haru.id)).rejects.toMatchObject({ code: 'name.taken' })
    await expect(token(database, 'sora', sora.id)).rejects.toMatchObject({ code: 'name.taken' })
    await token(database, 'ci', sora.id)
    await database.query('update identity_tokens set revoked_at = now()')
    await token(database, 'ci', sora.id)
    await expect(token(database, 'ci', haru.id)).rejects.toMatchObject({ code: 'name.taken' })
    await expect(add(database, 'CI')).rejects.toMatchObject({ code: 'name.taken' })
    await expect(add(database, 'kiban')).rejects.toMatchObject({ code: 'name.taken' })
    expect([await isFreeName(database, 'ci'), await isFreeName(database, 'cd'), await isFreeName(database, 'kiban')]).toEqual([
      false,
      true,
      false,
    ])
    const users = await database.query<{ name: string }>('select name from identity_users order by name')
    expect(users.map(({ name }) => name)).toEqual(['haru', 'sora'])
  })

  test('of those who want it at the same time one gets it', async () => {
    const database = await open()
    const sora = await add(database, 'sora')
    for (let round = 0; round < 5; round++) {
      const name = `bot-${round}`
      const tries = [add(database, name), token(database, name.toUpperCase(), sora.id), add(database, name)]
      const got = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled')
      expect([round, got.length]).toEqual([round, 1])
    }
  })
})
