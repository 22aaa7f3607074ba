// How long kiban takes to start, beside a Node that does nothing.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readProfiles } from '../src/capabilities/access/profiles.ts'
import { keepSession, keyOf } from '../src/capabilities/access/session-cache.ts'
import { type Used, usedWell } from './measuring/child.ts'
import { alternate, benchFlags, type Cell, machine, ratioOf, report, summary } from './measuring/measure.ts'

const flags = benchFlags(`bench/cli-start.ts
Starts a bare Node and kiban in turn: wall time, processor time and memory of kiban --version, --help, auth process and status, the last
with an embedded database that is new, that nobody owns, and that another process owns.`)
const on = machine()

const BARE = 'node -e 0'
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const kiban = fileURLToPath(new URL('../bin/kiban', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'))
const env = { PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: join(folder, 'compile') }
const withData = (name: string) => ({ ...env, XDG_DATA_HOME: join(folder, name) })
const status = [kiban, 'status', '--product', 'bench']

/** A profile whose session is good, as other tools ask for it at every command. */
const session = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiresAt: Date.now() + 3_600_000,
}
await keepProfile(session)
const aws = awsCli()

const owner = await ownerOf(withData('owned'))
try {
  const subjects: Record<string, () => Promise<Used>> = {
    [BARE]: () => usedWell([process.execPath, '-e', '0'], { env }),
    'kiban --version': () => usedWell([kiban, '--version'], { env }),
    'node src/main.ts --version': () => usedWell([process.execPath, main, '--version'], { env }),
    'kiban --help': () => usedWell([kiban, '--help'], { env }),
    'kiban auth process, the session is good': () => usedWell([kiban, 'auth', 'process', 'bench'], { env }),
    ...(aws ? { 'aws --version': () => usedWell([aws, '--version'], { env }) } : {}),
    'kiban status, another process owns the database': () => usedWell(status, { env: withData('owned') }),
    'kiban status, nobody owns it': () => usedWell(status, { env: withData('free') }),
  }
  // Makes the database and fills the compile cache, as the first start of an installation does.
  const first = await alternate(subjects, 1)
  const samples = await alternate(subjects, flags.quick ? 2 : 31)
  let fresh = 0
  const made = {
    [BARE]: subjects[BARE] as () => Promise<Used>,
    fresh: () => usedWell(status, { env: withData(`new-${fresh++}`) }),
  }
  const { fresh: firsts = [], [BARE]: bare = [] } = await alternate(made, flags.quick ? 1 : 7)
  const rows = Object.entries(samples).map(([name, runs]) => [...row(name, runs, samples[BARE] ?? []), first[name]?.[0]?.wallMs])
  rows.push(row('kiban status, a new database is made', firsts, bare))
  const columns = [
    'command',
    'wall ms',
    'ratio',
    'min',
    'max',
    'n',
    'CPU ms',
    'CPU ratio',
    'peak MiB',
    'nothing compiled, wall ms',
  ]
  report('cli-start', [{ title: 'Start of the command line', columns, rows }], on, flags)
} finally {
  await owner.end()
  rmSync(folder, { recursive: true, force: true })
}

async function keepProfile(kept: typeof session): Promise<void> {
  mkdirSync(join(folder, '.aws'))
  writeFileSync(
    join(folder, '.aws', 'config'),
    '[profile bench]\nrole_arn = arn:aws:iam::123456789012:role/bench\nsource_profile = bench\n',
  )
  const { profile, key } = await keyFor('bench')
  await keepSession({ ...env, KIBAN_KEYRING: 'off' }, key, profile, kept)
}

async function keyFor(profile: string): Promise<{ profile: string; key: string }> {
  const { all } = await readProfiles(env)
  return { profile, key: keyOf(env, profile, [all.get(profile) ?? {}]) }
}

/** The AWS CLI on PATH, beside which it is to be seen. */
function awsCli(): string | undefined {
  const found = (process.env.PATH ?? '').split(':').map((place) => join(place, 'aws'))
  return found.find((path) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.startsWith('aws-cli/'))
}

function row(name: string, runs: readonly Used[], bare: readonly Used[]): Cell[] {
  const of = (some: readonly Used[], what: 'wallMs' | 'cpuMs' | 'peakMiB') => some.flatMap((run) => run[what] ?? [])
  const median = (what: 'cpuMs' | 'peakMiB') => (of(runs, what).length > 0 ? summary(of(runs, what)).median : undefined)
  const wall = summary(of(runs, 'wallMs'))
  const cpuRatio = median('cpuMs') === undefined ? undefined : ratioOf(of(runs, 'cpuMs'), of(bare, 'cpuMs'))
  const wallRatio = ratioOf(of(runs, 'wallMs'), of(bare, 'wallMs'))
  return [name, wall.median, wallRatio, wall.min, wall.max, wall.n, median('cpuMs'), cpuRatio, median('peakMiB')]
}

/** A kiban server holds the embedded database of its data folder, and answers other commands. */
async function ownerOf(environment: NodeJS.ProcessEnv): Promise<{ end(): Promise<void> }> {
  const server = spawn(kiban, ['server', '--port', '0'], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] })
  await once(createInterface(server.stdout), 'line')
  return {
    async end() {
      const closed = once(server, 'close')
      server.kill('SIGTERM')
      await closed
    },
  }
}
