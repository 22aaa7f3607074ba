// A private PostgreSQL in a temporary folder, for tests; nothing of the machine's own clusters is touched.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const START_TIMEOUT_MS = 30_000
/** PostgreSQL refuses to run as root; Debian's `nobody` will do. */
const NOBODY = 65_534
/**
 * Starts the server and lets it crash as it is told, line by line. When nobody is there to tell it anything any more, be it
 * because the test was killed, it ends the server and removes its folder. SIGQUIT is PostgreSQL's immediate shutdown, which
 * tells nobody; SIGINT its fast one, which ends the sessions that tests left open.
 */
const KEEPER = `
trap '' INT TERM HUP PIPE
folder=$1; shift
while read -r what; do
  case $what in
    start) "$@" </dev/null >/dev/null 2>&1 & ;;
    crash) kill -s QUIT $!; wait $! ;;
  esac
  echo done
done
kill -s INT $!; wait $!
rm -rf "$folder"
`

/** Where the server's programs are: `PG_BIN`, or Debian's place for the newest version from 15 on. */
export const postgresPrograms: string | undefined = [
  process.env.PG_BIN,
  ...[18, 17, 16, 15].map((version) => `/usr/lib/postgresql/${version}/bin`),
].find((folder) => folder !== undefined && existsSync(join(folder, 'initdb')))

export interface PostgresCluster {
  folder: string
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>
  /** Ends it as a crash does. */
  crash(): Promise<void>
  /** Starts it again, at the same port. */
  start(): Promise<void>
  /** Ends it and removes its folder; this happens by itself when the process that started it is gone. */
  stop(): Promise<void>
}

/** Without `durable` a commit is not on the disk, and quicker for it. */
export async function startPostgres({ durable = false } = {}): Promise<PostgresCluster> {
  if (postgresPrograms === undefined) throw new Error('No PostgreSQL server on this machine')
  const programs = postgresPrograms
  const folder = await mkdtemp(join(tmpdir(), 'kiban-postgres-'))
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (identity.uid !== undefined) await chown(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  await run(join(programs, 'initdb'), ['-D', data, '-U', 'kiban', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], {
    ...identity,
    cwd: folder,
  })
  const port = await freePort()
  const fsync = durable ? 'on' : 'off'
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, fsync, max_connections: 200 }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', folder, join(programs, 'postgres'), '-D', data, ...flags], {
    ...identity,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = once(keeper, 'exit')
  const told = async (what: 'start' | 'crash') => {
    keeper.stdin.write(`${what}\n`)
    await once(keeper.stdout, 'data')
  }
  const start = async () => {
    await told('start')
    const deadline = Date.now() + START_TIMEOUT_MS
    while (!(await answers(join(programs, 'pg_isready'), port))) {
      if (Date.now() > deadline) throw new Error('PostgreSQL did not start')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  await start()
  const url = (database: string) => `postgres://kiban@127.0.0.1:${port}/${database}`
  let count = 0
  return {
    folder,
    async createDatabase() {
      const name = `test_${++count}`
      await run(join(programs, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'kiban', name])
      return url(name)
    },
    crash: () => told('crash'),
    start,
    async stop() {
      keeper.stdin.end()
      await ended
    },
  }
}

const answers = (program: string, port: number): Promise<boolean> =>
  run(program, ['-q', '-h', '127.0.0.1', '-p', String(port)]).then(
    () => true,
    () => false,
  )

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
