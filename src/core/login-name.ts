import { userInfo } from 'node:os'

/** The login of whoever runs this process; `uid NUMBER` where the system knows no name, as in many containers. */
export function loginName(): string {
  try {
    return userInfo().username || unnamed()
  } catch {
    return unnamed()
  }
}

const unnamed = (): string => `uid ${process.getuid?.() ?? 'unknown'}`
