// Deployments whose data folder runs out of room.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CloudStage, cloudStage } from '../deploy-stage.ts'
import { faultsOf } from './aftermath.ts'
import { Crew, type Ground, groundOn, isIn, settled } from './kill.ts'
import { script } from './product.ts'
import { ballastOf, type SmallDisk, smallDisk } from './small-disk.ts'

const PATIENCE_MS = 240_000

const probe = await mkdtemp(join(tmpdir(), 'kiban-disk-'))
const mayMount = smallDisk(probe, 1)
mayMount?.unmount()
await rm(probe, { recursive: true, force: true })

describe.skipIf(!mayMount)('a full disk (skipped where a small one may not be mounted)', () => {
  let cloud: CloudStage
  let ground: Ground
  let disk: SmallDisk
  let crew: Crew
  let number = 0
  beforeAll(async () => {
    cloud = await cloudStage({ script, environments: ['one', 'two', 'three', 'four', 'five'] })
  })
  afterAll(() => cloud.close())
  beforeEach(async () => {
    ground = await groundOn(cloud, ['one', 'two', 'three', 'four', 'five'][number++] ?? '', undefined)
    disk = smallDisk(ground.data, 160) as SmallDisk
    crew = new Crew(ground)
  })
  afterEach(async () => {
    await crew.kill()
    disk.unmount()
    await ground.close()
  })

  test(
    'is told before anything is done, and all is well when there is room again',
    async () => {
      await settled(ground)
      disk.fill()
      ground.product.release('update')
      const refused = crew.deploy()
      expect([await refused.ended, await refused.stderr]).toEqual([6, expect.stringContaining('is full')])
      disk.free()
      const deploying = crew.deploy()
      const item = await deploying.item(() => true)
      expect(await deploying.ended).toBe(0)
      expect(await faultsOf(ground, item?.deployment.id ?? '', 'update')).toEqual([])
    },
    PATIENCE_MS,
  )

  test.each(['queued', 'migrating', 'verifying'] as const)(
    'in the state %s is told, and the deployment goes on when there is room again',
    async (state) => {
      await settled(ground)
      ground.product.release('update')
      const deploying = crew.deploy()
      const item = await deploying.item(isIn(state))
      const id = item?.deployment.id ?? ''
      disk.fill()
      const told = await deploying.item(({ held }) => held !== undefined)
      disk.free()
      const code = await deploying.ended
      // What needed no more room may have ended well before that is told; a database whose log has none can be asked nothing more.
      expect(told?.held?.text.en ?? 'is full').toContain('is full')
      expect(
        code === 0 || (code === 6 && (await deploying.stderr).includes('is full')),
        `${code} ${await deploying.stderr}`,
      ).toBe(true)
      const watching = crew.watch(id)
      expect([await watching.ended, await watching.stderr]).toEqual([0, expect.anything()])
      expect(await faultsOf(ground, id, 'update', { errors: true })).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'does not make the database hang where its log has no room',
    async () => {
      await settled(ground)
      const program = join(ground.temporary, 'fill-log.ts')
      await writeFile(
        program,
        `import { openDatabase } from ${JSON.stringify(new URL('../../src/database/open-database.ts', import.meta.url).href)}
      import { fillBy } from ${JSON.stringify(new URL('./small-disk.ts', import.meta.url).href)}
      const database = await openDatabase({ folder: ${JSON.stringify(join(ground.data, 'database'))} })
      fillBy(${JSON.stringify(ballastOf(ground.data))})
      const log = () => database.transaction((tx) => tx.query("select pg_logical_emit_message(true, 'x', repeat('a', 100000))"))
      const codes = []
      for (let at = 0; at < 2000 && codes.length < 3; at++) await log().catch(({ code }) => codes.push(code))
      process.stdout.write(codes.join())
      await database.close()`,
      )
      const ended = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
        encoding: 'utf8',
        timeout: 60_000,
      })
      expect([ended.status, ended.stdout]).toEqual([0, 'database.broken,database.broken,database.broken'])
      disk.free()
      await rm(program)
      ground.product.release('update')
      expect(await crew.deploy().ended).toBe(0)
    },
    PATIENCE_MS,
  )
})
