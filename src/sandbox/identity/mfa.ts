// MFA in a request to STS: a device's serial number and a code that counts once.
import { AwsError } from '../cloud.ts'
import type { Directory } from './directory.ts'
import { stepOf } from './totp.ts'

/** When the code was given (epoch ms), or undefined when there is none; throws AccessDenied when it is not right. */
export function provenMfa(
  directory: Directory,
  user: string | undefined,
  serial: string | undefined,
  code: string | undefined,
  now = Date.now(),
): number | undefined {
  if (serial === undefined && code === undefined) return undefined
  if (serial === undefined || code === undefined) {
    throw refused('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')
  }
  const device = directory.devices.get(serial)
  if (!device || device.user === undefined || device.user !== user) {
    throw refused(
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    )
  }
  const step = stepOf(device.seed, code, now)
  if (step === undefined || step <= (device.lastStep ?? Number.NEGATIVE_INFINITY)) {
    throw refused('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
  }
  directory.devices.set(serial, { ...device, lastStep: step })
  return now
}

const refused = (message: string): AwsError => new AwsError('AccessDenied', message, {}, 403)
