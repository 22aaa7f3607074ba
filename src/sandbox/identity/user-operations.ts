import { AwsError, type Call } from '../cloud.ts'
import type { AccessKey } from './access-keys.ts'
import type { Directory, User } from './directory.ts'
import { type IamHandlers, listed, pathOf, tagList, tagsFrom, userAnswer } from './iam-answer.ts'
import { conflict } from './role-operations.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_ACCESS_KEYS = 2

/** Users and their access keys. */
export function userOperations(directory: Directory): IamHandlers {
  const { users, keys } = directory

  /** The user that is named, or else the one who asks. */
  function userOr(name: string | undefined, { principal }: Call): User {
    if (name !== undefined) return directory.user(name)
    const own = users.get(principal.arn.slice(principal.arn.lastIndexOf('/') + 1))
    if (own?.arn !== principal.arn) {
      throw new AwsError('ValidationError', 'Must specify userName when calling with non-User credentials', {}, 400)
    }
    return own
  }

  function ownedKey(user: User, accessKeyId: string): AccessKey {
    const key = keys.ofUser(user.arn).find((one) => one.accessKeyId === accessKeyId)
    if (!key) throw new AwsError('NoSuchEntityException', `The Access Key with id ${accessKeyId} cannot be found.`)
    return key
  }

  return {
    CreateUser({ UserName = '', Path, Tags }) {
      if (users.has(UserName)) throw new AwsError('EntityAlreadyExistsException', `User with name ${UserName} already exists.`)
      const user = directory.newIdentity('user', UserName, pathOf(Path), tagsFrom(Tags))
      users.set(UserName, user)
      return { User: { ...userAnswer(user), Tags: tagList(user.tags) } }
    },

    GetUser({ UserName }, call) {
      const user = userOr(UserName, call)
      return { User: { ...userAnswer(user), Tags: tagList(user.tags) } }
    },

    ListUsers(input) {
      const found = [...users.values()].filter((user) => user.path.startsWith(input.PathPrefix ?? '/'))
      const { items, paging } = listed(found, ({ name }) => name, input)
      return { Users: items.map(userAnswer), ...paging }
    },

    DeleteUser({ UserName = '' }) {
      const user = directory.user(UserName)
      if (user.attached.length > 0) throw conflict('must detach all policies first.')
      if (Object.keys(user.inline).length > 0) throw conflict('must delete policies first.')
      if (keys.ofUser(user.arn).length > 0) throw conflict('must delete access keys first.')
      if ([...directory.devices.values()].some((device) => device.user === UserName)) {
        throw conflict('must delete MFA device first.')
      }
      users.delete(UserName)
      return {}
    },

    TagUser({ UserName = '', Tags }) {
      const user = directory.user(UserName)
      users.set(UserName, { ...user, tags: { ...user.tags, ...tagsFrom(Tags) } })
      return {}
    },

    CreateAccessKey({ UserName }, call) {
      const user = userOr(UserName, call)
      if (keys.ofUser(user.arn).length >= MAX_ACCESS_KEYS) {
        throw new AwsError('LimitExceededException', `Cannot exceed quota for AccessKeysPerUser: ${MAX_ACCESS_KEYS}`)
      }
      const key = keys.create({ arn: user.arn, account: directory.cloud.account, userId: user.id })
      return { AccessKey: { ...keyAnswer(user, key), SecretAccessKey: key.secret } }
    },

    ListAccessKeys(input, call) {
      const user = userOr(input.UserName, call)
      const { items, paging } = listed(keys.ofUser(user.arn), ({ accessKeyId }) => accessKeyId, input)
      return { AccessKeyMetadata: items.map((key) => keyAnswer(user, key)), ...paging }
    },

    UpdateAccessKey({ UserName, AccessKeyId = '', Status }, call) {
      const key = ownedKey(userOr(UserName, call), AccessKeyId)
      keys.add({ ...key, status: Status === 'Active' ? 'Active' : 'Inactive' })
      return {}
    },

    DeleteAccessKey({ UserName, AccessKeyId = '' }, call) {
      keys.remove(ownedKey(userOr(UserName, call), AccessKeyId).accessKeyId)
      return {}
    },
  }
}

function keyAnswer(user: User, key: AccessKey) {
  return {
    UserName: user.name,
    AccessKeyId: key.accessKeyId,
    Status: key.status,
    CreateDate: new Date(key.createdAt),
  }
}
