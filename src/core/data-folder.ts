import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * Where kiban keeps its data without a server: `KIBAN_DATA`, else `kiban` in the user's data folder
 * (https://specifications.freedesktop.org/basedir-spec: a relative path there is to be ignored).
 */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  if (env.KIBAN_DATA) return env.KIBAN_DATA
  const shared = env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : undefined
  return join(shared ?? join(env.HOME || homedir(), '.local', 'share'), 'kiban')
}
