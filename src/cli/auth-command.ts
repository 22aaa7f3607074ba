// `kiban auth …`: sessions of AWS profiles. Nothing here needs kiban's database or a server.
import { buildCommand, buildRouteMap, type CommandContext } from '@stricli/core'
import { KibanError } from '../core/error.ts'
import { access as text } from '../core/messages/access.ts'
import type { Language, Text } from '../core/text.ts'
import type { Line, View } from '../core/view.ts'
import type { ByHand, Route } from './by-hand.ts'
import { draw, duration } from './draw.ts'
import { runChild } from './run-child.ts'
import type { Terminal } from './terminal.ts'

interface Opened {
  profile: string
  region: string | undefined
  definition: Readonly<Record<string, string>>
  session: { accessKeyId: string; secretAccessKey: string; expiresAt?: number; sessionToken?: string }
  rest: 'keyring' | 'file' | undefined
  reused: boolean
}

/** What these commands need of the capability; the executable hands it in. */
export interface Access {
  profileOf(env: NodeJS.ProcessEnv, given: string | undefined): string
  openSession(asked: {
    env: NodeJS.ProcessEnv
    profile: string
    fresh?: boolean
    code(serial: string): Promise<string>
  }): Promise<Opened>
  codeOfCommand(command: string): Promise<string>
  nobodyToAsk(profile: string): () => Promise<string>
  writeSection(file: string, section: string, session: never): Promise<void>
  awsFiles(env: NodeJS.ProcessEnv): { configFile: string; credentialsFile: string }
  readProfiles(env: NodeJS.ProcessEnv): Promise<{ all: ReadonlyMap<string, Readonly<Record<string, string>>> }>
  kindOf(profile: Readonly<Record<string, string>>): keyof typeof text.kinds
  sessionVariables(opened: Opened): Record<string, string | undefined>
  processDocument(opened: Opened): object
  consoleLink(env: NodeJS.ProcessEnv, opened: Opened, destination: string | undefined): Promise<string>
  whoIs(env: NodeJS.ProcessEnv, opened: Opened, signal: AbortSignal): Promise<{ account: string; arn: string }>
  keptSessions(env: NodeJS.ProcessEnv, now: number): Promise<Map<string, { expiresAt: number; rest: 'keyring' | 'file' }>>
  forgetSessions(env: NodeJS.ProcessEnv, profile: string | undefined): Promise<number>
}

interface Flags {
  token?: string
  tokenCommand?: string
  fresh?: boolean
  shell?: keyof typeof shells
  destination?: string
  json?: boolean
  lang?: Language
}

type Command = {
  flags: Flags
  profile: string /** Somebody named it. */
  isNamed: boolean
  terminal: Terminal
  signal: AbortSignal
  access: Access
}

export function authCommand({ terminal, run }: ByHand, load: () => Promise<Access>): Route {
  const { language } = terminal
  const flag = (brief: Text) => ({ kind: 'parsed', parse: String, brief: brief[language], optional: true }) as const
  const toggle = (brief: Text) => ({ kind: 'boolean', brief: brief[language], optional: true, withNegated: false }) as const
  const asking = { token: flag(text.flagToken), tokenCommand: flag(text.flagTokenCommand), fresh: toggle(text.flagFresh) }
  const common = {
    json: toggle({ en: 'Print JSON', ja: 'JSON で出力する' }),
    lang: { kind: 'enum', values: ['en', 'ja'], brief: 'Language / 言語', optional: true } as const,
  }
  const profile = { placeholder: 'profile', brief: text.argProfile[language], parse: String, optional: true }
  const command = (
    brief: Text,
    flags: object,
    work: (command: Command, rest: readonly string[]) => Promise<number>,
    { takes = true, takesCommand = false } = {},
  ) =>
    buildCommand({
      docs: { brief: brief[language] },
      parameters: {
        flags: { ...flags, ...common },
        positional: takesCommand
          ? {
              kind: 'array',
              parameter: { placeholder: 'profile -- command', brief: text.argCommand[language], parse: String },
              minimum: 1,
            }
          : { kind: 'tuple', parameters: takes ? [profile] : [] },
      },
      async func(given: Flags, ...words: string[]) {
        await run(given, async (own, signal) => {
          const access = await load()
          const named = access.profileOf(process.env, words[0])
          return work(
            { flags: given, profile: named, isNamed: words[0] !== undefined, terminal: own, signal, access },
            words.slice(1),
          )
        })
      },
    } as unknown as Parameters<typeof buildCommand<Flags, string[], CommandContext>>[0])
  return buildRouteMap({
    docs: { brief: text.brief[language] },
    routes: {
      assume: command(text.assume, asking, assume),
      exec: command(text.exec, asking, exec, { takesCommand: true }),
      env: command(
        text.env,
        { ...asking, shell: { kind: 'enum', values: Object.keys(shells), brief: text.flagShell[language], optional: true } },
        env,
      ),
      process: command(text.process, asking, credentialProcess),
      console: command(text.console, { ...asking, destination: flag(text.flagDestination) }, console),
      whoami: command(text.whoami, asking, whoami),
      list: command(text.list, {}, list, { takes: false }),
      logout: command(text.logout, {}, logout),
    },
  })
}

/** The session, asking for a code where one is needed and somebody sits there. */
function opened({ flags, profile, terminal, access }: Command) {
  const { token, tokenCommand, fresh } = flags
  const code = async (serial: string): Promise<string> => {
    if (token !== undefined) return token
    if (tokenCommand !== undefined) return access.codeOfCommand(tokenCommand)
    if (!terminal.stdin.isTTY || !terminal.stderr.isTTY || flags.json) return access.nobodyToAsk(profile)()
    return askCode(serial, terminal)
  }
  return access.openSession({ env: process.env, profile, fresh, code })
}

/** Without echo, and beside standard output, which may be read by a program. */
async function askCode(serial: string, { language, stderr }: Terminal): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts')
  const given = await password({ message: text.askCode(serial)[language], output: stderr })
  if (isCancel(given)) throw new KibanError('unauthenticated', 'auth.needs-code', text.noCode)
  return given
}

async function assume(command: Command): Promise<number> {
  const { profile, terminal, access, flags } = command
  const found = await opened(command)
  const { credentialsFile, configFile } = access.awsFiles(process.env)
  const section = `${profile}-assume`
  // Keys that never end are in their place already.
  if (found.rest !== undefined) await access.writeSection(credentialsFile, section, found.session as never)
  if (flags.json) return say(terminal, { profile, section, file: credentialsFile, ...about(found) })
  const { all } = await access.readProfiles(process.env)
  const view: View = [
    { kind: 'line', mark: 'good', line: [text.wrote(section, credentialsFile), '  ', ...lasting(found)] },
    ...(found.rest ? [restLine(found.rest)] : []),
    ...(all.get(section)?.region ? [] : [{ kind: 'line', mark: 'muted', line: text.noRegion(section, configFile) } as const]),
    { kind: 'next', commands: [{ command: `aws --profile ${section} sts get-caller-identity`, why: text.nextAws }] },
  ]
  return show(terminal, view)
}

async function exec(command: Command, words: readonly string[]): Promise<number> {
  const { terminal, signal, access } = command
  if (words.length === 0) throw new KibanError('invalid', 'input.invalid', text.execNothing, { hint: text.execNothingHint })
  const found = await opened(command)
  const env: NodeJS.ProcessEnv = { ...process.env, ...access.sessionVariables(found) }
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name]
  return runChild(words, env, { terminal, signal })
}

const quoted = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`
const shells = {
  sh: (name: string, value: string | undefined) => (value === undefined ? `unset ${name}` : `export ${name}=${quoted(value)}`),
  fish: (name: string, value: string | undefined) =>
    value === undefined ? `set -e ${name}` : `set -gx ${name} '${value.replaceAll(/['\\]/g, '\\$&')}'`,
  powershell: (name: string, value: string | undefined) =>
    value === undefined
      ? `Remove-Item Env:${name} -ErrorAction SilentlyContinue`
      : `$Env:${name} = '${value.replaceAll("'", "''")}'`,
}

async function env(command: Command): Promise<number> {
  const { terminal, access, flags } = command
  const variables = access.sessionVariables(await opened(command))
  if (flags.json) return say(terminal, Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)))
  const shell =
    flags.shell ??
    (/fish$/.test(process.env.SHELL ?? '') ? 'fish' : process.env.PSModulePath && !process.env.SHELL ? 'powershell' : 'sh')
  for (const [name, value] of Object.entries(variables)) terminal.stdout.write(`${shells[shell](name, value)}\n`)
  return 0
}

async function credentialProcess(command: Command): Promise<number> {
  return say(command.terminal, command.access.processDocument(await opened(command)))
}

async function console(command: Command): Promise<number> {
  const { terminal, access, flags } = command
  const link = await access.consoleLink(process.env, await opened(command), flags.destination)
  if (flags.json) return say(terminal, { link })
  terminal.stdout.write(`${link}\n`)
  return 0
}

async function whoami(command: Command): Promise<number> {
  const { profile, terminal, access, flags, signal } = command
  const found = await opened(command)
  const who = await access.whoIs(process.env, found, signal)
  if (flags.json) return say(terminal, { profile, ...who, ...about(found) })
  return show(terminal, [
    { kind: 'line', line: [{ text: who.arn, tone: 'strong' }, '  ', who.account, '  ', ...lasting(found)] },
    ...(found.rest ? [restLine(found.rest)] : []),
  ])
}

async function list({ terminal, access, flags }: Command): Promise<number> {
  const { all } = await access.readProfiles(process.env)
  const kept = await access.keptSessions(process.env, Date.now())
  const profiles = [...all].map(([profile, definition]) => ({
    profile,
    kind: access.kindOf(definition),
    region: definition.region,
    role: definition.role_arn,
    source: definition.source_profile,
    expiresAt: kept.get(profile)?.expiresAt,
  }))
  if (flags.json) return say(terminal, { profiles })
  if (profiles.length === 0) return show(terminal, [{ kind: 'line', line: text.nothingListed }])
  const rows = profiles.map(({ profile, kind, region, role, source, expiresAt }): Line[] => [
    { text: profile, tone: 'strong' },
    text.kinds[kind],
    region ?? '',
    [role ?? '', source ? `  ← ${source}` : ''],
    expiresAt === undefined ? '' : { text: text.lasts(duration((expiresAt - Date.now()) / 1000)), tone: 'good' },
  ])
  return show(terminal, [{ kind: 'table', columns: [{}, {}, {}, {}, {}], rows }])
}

async function logout({ terminal, access, flags, profile, isNamed }: Command): Promise<number> {
  const count = await access.forgetSessions(process.env, isNamed ? profile : undefined)
  if (flags.json) return say(terminal, { forgotten: count })
  return show(terminal, [
    { kind: 'line', mark: count > 0 ? 'good' : 'muted', line: count > 0 ? text.forgot(count) : text.noSessions },
  ])
}

const about = ({ session, region, rest, reused }: Opened) => ({ expiresAt: session.expiresAt, region, rest, reused })

const lasting = ({ session, reused }: Opened): Line[] & string[] =>
  [
    session.expiresAt === undefined ? text.endless : text.lasts(duration((session.expiresAt - Date.now()) / 1000)),
    ...(reused ? ['  ', { text: text.reused, tone: 'muted' }] : []),
  ] as never

const restLine = (rest: 'keyring' | 'file') => ({ kind: 'line', mark: 'muted', line: text.rests[rest] }) as const

function show(terminal: Terminal, view: View): number {
  for (const line of draw(view, terminal)) terminal.stdout.write(`${line}\n`)
  return 0
}

function say(terminal: Terminal, document: object): number {
  terminal.stdout.write(`${JSON.stringify(document)}\n`)
  return 0
}
