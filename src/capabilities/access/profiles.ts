// Profiles of AWS's two files, read as the AWS CLI reads them, without the SDK: `auth process` is started by other tools at every command.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { access as text } from '../../core/messages/access.ts'

/** Keys of one profile, in lower case; of both files the credentials file's count first. */
export type Profile = Readonly<Record<string, string>>

export interface Profiles {
  configFile: string
  credentialsFile: string
  /** By name, in the order of the files. */
  all: ReadonlyMap<string, Profile>
}

export const awsFiles = (env: NodeJS.ProcessEnv): { configFile: string; credentialsFile: string } => {
  const home = env.HOME || homedir()
  return {
    configFile: env.AWS_CONFIG_FILE || join(home, '.aws', 'config'),
    credentialsFile: env.AWS_SHARED_CREDENTIALS_FILE || join(home, '.aws', 'credentials'),
  }
}

export async function readProfiles(env: NodeJS.ProcessEnv): Promise<Profiles> {
  const files = awsFiles(env)
  const [config, credentials] = await Promise.all([readOr(files.configFile), readOr(files.credentialsFile)])
  const all = new Map<string, Profile>()
  for (const [section, keys] of sectionsOf(config)) {
    // In the configuration file alone, a profile that is not the default one says so.
    const name = section === 'default' ? section : /^profile\s+(.+)$/.exec(section)?.[1]
    if (name !== undefined) all.set(unquoted(name), keys)
  }
  for (const [name, keys] of sectionsOf(credentials)) all.set(name, { ...all.get(name), ...keys })
  return { ...files, all }
}

/** Throws `auth.profile-unknown`, with the nearest names. */
export function profileNamed({ all, configFile, credentialsFile }: Profiles, name: string): Profile {
  const found = all.get(name)
  if (found) return found
  const others = [...all.keys()]
  throw new KibanError('not-found', 'auth.profile-unknown', text.profileUnknown(name, configFile, credentialsFile), {
    hint: others.length === 0 ? text.noProfiles : text.knownProfiles(others),
  })
}

/** The sections of a file with their keys; keys of a nested block (`s3 =`, then indented lines) are left out. */
export function sectionsOf(content: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>()
  let keys: Record<string, string> | undefined
  for (const line of content.split(/\r?\n/)) {
    const section = SECTION.exec(line)?.[1]
    if (section !== undefined) {
      keys = sections.get(section) ?? {}
      sections.set(section, keys)
    } else if (keys && /^[^\s#;]/.test(line)) {
      const at = line.indexOf('=')
      const value = line.slice(at + 1).replace(/\s[#;].*$/, '')
      if (at > 0 && value.trim() !== '') keys[line.slice(0, at).trim().toLowerCase()] = value.trim()
    }
  }
  return sections
}

export const SECTION = /^\[\s*([^\]]*?)\s*\]\s*(?:[#;].*)?$/

const unquoted = (name: string): string => name.replace(/^(["'])(.*)\1$/, '$2')

async function readOr(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new KibanError('invalid', 'auth.file-unreadable', text.fileUnreadable(file), {
      hint: text.fileUnreadableHint(file),
      cause: error,
    })
  }
}
