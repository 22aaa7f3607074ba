// The everyday of a product, as a person sees it: whole outputs, with what changes from run to run replaced by its name.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitRelease } from '../../examples/bookshop/repository.ts'
import { makeRepository } from '../git-repository.ts'
import { openShop, type Shop } from './shop.ts'
import { type Ended, type Terminal, terminalIn } from './terminal.ts'

let shop: Shop
let terminal: Terminal
beforeAll(async () => {
  shop = await openShop(['staging', 'production'])
  terminal = shop.terminal()
})
afterAll(() => shop.close())

const plain = (text: string): string =>
  text
    .replaceAll(/dep_[0-9a-z]{20}/g, 'DEPLOYMENT')
    .replaceAll(/rel_[0-9a-z]{20}/g, 'RELEASE')
    .replaceAll(/\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/sha256:[0-9a-f]{12}/g, 'DIGEST')
    .replaceAll(/ +\d+(\.\d+s|s|m\d\ds)/g, '  TOOK')
    .replaceAll(/\b[0-9a-f]{8}\b/g, 'COMMIT')
    .replaceAll(/here as .+, not isolated/g, 'here as USER, not isolated')
    .replaceAll(/Node \d+\.\d+\.\d+/g, 'Node VERSION')

/** Rollouts end in the order of their tasks: their lines are sorted. */
const sorted = (text: string): string => {
  const lines = text.split('\n')
  const ended = lines.filter((line) => /^✔ (api|web|worker) succeeded/.test(line)).sort()
  return lines.map((line) => (/^✔ (api|web|worker) succeeded/.test(line) ? (ended.shift() ?? '') : line)).join('\n')
}

const shown = ({ stdout }: Ended): string => sorted(plain(stdout))

test('before the first deployment each command says that nothing is there, and what comes next', async () => {
  expect(await terminal.run('status')).toEqual({
    code: 0,
    stdout: 'Nothing of bookshop has been deployed yet\nNext  $ kiban deploy --env staging  deploys for the first time\n',
    stderr: `Making kiban's database in ${shop.env.KIBAN_DATA}: a few seconds, once\n`,
  })
  expect(await terminal.run('history')).toMatchObject({ code: 0, stdout: 'Nothing has been deployed yet\n' })
  expect(await terminal.run('releases')).toMatchObject({ code: 0, stdout: 'No release has been built yet\n' })
  expect(await terminal.run('logs', '--env', 'staging')).toMatchObject({ code: 4, stdout: '' })
  expect(await terminal.run('rollback', '--env', 'staging', '--yes')).toMatchObject({ code: 4, stdout: '' })
  expect(await terminal.run('promote', '--yes')).toMatchObject({ code: 4, stdout: '' })
  expect(await terminal.run('watch')).toMatchObject({ code: 4, stdout: '' })
})

test('a plan builds and changes nothing, and tells what a first deployment would make', async () => {
  const planned = await terminal.run('plan', 'worker', '--env', 'staging')
  expect(planned.code).toBe(0)
  expect(plain(planned.stdout)).toBe(`bookshop → staging, commit COMMIT
worker  is created
  + cpu  256
  + memory  512
  + image  to be built from COMMIT
  + secrets.DATABASE_URL  /bookshop/staging/applications/database-url
    and 23 more settings (--json shows them)
`)
  expect(shop.sandbox.cloud.table('ecs.services').size).toBe(0)
})

test('nothing is changed where nobody can be asked', async () => {
  expect(await terminal.run('deploy', '--env', 'staging')).toEqual({
    code: 2,
    stdout: '',
    stderr: '✖ kiban deploy changes something and nobody can be asked here\n  Do  Add --yes to run it without a question\n',
  })
})

test('the first deployment builds, migrates, creates the services and tells the verdict', async () => {
  const deployed = await terminal.run('deploy', '--env', 'staging', '--yes')
  expect(deployed).toMatchObject({ code: 0, stderr: '' })
  expect(shown(deployed)).toBe(`· Building api
▲ The process builder runs the repository's commands here as USER, not isolated
▲ The Dockerfile asks for node:24-slim; the process runtime has Node VERSION
✔ Built api  DIGEST  TOOK
· Building web
✔ Built web  DIGEST  TOOK
· Building worker
✔ Built worker  DIGEST  TOOK
· Running migrate
✔ migrate ended with exit code 0
✔ api succeeded  TOOK
✔ web succeeded  TOOK
✔ worker succeeded  TOOK
✔ daily-report is scheduled
✔ DEPLOYMENT succeeded  TOOK  bookshop staging runs COMMIT
`)
  expect(await (await fetch(`${shop.url.staging}/`)).text()).toContain('<html')
})

test('a second release is planned by what differs, and replaces the first', async () => {
  commitRelease(shop.repository, '02-prices')
  expect(plain((await terminal.run('plan', '--env', 'staging')).stdout)).toBe(`bookshop → staging, commit COMMIT
migrate  runs first, with api
api      is rolled
  ~ image  DIGEST → to be built from COMMIT
web      is rolled
  ~ image  DIGEST → to be built from COMMIT
worker   is rolled
  ~ image  DIGEST → to be built from COMMIT
`)
  expect(await terminal.run('deploy', '--env', 'staging', '--yes')).toMatchObject({ code: 0, stderr: '' })
  expect(shown(await terminal.run('deploy', '--env', 'staging', '--yes'))).toBe(`· api does not change
· web does not change
· worker does not change
✔ DEPLOYMENT succeeded  TOOK  bookshop staging runs COMMIT
`)
})

test('status, history and releases tell what runs where, and what was done', async () => {
  expect(shown(await terminal.run('status'))).toBe(`bookshop staging
  api     COMMIT  TIME  DEPLOYMENT
  web     COMMIT  TIME  DEPLOYMENT
  worker  COMMIT  TIME  DEPLOYMENT
`)
  const [{ deployments }] = await terminal.json('history')
  expect(deployments.map(({ kind, verdict, createdBy }: Record<string, string>) => [kind, verdict, createdBy])).toEqual([
    ['deploy', 'succeeded', 'aoi'],
    ['deploy', 'succeeded', 'aoi'],
    ['deploy', 'succeeded', 'aoi'],
  ])
  expect(plain((await terminal.run('history', '--limit', '1')).stdout)).toBe(
    'when       deployment                env      commit    verdict    took  cause  by\n' +
      'TIME  DEPLOYMENT  staging  COMMIT  succeeded  TOOK         aoi\n' +
      'Next  $ kiban history --limit 1 --cursor DEPLOYMENT  The next page\n',
  )
  const [{ releases }] = await terminal.json('releases')
  expect(releases.map(({ running }: { running: object }) => running)).toEqual([{ staging: ['api', 'web', 'worker'] }, {}])
})

test('a promotion brings the same digests to production, without a build', async () => {
  const promoted = await terminal.run('promote', '--yes')
  expect(promoted).toMatchObject({ code: 0, stderr: '' })
  expect(promoted.stdout).not.toContain('Build')
  const [{ releases }] = await terminal.json('releases')
  expect(releases[0].running).toEqual({ staging: ['api', 'web', 'worker'], production: ['api', 'web', 'worker'] })
})

test('a rollback brings the release before back, without a build', async () => {
  const before = await terminal.json('releases')
  const rolled = await terminal.run('rollback', '--env', 'staging', '--yes', '--reason', 'prices are wrong')
  expect(rolled).toMatchObject({ code: 0, stderr: '' })
  expect(rolled.stdout).not.toContain('Build')
  const [{ deployments }] = await terminal.json('history', '--env', 'staging', '--limit', '1')
  expect(deployments[0]).toMatchObject({
    kind: 'rollback',
    verdict: 'succeeded',
    reason: 'prices are wrong',
    releaseId: before[0].releases[1].id,
  })
  expect((await terminal.run('rollback', '--env', 'staging', '--to', 'nonesuch', '--yes')).code).toBe(4)
})

test('the logs of a deployment are those of its tasks, its migration first', async () => {
  const [{ deployments }] = await terminal.json('history', '--env', 'staging', '--limit', '1')
  const lines = await terminal.json('logs', '--env', 'staging', '--deployment', deployments[0].id)
  expect(new Set(lines.map(({ service }) => service))).toEqual(new Set(['migrate', 'api', 'web', 'worker']))
  expect(lines.filter(({ service }) => service === 'web').map(({ record }) => record.message)).toContain('listening')
  const times = lines.map(({ at }) => at)
  expect(times).toEqual([...times].sort((a, b) => a - b))
})

test('a release that breaks is rolled back, explained, and gives its exit code', async () => {
  commitRelease(shop.repository, '03-crash')
  const deployed = await terminal.run('deploy', '--env', 'staging', '--yes')
  expect(deployed).toMatchObject({ code: 10 })
  expect(deployed.stdout).toContain("Cannot read properties of undefined (reading 'symbol')")
  expect(plain(deployed.stdout)).toMatch(/\n✖ DEPLOYMENT rolled back {2}TOOK {2}bookshop staging\n/)
  const [{ deployments }] = await terminal.json('history', '--limit', '1')
  expect(deployments[0]).toMatchObject({ verdict: 'rolled-back', causes: [{ service: 'api' }, {}, {}] })
  expect((await fetch(`${shop.url.staging}/`)).status).toBe(200)
})

test('in Japanese everything is said in Japanese', async () => {
  const japanese = shop.terminal({ LANG: 'ja_JP.UTF-8' })
  const [{ releases }] = await terminal.json('releases')
  const { commit } = releases.find(({ running }: { running: { production?: string[] } }) => running.production)
  expect(plain((await japanese.run('deploy', 'worker', '--env', 'production', '--ref', commit, '--yes')).stdout)).toBe(
    '· worker: 変更なし\n✔ DEPLOYMENT: 成功  TOOK  bookshop production は COMMIT で稼働中\n',
  )
  expect(await japanese.run('deploy', '--env', 'staging')).toMatchObject({
    code: 2,
    stderr:
      '✖ kiban deploy は変更を伴いますが、ここでは確認を取れません\n  対処  確認なしで実行するには --yes を付けてください\n',
  })
  const texts = [await japanese.run('status'), await japanese.run('history'), await japanese.run('--help')]
  for (const { code, stdout } of texts) {
    expect(code).toBe(0)
    expect(stdout).toMatch(/[ぁ-ん]|[一-龠]/)
  }
})

test('a slip is told with the next step, and leaves no environment behind', async () => {
  const wrong = await terminal.run('deploy', '--env', 'stagin', '--yes')
  expect(wrong).toMatchObject({ code: 4, stdout: '' })
  expect(wrong.stderr).toBe('✖ bookshop has no environment named stagin\n  Do  It has "staging", "production"\n')
  const unknown = await terminal.run('deploy', 'wep', '--env', 'staging', '--yes')
  expect(unknown).toMatchObject({ code: 4, stdout: '' })
  expect(unknown.stderr).toBe('✖ There is no service named wep in this manifest\n  Do  Services: api, web, worker\n')
  const [{ environments }] = await terminal.json('status')
  expect(environments.map(({ environment }: { environment: string }) => environment)).toEqual(['production', 'staging'])

  const elsewhere = join(shop.folder, 'elsewhere')
  await mkdir(elsewhere)
  const lost = terminalIn(elsewhere, shop.env)
  expect(await lost.run('status')).toMatchObject({ code: 2, stdout: '' })
  const deploying = ['deploy', '--product', 'bookshop', '--env', 'staging', '--yes']
  expect((await lost.run(...deploying)).stderr).toMatch(/^✖ There is no repository at .+\n(.*\n)+ {2}Do {2}.+\n$/)
  makeRepository(elsewhere).commit('Nothing to deploy', { 'README.md': 'empty' })
  const missing = await lost.run(...deploying)
  expect(missing).toMatchObject({ code: 4, stdout: '' })
  expect(plain(missing.stderr)).toMatch(/^✖ There is no kiban\.yml at HEAD \(\w+\)\n {2}Do {2}kiban init writes one.+\n$/)
  expect((await lost.run('nonesuch')).code).toBe(2)
  expect((await lost.run('deploy', '--env')).code).toBe(2)
})
