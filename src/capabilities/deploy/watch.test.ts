import { expect, test } from 'vitest'
import { type DeployStage, deployStage, release, started } from '../../../test/deploy-stage.ts'
import { advance } from './advance.ts'
import type { DeploymentItem } from './shapes.ts'
import { showProgress } from './show-progress.ts'
import { DEPLOYMENT_WORK } from './start.ts'
import { watchDeployment } from './watch.ts'

/** What PostgreSQL says when its disk is full, to everything that is to be told. */
const NO_ROOM = [
  `create function no_room() returns trigger language plpgsql as
     $$ begin raise sqlstate '53100' using message = 'could not extend file: No space left on device'; end $$`,
  'create trigger no_room before insert on events for each row execute function no_room()',
]
const ROOM_AGAIN = 'drop trigger no_room on events'

test('a full disk in mid-rollout is told, and the deployment goes on when there is room again', async () => {
  const stage = await deployStage({
    environments: ['staging'],
    script: ({ group }) => (group.startsWith('family:') ? { exits: { after: 50, code: 0 } } : { startAfter: 500 }),
  })
  try {
    const items = await itemsWithFullDisk(stage)
    const held = items.filter((item) => item.held !== undefined)
    expect(held.map((item) => JSON.stringify(showProgress(item).lines))).toEqual([
      expect.stringMatching(/The disk of .*is full; going on when there is room/),
    ])
    expect(items.at(-1)?.deployment).toMatchObject({ state: 'done', verdict: 'succeeded' })
  } finally {
    await stage.close()
  }
})

/** A deployment from its beginning to its end; the disk is full from its rollout on, until that has been told. */
async function itemsWithFullDisk({ engine }: DeployStage): Promise<DeploymentItem[]> {
  const { database, durable } = engine
  await durable.work(DEPLOYMENT_WORK, (id, signal) => advance(engine, id, signal), { atATime: 1 })
  const id = await started(database, await release(database, 1))
  await durable.goOn(DEPLOYMENT_WORK, id)
  const items: DeploymentItem[] = []
  let wasFull = false
  for await (const item of watchDeployment(engine, id, AbortSignal.timeout(90_000))) {
    items.push(item)
    if (item.held) await database.query(ROOM_AGAIN)
    if (item.deployment.state !== 'verifying' || wasFull) continue
    for (const statement of NO_ROOM) await database.query(statement)
    wasFull = true
  }
  return items
}
