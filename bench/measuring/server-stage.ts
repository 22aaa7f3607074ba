// Servers on one PostgreSQL that keeps what it commits, with a product that has a past; and a bare server beside them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { insertToken } from '../../src/capabilities/identity/session.ts'
import { findUser } from '../../src/capabilities/identity/user-store.ts'
import { realClock } from '../../src/core/clock.ts'
import { type Database, json } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { readManifest } from '../../src/manifest/load.ts'
import { bookshop } from '../../test/deploy-stage.ts'
import { startPostgres } from '../../test/postgres-cluster.ts'
import { type ServerProcess, serverProcess, tokenOf } from '../../test/server-process.ts'
import { ended } from './sandbox-in-child.ts'

const BARE = fileURLToPath(new URL('bare-process.ts', import.meta.url))
const DAY_MS = 86_400_000

export interface ServerStage {
  database: Database
  /** Of so many callers that no limit of requests holds one up. */
  tokens: readonly string[]
  servers: readonly ServerProcess[]
  /** Starts one more. */
  server(role: 'all' | 'api' | 'worker'): Promise<ServerProcess>
  bare: { url: string; pid: number }
  close(): Promise<void>
}

export interface Past {
  deployments: number
  events: number
  tokens: number
}

export async function serverStage(count: number, past: Past): Promise<ServerStage> {
  const cluster = await startPostgres({ durable: true })
  const url = await cluster.createDatabase()
  const database = await openDatabase({ url })
  await withPast(database, past)
  const tokens = await callers(database, past.tokens)
  const env = { DATABASE_URL: url, KIBAN_SECRET_KEY: Buffer.alloc(32).toString('base64') }
  const started: ServerProcess[] = []
  const server = async (role: 'all' | 'api' | 'worker') => {
    const one = await serverProcess(role, env)
    started.push(one)
    return one
  }
  const bare = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BARE], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(bare.stdout), 'line')
  return {
    database,
    tokens,
    servers: await Promise.all(Array.from({ length: count }, () => server('api'))),
    server,
    bare: { url: JSON.parse(line).url, pid: bare.pid ?? 0 },
    async close() {
      await ended(bare)
      await Promise.all(started.map((one) => one.close()))
      await database.close()
      await cluster.stop()
    },
  }
}

async function callers(database: Database, count: number): Promise<string[]> {
  await tokenOf(database, 'sora', 'sre')
  const user = await findUser(database, { name: 'sora' })
  const identity = { database, clock: realClock, seal: () => Promise.reject(new Error('No password here')) }
  const grants = [{ role: 'sre' as const, product: '*', environment: '*' }]
  return database.transaction(async (tx) => {
    const secrets: string[] = []
    for (let number = 1; number <= count; number++) {
      const fresh = { name: `machine-${number}`, userId: user?.id ?? '', grants, expiresAt: Date.now() + DAY_MS }
      secrets.push((await insertToken(identity, tx, fresh)).secret)
    }
    return secrets
  })
}

/** Two environments whose deployments went well, four events to each; the last are of a minute ago. */
async function withPast(database: Database, { deployments, events }: Past): Promise<void> {
  const manifest = json(readManifest(bookshop).manifest)
  const image = { reference: `registry.example/bookshop/api@sha256:${'0'.repeat(64)}`, digest: `sha256:${'0'.repeat(64)}` }
  const statements: [string, unknown[]][] = [
    [
      `insert into products_products (name, repository, ref, manifest, commit, added_by, added_at, read_at)
       values ('bookshop', '/srv/bookshop', 'main', $1, repeat('0', 40), 'sora', now(), now())`,
      [manifest],
    ],
    [
      `insert into deploy_releases (id, product, commit, inputs, repository, ref, manifest, definitions, images, created_at, created_by)
       select 'rel_' || n, 'bookshop', lpad(n::text, 40, '0'), 'x', '/srv/bookshop', 'main', $1, '{}', $2, now() - make_interval(mins => $3 - n), 'sora'
       from generate_series(1, $3::int) n`,
      [manifest, json({ api: image, web: image }), deployments],
    ],
    [
      `insert into deploy_deployments (id, request, product, environment, kind, state, verdict, repository, ref, commit, release_id, services, options, created_at, created_by, face, ended_at)
       select 'dep_' || n, 'req_' || n, 'bookshop', case when n % 2 = 0 then 'staging' else 'production' end, 'deploy', 'done', 'succeeded', '/srv/bookshop', 'main',
         lpad(n::text, 40, '0'), 'rel_' || n, '["api","web"]', '{"keepSiblings":false,"force":false}', now() - make_interval(mins => $1 - n), 'sora', 'http', now() - make_interval(mins => $1 - n)
       from generate_series(1, $1::int) n`,
      [deployments],
    ],
    [
      `insert into deploy_rollouts (deployment_id, service, action, cluster, name, verdict, sent_at, ended_at)
       select 'dep_' || n, service, 'update', 'bookshop-staging', service, 'succeeded', now() - make_interval(mins => $1 - n), now() - make_interval(mins => $1 - n)
       from generate_series(1, $1::int) n, unnest(array['api', 'web']) service`,
      [deployments],
    ],
    [
      `insert into events (id, type, at, product, environment, actor, face, subject, data)
       select 'evt_' || n, (array['deployment.queued', 'deployment.rolling', 'rollout.ended', 'deployment.ended'])[1 + n % 4], now() - make_interval(secs => ($1 - n) * 15),
         'bookshop', case when n % 8 < 4 then 'staging' else 'production' end, 'sora', 'http', 'deployment/dep_' || (n / 4), '{"verdict":"succeeded","service":"api"}'
       from generate_series(1, $1::int) n`,
      [events],
    ],
  ]
  for (const [sql, values] of statements) await database.query(sql, values)
  await database.query('analyze')
}
