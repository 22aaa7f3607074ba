// Which server the command line works with, and by which session; a file of this user alone.
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { KibanError } from '../core/error.ts'
import { login as text } from '../core/messages/login.ts'

const Login = z.object({ url: z.url(), name: z.string(), token: z.string() })
export type Login = z.infer<typeof Login>

/** `$XDG_CONFIG_HOME/kiban/login.json`, else `~/.config/kiban/login.json`. */
export function loginFile(env: NodeJS.ProcessEnv): string {
  const shared = env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : undefined
  return join(shared ?? join(env.HOME || homedir(), '.config'), 'kiban', 'login.json')
}

/**
 * The server to work with: of `KIBAN_SERVER` and `KIBAN_TOKEN`, as machines have it, else of the last `kiban login`.
 * Undefined: without a server. Throws `login.incomplete`.
 */
export async function currentLogin(env: NodeJS.ProcessEnv): Promise<Login | undefined> {
  if (env.KIBAN_SERVER) {
    if (!env.KIBAN_TOKEN)
      throw new KibanError('unauthenticated', 'login.incomplete', text.tokenMissing, { hint: text.tokenMissingHint })
    return { url: serverUrl(env.KIBAN_SERVER).href, name: '', token: env.KIBAN_TOKEN }
  }
  let content: string
  try {
    content = await readFile(loginFile(env), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const parsed = Login.safeParse(parsedJson(content))
  if (parsed.success) return parsed.data
  throw new KibanError('invalid', 'login.incomplete', text.fileBroken(loginFile(env)), { hint: text.fileBrokenHint })
}

/** Written whole or not at all, for this user's eyes alone. */
export async function keepLogin(env: NodeJS.ProcessEnv, login: Login): Promise<void> {
  const file = loginFile(env)
  const folder = join(file, '..')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 })
  await chmod(fresh, 0o600)
  await rename(fresh, file)
}

export const forgetLogin = (env: NodeJS.ProcessEnv): Promise<void> => rm(loginFile(env), { force: true })

/** A token in clear text is for this machine's own network only. Throws `login.insecure`. */
export function serverUrl(given: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(given) ? given : `https://${given}`)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new KibanError('invalid', 'input.invalid', text.noUrl(given), { hint: text.noUrlHint })
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname))
    throw new KibanError('invalid', 'login.insecure', text.insecure(url.origin), { hint: text.insecureHint })
  return url
}

function parsedJson(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
