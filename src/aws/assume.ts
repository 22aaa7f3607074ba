// New sessions of profiles: GetSessionToken for keys with a device, all else as the SDK resolves profiles.
import type { CallerEnvironment } from '../core/caller.ts'
import { inEnvironmentOf } from './caller-environment.ts'
import { awsError } from './error.ts'
import { awsSession } from './session.ts'

export interface NewSession {
  accessKeyId: string
  secretAccessKey: string
  /** None for keys that never end. */
  sessionToken: string | undefined
  /** Epoch milliseconds. */
  expiresAt: number | undefined
}

export interface DeviceSession {
  profile: string
  serial: string
  code: string
  seconds: number
  region: string | undefined
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export async function deviceSession(
  caller: CallerEnvironment,
  { profile, serial, code, seconds, region }: DeviceSession,
): Promise<NewSession> {
  const session = awsSession(region ?? 'us-east-1', { ...withoutKeys(caller), AWS_PROFILE: profile })
  try {
    const { Credentials } = await session.ask(
      {
        service: 'sts',
        bucket: 'session',
        // A code counts once.
        repeatable: false,
        load: async (config) => new (await import('@aws-sdk/client-sts')).STS(config),
      },
      (client, options) => client.getSessionToken({ SerialNumber: serial, TokenCode: code, DurationSeconds: seconds }, options),
    )
    return {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken,
      expiresAt: Credentials?.Expiration?.getTime(),
    }
  } finally {
    session.close()
  }
}

/** As the SDK resolves the profile: roles and their chains, processes, SSO. `code` is asked when a device is. */
export async function profileSession(
  caller: CallerEnvironment,
  { profile, region, code }: { profile: string; region: string | undefined; code: (serial: string) => Promise<string> },
): Promise<NewSession> {
  const { fromIni } = await import('@aws-sdk/credential-provider-ini')
  const provider = fromIni({
    profile,
    mfaCodeProvider: code,
    ignoreCache: true,
    clientConfig: { region: region ?? 'us-east-1', maxAttempts: 1 },
  })
  try {
    return await inEnvironmentOf({ ...withoutKeys(caller), AWS_PROFILE: profile }, async () => {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provider()
      return { accessKeyId, secretAccessKey, sessionToken, expiresAt: expiration?.getTime() }
    })
  } catch (error) {
    throw awsError(error, 'sts')
  }
}

/** Keys of the environment would count before the profile that is meant. */
const withoutKeys = ({
  AWS_ACCESS_KEY_ID: _,
  AWS_SECRET_ACCESS_KEY: __,
  AWS_SESSION_TOKEN: ___,
  ...rest
}: CallerEnvironment): CallerEnvironment => rest
