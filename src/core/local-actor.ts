import type { Actor } from './actor.ts'
import type { CallerEnvironment } from './caller.ts'
import { loginName } from './login-name.ts'

/** Without a server one actor exists: the person at this machine, who may do everything. */
export function localActor(env: CallerEnvironment): Actor {
  const name = env.KIBAN_ACTOR || loginName()
  return { kind: 'user', name, grants: [{ role: 'sre', product: '*', environment: '*' }], face: 'cli' }
}
