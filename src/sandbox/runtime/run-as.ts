import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Cloud } from '../cloud.ts'
import { imageUser } from './image-user.ts'

const OTHERS_MAY_ENTER = 0o001

export interface Identity {
  uid?: number
  gid?: number
}

/**
 * Whom a container runs as: the image's USER where the sandbox may choose (root on Linux), else whoever runs the
 * sandbox, which is noted once for each reason.
 */
export function runAs(cloud: Cloud): (root: string, user: string | undefined, paths: string[]) => Promise<Identity> {
  const told = new Set<string>()
  const asCaller = (why: string): Identity => {
    if (!told.has(why)) cloud.note(`Tasks run as the user who runs the sandbox, not as the image's USER: ${why}`)
    told.add(why)
    return {}
  }
  return async (root, user, paths) => {
    if (!user) return {}
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return asCaller('only root on Linux can choose')
    const wanted = await imageUser(root, user)
    if (!wanted) return asCaller(`the image has no user ${user}`)
    if (wanted.uid === 0) return wanted
    for (const path of paths) {
      const closed = await closedFolder(path)
      if (closed) return asCaller(`${closed} lets only its owner in`)
    }
    return wanted
  }
}

/** The folder above `path` that another user could not pass, if there is one. */
async function closedFolder(path: string): Promise<string | undefined> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await lstat(folder)).mode & OTHERS_MAY_ENTER) === 0) return folder
    if (folder === dirname(folder)) return undefined
  }
}
