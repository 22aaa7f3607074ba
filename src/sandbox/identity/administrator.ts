// The account's first user, to whom the sandbox's own credentials belong.
import type { Cloud } from '../cloud.ts'
import type { Directory } from './directory.ts'

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
}

const NAME = 'administrator'
const POLICY = 'arn:aws:iam::aws:policy/AdministratorAccess'

/** The administrator's key: the given one, or that of an earlier run on the same state, or a new one. */
export function administrator(cloud: Cloud, directory: Directory, given: Credentials | undefined): Credentials {
  const { users, keys } = directory
  const user = users.get(NAME) ?? { ...directory.newIdentity('user', NAME, '/', {}), attached: [POLICY] }
  users.set(NAME, user)
  const chosen = cloud.table<string>('identity.administrator')
  const known = keys.find(chosen.get('access-key') ?? '')
  if (known && (!given || (given.accessKeyId === known.accessKeyId && given.secretAccessKey === known.secret))) {
    return { accessKeyId: known.accessKeyId, secretAccessKey: known.secret }
  }
  if (known) keys.remove(known.accessKeyId)
  const made = keys.create({ arn: user.arn, account: cloud.account, userId: user.id })
  if (given) {
    keys.remove(made.accessKeyId)
    const principal = { ...made.principal, accessKeyId: given.accessKeyId }
    keys.add({ ...made, accessKeyId: given.accessKeyId, secret: given.secretAccessKey, principal })
  }
  const accessKeyId = given?.accessKeyId ?? made.accessKeyId
  chosen.set('access-key', accessKeyId)
  return { accessKeyId, secretAccessKey: given?.secretAccessKey ?? made.secret }
}
