import { AwsError } from '../cloud.ts'
import type { Directory, MfaDevice } from './directory.ts'
import { type IamHandlers, listed, pathOf, tagList, tagsFrom, userAnswer } from './iam-answer.ts'
import { conflict } from './role-operations.ts'
import { newSeed, stepOf } from './totp.ts'

/** Virtual MFA devices. A device carries no QR code: the seed is enough for a program. */
export function mfaOperations(directory: Directory): IamHandlers {
  const { devices } = directory

  function device(serial: string): MfaDevice {
    const found = devices.get(serial)
    if (!found) throw new AwsError('NoSuchEntityException', `VirtualMFADevice with serial number ${serial} doesn't exist.`)
    return found
  }

  function deviceOf(user: string, serial: string): MfaDevice {
    const found = devices.get(serial)
    if (found?.user !== user) {
      throw new AwsError('NoSuchEntityException', `MFA Device with serial number ${serial} does not exist for user ${user}.`)
    }
    return found
  }

  return {
    CreateVirtualMFADevice({ VirtualMFADeviceName = '', Path, Tags }) {
      const serial = directory.arn('mfa', pathOf(Path), VirtualMFADeviceName)
      if (devices.has(serial))
        throw new AwsError('EntityAlreadyExistsException', 'MFADevice entity at the same path and name already exists.')
      const made: MfaDevice = { serial, seed: newSeed(), tags: tagsFrom(Tags) }
      devices.set(serial, made)
      return {
        VirtualMFADevice: { SerialNumber: serial, Base32StringSeed: Buffer.from(made.seed), Tags: tagList(made.tags) },
      }
    },

    EnableMFADevice({ UserName = '', SerialNumber = '', AuthenticationCode1 = '', AuthenticationCode2 = '' }) {
      const user = directory.user(UserName)
      const found = device(SerialNumber)
      if (found.user !== undefined) {
        throw new AwsError('EntityAlreadyExistsException', 'MFA Device is already in use.')
      }
      const now = Date.now()
      const first = stepOf(found.seed, AuthenticationCode1, now)
      const second = stepOf(found.seed, AuthenticationCode2, now)
      if (first === undefined || second === undefined || second !== first + 1) {
        throw new AwsError('InvalidAuthenticationCodeException', 'Authentication code for device is not valid.')
      }
      devices.set(SerialNumber, { ...found, user: user.name, enabledAt: now, lastStep: second })
      return {}
    },

    ListMFADevices(input, { principal }) {
      const user = input.UserName ?? principal.arn.slice(principal.arn.lastIndexOf('/') + 1)
      directory.user(user)
      const found = [...devices.values()].filter((one) => one.user === user)
      const { items, paging } = listed(found, ({ serial }) => serial, input)
      const MFADevices = items.map(({ serial, enabledAt = 0 }) => ({
        UserName: user,
        SerialNumber: serial,
        EnableDate: new Date(enabledAt),
      }))
      return { MFADevices, ...paging }
    },

    ListVirtualMFADevices(input) {
      const wanted = input.AssignmentStatus ?? 'Any'
      const found = [...devices.values()].filter(
        ({ user }) => wanted === 'Any' || (user !== undefined) === (wanted === 'Assigned'),
      )
      const { items, paging } = listed(found, ({ serial }) => serial, input)
      const VirtualMFADevices = items.map(({ serial, user, enabledAt }) => ({
        SerialNumber: serial,
        ...(user !== undefined && { User: userAnswer(directory.user(user)) }),
        ...(enabledAt !== undefined && { EnableDate: new Date(enabledAt) }),
      }))
      return { VirtualMFADevices, ...paging }
    },

    DeactivateMFADevice({ UserName = '', SerialNumber = '' }) {
      const { serial, seed, tags } = deviceOf(UserName, SerialNumber)
      devices.set(SerialNumber, { serial, seed, tags })
      return {}
    },

    DeleteVirtualMFADevice({ SerialNumber = '' }) {
      if (device(SerialNumber).user !== undefined) throw conflict('must deactivate the device first.')
      devices.delete(SerialNumber)
      return {}
    },
  }
}
