// Where a repository is: what people write, and what git is given.
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KibanError } from '../core/error.ts'
import { git } from '../core/messages/git.ts'

export interface Address {
  /** What git is given: an absolute path, or a URL. */
  url: string
  /** For people. */
  shown: string
  /** The folder, when it is on this machine. */
  path: string | undefined
}

/** user@host:path, as ssh takes it. Neither part may begin like an option. */
const SCP = /^(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.-]*:(?!\/\/)(?!:)[^\s-][^\s]*$/

/** Reads a local path, `file://`, `ssh://`, `git@host:path` or `https://`. Throws KibanError `git.repository-refused`. */
export async function parseAddress(text: string): Promise<Address> {
  if (text === '' || text.startsWith('-') || /\p{Cc}/u.test(text)) throw refused(text)
  if (/^(https|ssh|file):\/\//.test(text)) return urlAddress(text)
  const path = resolve(text.startsWith('~/') ? homedir() + text.slice(1) : text)
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) return { url: path, shown: text, path }
  if (SCP.test(text)) return { url: text, shown: text, path: undefined }
  if (/^[\w+.-]+::|^[a-z][\w+.-]*:\/\//i.test(text)) throw refused(text)
  throw new KibanError('not-found', 'git.repository-missing', git.repositoryMissing(text), { hint: git.addressHint })
}

function urlAddress(text: string): Address {
  if (!URL.canParse(text)) throw refused(text)
  const url = new URL(text)
  if (url.password !== '' || (url.protocol === 'https:' && url.username !== '')) {
    throw new KibanError('invalid', 'git.repository-refused', git.passwordInAddress, { hint: git.passwordInAddressHint })
  }
  if (url.protocol === 'file:') {
    if (url.host !== '') throw refused(text)
    const path = fileURLToPath(url)
    return { url: path, shown: text, path }
  }
  if (url.hostname === '' || url.hostname.startsWith('-') || url.username.startsWith('-')) throw refused(text)
  return { url: text, shown: text, path: undefined }
}

const refused = (text: string) =>
  new KibanError('invalid', 'git.repository-refused', git.addressRefused(text.replaceAll(/\p{Cc}/gu, '')), {
    hint: git.addressHint,
  })
