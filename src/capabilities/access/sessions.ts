// Sessions of profiles: the one that is kept while it is good, else a new one.
import { execFile } from 'node:child_process'
import { type CallerEnvironment, callerEnvironment } from '../../core/caller.ts'
import { KibanError } from '../../core/error.ts'
import { access as text } from '../../core/messages/access.ts'
import { type Profile, type Profiles, profileNamed, readProfiles } from './profiles.ts'
import { keepSession, keptSession, keyOf, type Rest, type Session } from './session-cache.ts'

export interface Asked {
  env: NodeJS.ProcessEnv
  profile: string
  /** A code of the MFA device; asked for when one is needed. Throws where nobody can be asked. */
  code(serial: string): Promise<string>
  /** Not the one that is kept. */
  fresh?: boolean
}

export interface Opened {
  profile: string
  definition: Profile
  /** Its own region, or that of what it stands on. */
  region: string | undefined
  session: Omit<Session, 'sessionToken' | 'expiresAt'> & Partial<Session>
  /** None for keys that never end: they stay where they are. */
  rest: Rest | undefined
  reused: boolean
}

export type ProfileKind = 'keys' | 'device' | 'role' | 'sso' | 'process' | 'other'

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
const DURATION = { usual: 3600, least: 900, most: 129_600 }
/** What tells processes below this one which profiles are being opened above them. */
const OPENING = 'KIBAN_AUTH_OPENING'
const CODE_COMMAND_MS = 60_000

export const profileOf = (env: NodeJS.ProcessEnv, given: string | undefined): string => given || env.AWS_PROFILE || 'default'

export function kindOf(profile: Profile): ProfileKind {
  if (profile.role_arn) return 'role'
  if (profile.sso_account_id) return 'sso'
  if (profile.aws_access_key_id) return profile.mfa_serial && !profile.aws_session_token ? 'device' : 'keys'
  return profile.credential_process ? 'process' : 'other'
}

/** A session that is kept and good, without loading anything of AWS's; undefined where there is none. */
export async function keptFor(env: NodeJS.ProcessEnv, name: string): Promise<Opened | undefined> {
  const profiles = await readProfiles(env)
  const chain = chainOf(profiles, name)
  const kept = await keptSession(env, keyOf(env, name, chain), Date.now())
  return kept && { ...about(name, chain), session: kept.session, rest: kept.rest, reused: true }
}

/**
 * A session of a profile. Throws `auth.profile-unknown`, `auth.source-loop`, `auth.calls-itself`, `auth.code-refused`,
 * `auth.clock-skew` and whatever else AWS has to say.
 */
export async function openSession({ env, profile: name, code, fresh = false }: Asked): Promise<Opened> {
  const profiles = await readProfiles(env)
  const chain = chainOf(profiles, name)
  const definition = chain[0] as Profile
  const key = keyOf(env, name, chain)
  const kept = fresh ? undefined : await keptSession(env, key, Date.now())
  if (kept) return { ...about(name, chain), session: kept.session, rest: kept.rest, reused: true }
  const kind = kindOf(definition)
  if (kind === 'other' && !definition.web_identity_token_file && !definition.login_session)
    throw new KibanError('invalid', 'auth.nothing-to-assume', text.nothingToAssume(name), { hint: text.nothingToAssumeHint })
  const made = await withoutOwnCall(env, name, () =>
    explained(() => newSession(callerEnvironment(env), { name, definition, chain, code })),
  )
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = made
  if (sessionToken === undefined || expiresAt === undefined)
    return { ...about(name, chain), session: made, rest: undefined, reused: false }
  const session = { accessKeyId, secretAccessKey, sessionToken, expiresAt }
  return { ...about(name, chain), session, rest: await keepSession(env, key, name, session), reused: false }
}

async function newSession(
  caller: CallerEnvironment,
  { name, definition, chain, code }: { name: string; definition: Profile; chain: readonly Profile[]; code: Asked['code'] },
) {
  const { deviceSession, profileSession } = await import('../../aws/assume.ts')
  const { region } = about(name, chain)
  if (kindOf(definition) !== 'device') return profileSession(caller, { profile: name, region, code: checked(code) })
  const serial = definition.mfa_serial ?? ''
  const seconds = secondsOf(name, definition)
  return deviceSession(caller, { profile: name, serial, code: await checked(code)(serial), seconds, region })
}

const about = (profile: string, chain: readonly Profile[]) => ({
  profile,
  definition: chain[0] as Profile,
  region: chain.find(({ region }) => region)?.region,
})

/** The profile and those that it stands on, one after the other. */
function chainOf(profiles: Profiles, name: string): Profile[] {
  const names = [name]
  const chain = [profileNamed(profiles, name)]
  for (;;) {
    const { source_profile: source, role_arn: role } = chain.at(-1) as Profile
    if (!source || !role) return chain
    // A profile may be its own source: its keys assume its role.
    if (source === names.at(-1)) return chain
    if (names.includes(source))
      throw new KibanError('invalid', 'auth.source-loop', text.sourceLoop([...names, source]), { hint: text.sourceHint })
    const next = profiles.all.get(source)
    if (!next)
      throw new KibanError('not-found', 'auth.profile-unknown', text.sourceUnknown(names.at(-1) ?? '', source), {
        hint: text.sourceHint,
      })
    names.push(source)
    chain.push(next)
  }
}

function secondsOf(name: string, { duration_seconds: given }: Profile): number {
  if (given === undefined) return DURATION.usual
  const seconds = Number(given)
  if (Number.isInteger(seconds) && seconds >= DURATION.least && seconds <= DURATION.most) return seconds
  throw new KibanError('invalid', 'auth.bad-duration', text.badDuration(name, given), { hint: text.badDurationHint })
}

/** A process that is started for a profile may ask kiban for that very profile, and so without end. Throws `auth.calls-itself`. */
async function withoutOwnCall<Result>(env: NodeJS.ProcessEnv, name: string, open: () => Promise<Result>): Promise<Result> {
  const before = env[OPENING]
  const opening = (before ?? '').split('\n').filter(Boolean)
  if (opening.includes(name))
    throw new KibanError('invalid', 'auth.calls-itself', text.callsItself(name), { hint: text.callsItselfHint })
  process.env[OPENING] = [...opening, name].join('\n')
  try {
    return await open()
  } finally {
    // Whatever is started later is started for something else.
    if (before === undefined) delete process.env[OPENING]
    else process.env[OPENING] = before
  }
}

const checked =
  (code: Asked['code']) =>
  async (serial: string): Promise<string> => {
    const given = (await code(serial)).trim()
    if (/^\d{6}$/.test(given)) return given
    throw new KibanError('invalid', 'auth.bad-code', text.badCode(given.length), { hint: text.codeRefusedHint })
  }

/** What AWS says of codes and clocks, in words that tell what to do. */
async function explained<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KibanError && error.code.startsWith('auth.')) throw error
    const words = `${error instanceof Error ? `${error.message} ${(error.cause as Error | undefined)?.message ?? ''}` : error}`
    if (/MultiFactorAuthentication failed|invalid MFA one time pass code/i.test(words))
      throw new KibanError('unauthenticated', 'auth.code-refused', text.codeRefused, { hint: text.codeRefusedHint, cause: error })
    if (/Signature (expired|not yet current)|RequestTimeTooSkewed|RequestExpired|clock/i.test(words))
      throw new KibanError('unauthenticated', 'auth.clock-skew', text.clockSkew, { hint: text.clockSkewHint, cause: error })
    throw error
  }
}

/** The code that a command prints, as password managers do. It is run without a shell; its words are split as a shell splits plain ones. */
export async function codeOfCommand(command: string): Promise<string> {
  const [program = '', ...argv] = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
  return new Promise((resolve, reject) => {
    const child = execFile(program, argv, { timeout: CODE_COMMAND_MS }, (error, stdout) => {
      if (!error) return resolve(stdout.trim())
      // What it printed may be a code.
      reject(
        new KibanError('invalid', 'auth.code-command', text.codeCommandFailed(program), { hint: text.codeCommandFailedHint }),
      )
    })
    child.stderr?.pipe(process.stderr)
  })
}

/** Throws `auth.needs-code`. */
export const nobodyToAsk = (profile: string) => (): Promise<string> =>
  Promise.reject(
    new KibanError('unauthenticated', 'auth.needs-code', text.needsCode(profile), { hint: text.needsCodeHint(profile) }),
  )

/** Variables by which AWS's tools use the session; what would count before it is taken away. */
export function sessionVariables({ session, region }: Pick<Opened, 'session' | 'region'>): Record<string, string | undefined> {
  return {
    AWS_PROFILE: undefined,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: session.expiresAt === undefined ? undefined : new Date(session.expiresAt).toISOString(),
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
  }
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
export const processDocument = ({ session }: Pick<Opened, 'session'>): object => ({
  Version: 1,
  AccessKeyId: session.accessKeyId,
  SecretAccessKey: session.secretAccessKey,
  ...(session.sessionToken === undefined ? {} : { SessionToken: session.sessionToken }),
  ...(session.expiresAt === undefined ? {} : { Expiration: new Date(session.expiresAt).toISOString() }),
})
