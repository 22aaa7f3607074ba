import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where `script/conformance` installs the witnesses that neither npm nor Debian has. */
export const cacheFolder: string = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kiban', 'conformance')
