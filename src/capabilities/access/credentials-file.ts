// AWS's credentials file: one section is written, and every other byte stays as it was.
import { mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KibanError } from '../../core/error.ts'
import { fileLock } from '../../core/file-lock.ts'
import { access as text } from '../../core/messages/access.ts'
import { SECTION } from './profiles.ts'
import { type Session, TEMPORARY, writePrivately } from './session-cache.ts'

const LOCK_WITHIN_MS = 5_000
const OWNER_WRITES = 0o200

/** Writes a session as a section that every tool of AWS reads. Throws `auth.file-locked` and `auth.file-read-only`. */
export async function writeSection(file: string, section: string, session: Session): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // Where the file is a link, what it leads to is written, and the link stays.
  const real = await realpath(file).catch(() => resolve(file))
  const lock = await locked(`${real}.kiban-lock`, file)
  try {
    await removeLeft(real)
    const before = await contentOf(real, file)
    // Byte for byte: in whatever encoding others wrote, each byte is one character here.
    const name = Buffer.from(section, 'utf8').toString('latin1')
    await writePrivately(real, Buffer.from(withSection(before, name, keysOf(session)), 'latin1'))
  } finally {
    lock.release()
  }
}

/** What writers left that were killed in the midst: who holds the lock is the only one that writes. */
async function removeLeft(real: string): Promise<void> {
  const folder = dirname(real)
  const prefix = `${basename(real)}.`
  const left = (await readdir(folder)).filter((name) => name.startsWith(prefix) && TEMPORARY.test(name.slice(prefix.length)))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
}

const keysOf = ({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Session): [string, string][] => [
  ['aws_access_key_id', accessKeyId],
  ['aws_secret_access_key', secretAccessKey],
  ['aws_session_token', sessionToken],
  // No key of AWS's, and none that it minds: other tools read by it until when the session lasts.
  ['aws_session_expiration', new Date(expiresAt).toISOString()],
]

/** The content with these keys in that section: in their lines where they are there, else behind its last line. */
export function withSection(content: string, section: string, keys: readonly [string, string][]): string {
  const end = /\r\n/.test(content) ? '\r\n' : '\n'
  const lines = content.split(/(?<=\n)/)
  const from = lines.findIndex((line) => sectionOf(line) === section)
  if (from < 0) {
    const before = content === '' || content.endsWith('\n') ? content : content + end
    const gap = before === '' || /(^|\n)\r?\n$/.test(before) ? '' : end
    return (
      before + gap + [`[${section}]`, ...keys.map(([name, value]) => `${name} = ${value}`)].map((line) => line + end).join('')
    )
  }
  const next = lines.findIndex((line, at) => at > from && sectionOf(line) !== undefined)
  const to = next < 0 ? lines.length : next
  const own = lines.slice(from, to)
  for (const [name, value] of keys) {
    const at = own.findIndex((line) => /^[^\s#;]/.test(line) && line.split('=')[0]?.trim().toLowerCase() === name)
    if (at >= 0) own[at] = `${name} = ${value}${/\r?\n$/.exec(own[at] ?? '')?.[0] ?? ''}`
    else {
      const last = own.findLastIndex((line) => line.trim() !== '')
      if (!own[last]?.endsWith('\n')) own[last] = `${own[last]}${end}`
      own.splice(last + 1, 0, `${name} = ${value}${end}`)
    }
  }
  return [...lines.slice(0, from), ...own, ...lines.slice(to)].join('')
}

const sectionOf = (line: string): string | undefined => SECTION.exec(line.replace(/\r?\n$/, ''))?.[1]

async function contentOf(real: string, file: string): Promise<string> {
  const found = await stat(real).catch(() => undefined)
  if (!found) return ''
  if ((found.mode & OWNER_WRITES) === 0)
    throw new KibanError('invalid', 'auth.file-read-only', text.fileReadOnly(file), { hint: text.fileReadOnlyHint(file) })
  return readFile(real, 'latin1')
}

async function locked(path: string, file: string): Promise<{ release(): void }> {
  for (const until = Date.now() + LOCK_WITHIN_MS; ; await wait(50)) {
    const lock = await fileLock(path)
    if (lock) return lock
    if (Date.now() > until)
      throw new KibanError('conflict', 'auth.file-locked', text.fileLocked(file), { hint: text.fileLockedHint })
  }
}
