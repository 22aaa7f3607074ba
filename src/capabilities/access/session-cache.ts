// kiban's own sessions: in the system's keyring where there is one, else in files that their owner alone may read.
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Profile } from './profiles.ts'

export interface Session {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  /** Epoch milliseconds. */
  expiresAt: number
}

/** Where a session rests. */
export type Rest = 'keyring' | 'file'

export interface KeptSession {
  session: Session
  rest: Rest
}

/** What is known of a session without opening it. */
interface Note {
  profile: string
  expiresAt: number
  rest: Rest
  /** In a file that is not in the keyring. */
  session?: Session
}

const SERVICE = 'kiban'
/** A session that ends so soon is not handed out any more. */
const LEAST_LEFT_MS = 5 * 60_000

export const cacheFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'kiban', 'sessions')

/** What a session belongs to: the profile as it is defined now, with those that it stands on, and the endpoint it is asked of. */
export function keyOf(env: NodeJS.ProcessEnv, name: string, definitions: readonly Profile[]): string {
  // A source's own secret key does not belong in a name; that it was changed shows in its id.
  const plain = definitions.map(({ aws_secret_access_key: _, aws_session_token: __, ...rest }) => rest)
  const place = env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL || ''
  return createHash('sha256')
    .update(JSON.stringify([name, plain, place]))
    .digest('hex')
    .slice(0, 32)
}

/** A session that is good for a while yet. */
export async function keptSession(env: NodeJS.ProcessEnv, key: string, now: number): Promise<KeptSession | undefined> {
  const note = await readNote(join(cacheFolder(env), `${key}.json`))
  if (!note || note.expiresAt < now + LEAST_LEFT_MS) return undefined
  const session = note.session ?? (env.KIBAN_KEYRING === 'off' ? undefined : await fromKeyring(key))
  return session && { session, rest: note.rest }
}

/** Keeps a session; says where. */
export async function keepSession(env: NodeJS.ProcessEnv, key: string, profile: string, session: Session): Promise<Rest> {
  const { expiresAt } = session
  const rest = (await toKeyring(env, key, session)) ? 'keyring' : 'file'
  const note: Note = { profile, expiresAt, rest, ...(rest === 'file' ? { session } : {}) }
  const folder = cacheFolder(env)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writePrivately(join(folder, `${key}.json`), `${JSON.stringify(note)}\n`)
  return rest
}

/** By profile: until when its session lasts. */
export async function keptSessions(env: NodeJS.ProcessEnv, now: number): Promise<Map<string, { expiresAt: number; rest: Rest }>> {
  const found = new Map<string, { expiresAt: number; rest: Rest }>()
  for (const { note } of await notes(env)) if (note.expiresAt > now) found.set(note.profile, note)
  return found
}

/** Forgets the sessions of a profile, or all; gives how many there were. */
export async function forgetSessions(env: NodeJS.ProcessEnv, profile: string | undefined): Promise<number> {
  const those = (await notes(env)).filter(({ note }) => profile === undefined || note.profile === profile)
  for (const { file, key, note } of those) {
    if (note.rest === 'keyring' && env.KIBAN_KEYRING !== 'off')
      await withKeyring((Entry) => new Entry(SERVICE, key).deletePassword())
    await rm(file, { force: true })
  }
  return those.length
}

async function notes(env: NodeJS.ProcessEnv): Promise<{ file: string; key: string; note: Note }[]> {
  const folder = cacheFolder(env)
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
  const read = names.map(async (name) => {
    const file = join(folder, name)
    const note = await readNote(file)
    return note ? [{ file, key: name.slice(0, 32), note }] : []
  })
  return (await Promise.all(read)).flat()
}

/** Nothing for what is not there, or was not written by us. */
async function readNote(file: string): Promise<Note | undefined> {
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Note
    return typeof note.expiresAt === 'number' && typeof note.profile === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

async function fromKeyring(key: string): Promise<Session | undefined> {
  const found = await withKeyring((Entry) => new Entry(SERVICE, key).getPassword())
  return found ? (JSON.parse(found) as Session) : undefined
}

async function toKeyring(env: NodeJS.ProcessEnv, key: string, session: Session): Promise<boolean> {
  if (env.KIBAN_KEYRING === 'off') return false
  const written = await withKeyring((Entry) => {
    const entry = new Entry(SERVICE, key)
    entry.setPassword(JSON.stringify(session))
    return entry.getPassword()
  })
  return written !== undefined
}

type EntryClass = typeof import('@napi-rs/keyring').Entry

/** Undefined where this system has no keyring, or it does not open. */
async function withKeyring<Result>(use: (Entry: EntryClass) => Result): Promise<NonNullable<Result> | undefined> {
  try {
    return use((await import('@napi-rs/keyring')).Entry) ?? undefined
  } catch {
    return undefined
  }
}

/** How the names of files end that are being written: ours, so that nobody else's is taken for one; process and time. */
export const TEMPORARY = /^kiban-\d+\.[0-9a-z]+$/

/** The old content or the new, whenever the process dies; for the eyes of its owner. */
export async function writePrivately(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.kiban-${process.pid}.${Date.now().toString(36)}`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
