import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The ids of `USER` (`name`, `uid`, `name:group`, `uid:gid`), looked up in the image's own passwd and group files.
 * Undefined when the image does not know the name.
 */
export async function imageUser(root: string, user: string): Promise<{ uid: number; gid: number } | undefined> {
  const [name = '', group] = user.split(':')
  const known = (await rows(root, 'etc/passwd')).find(([login, , uid]) => login === name || uid === name)
  const uid = numeric(name) ?? numeric(known?.[2])
  if (uid === undefined) return undefined
  if (group === undefined) return { uid, gid: numeric(known?.[3]) ?? 0 }
  const gid = numeric(group) ?? numeric((await rows(root, 'etc/group')).find(([title]) => title === group)?.[2])
  return gid === undefined ? undefined : { uid, gid }
}

async function rows(root: string, path: string): Promise<string[][]> {
  const text = await readFile(join(root, path), 'utf8').catch(() => '')
  return text.split('\n').map((line) => line.split(':'))
}

const numeric = (text: string | undefined) => (text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined)
