// Which GitHub, and which App of it kiban is: from the environment.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { KibanError } from '../core/error.ts'
import { github } from '../core/messages/github.ts'

export interface GithubSettings {
  apiUrl: URL
  /** Whose repositories are meant, in lower case: `github.com`. */
  host: string
  appId: string
  privateKey: KeyObject
}

/** Undefined where kiban is no App. Throws `github.settings`. */
export function githubSettings(environment: NodeJS.ProcessEnv): GithubSettings | undefined {
  const appId = environment.KIBAN_GITHUB_APP_ID
  if (!appId) return undefined
  if (!/^[\w.-]{1,40}$/.test(appId)) throw wrong('KIBAN_GITHUB_APP_ID')
  return {
    apiUrl: urlOf(environment.GITHUB_API_URL || 'https://api.github.com', 'GITHUB_API_URL'),
    host: urlOf(environment.GITHUB_SERVER_URL || 'https://github.com', 'GITHUB_SERVER_URL').hostname,
    appId,
    privateKey: keyOf(environment),
  }
}

function keyOf(environment: NodeJS.ProcessEnv): KeyObject {
  const file = environment.KIBAN_GITHUB_PRIVATE_KEY_FILE
  try {
    // Where a variable holds one line, line ends are written as \n.
    const text = file ? readFileSync(file, 'utf8') : (environment.KIBAN_GITHUB_PRIVATE_KEY ?? '').replaceAll('\\n', '\n')
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // What is wrong with a key is not told: it might tell of the key.
  }
  throw wrong(file ? 'KIBAN_GITHUB_PRIVATE_KEY_FILE' : 'KIBAN_GITHUB_PRIVATE_KEY')
}

function urlOf(text: string, name: string): URL {
  const url = URL.parse(text)
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1'))) return url
  throw wrong(name)
}

const wrong = (name: string): KibanError =>
  new KibanError('invalid', 'github.settings', github.settings(name), { hint: github.settingsHint })
