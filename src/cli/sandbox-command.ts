// `kiban sandbox`: a simulated AWS on loopback, for as long as it runs or for one command.
import { openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { buildCommand, type Command, type CommandContext, numberParser } from '@stricli/core'
import { type Clock, scaledClock } from '../core/clock.ts'
import { KibanError } from '../core/error.ts'
import { sandbox as text } from '../core/messages/sandbox.ts'
import type { Text } from '../core/text.ts'
import type { ByHand } from './by-hand.ts'
import { runChild } from './run-child.ts'
import type { Terminal } from './terminal.ts'

/** LocalStack's, which people's scripts know: https://docs.localstack.cloud/aws/ */
const DEFAULT_PORT = 4566

/** What this command needs of the sandbox; the executable hands it in, so that no other command loads it. */
export interface RunningSandbox {
  endpoint: string
  region: string
  account: string
  env: Record<string, string>
  close(): Promise<void>
}

export interface SandboxSettings {
  port: number
  host: string
  region: string | undefined
  account: string | undefined
  state: string | undefined
  clock: Clock
  faults: Record<string, never> | undefined
  log: ((line: string) => void) | undefined
}

export type StartSandbox = (settings: SandboxSettings) => Promise<RunningSandbox>

interface Flags {
  port?: number
  host?: string
  state?: string
  region?: string
  account?: string
  speed?: number
  manualClock?: boolean
  faults?: string
  log?: string
  json?: boolean
  lang?: 'en' | 'ja'
}

/** The variables that a client of the sandbox needs, and the builder that needs no container engine. */
const PRINTED = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'KIBAN_BUILDER']

export function sandboxCommand({ terminal, run }: ByHand, start: StartSandbox): Command<CommandContext> {
  const { language } = terminal
  const parsed = (brief: Text, parse: (input: string) => unknown = String) =>
    ({ kind: 'parsed', parse, brief: brief[language], optional: true }) as const
  return buildCommand({
    docs: { brief: text.brief[language], fullDescription: text.description[language] },
    parameters: {
      flags: {
        port: parsed(text.flagPort, numberParser),
        host: parsed(text.flagHost),
        state: parsed(text.flagState),
        region: parsed(text.flagRegion),
        account: parsed(text.flagAccount),
        speed: parsed(text.flagSpeed, numberParser),
        manualClock: { kind: 'boolean', brief: text.flagManualClock[language], optional: true, withNegated: false },
        faults: parsed(text.flagFaults),
        log: parsed(text.flagLog),
        json: { kind: 'boolean', brief: text.flagJson[language], optional: true, withNegated: false },
        lang: { kind: 'enum', values: ['en', 'ja'], brief: text.flagLang[language], optional: true },
      },
      positional: {
        kind: 'array',
        parameter: { brief: text.argumentCommand[language], parse: String, placeholder: 'command', optional: true },
      },
    },
    async func(flags: Flags, ...command: string[]) {
      await run(flags, (terminal, signal) => sandbox(flags, command, start, terminal, signal))
    },
  } as unknown as Parameters<typeof buildCommand<Flags, string[], CommandContext>>[0])
}

async function sandbox(
  flags: Flags,
  command: readonly string[],
  start: StartSandbox,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const running = await start({
    port: wholeNumber('port', flags.port ?? DEFAULT_PORT, 0, 65_535),
    host: flags.host ?? '127.0.0.1',
    region: flags.region,
    account: accountOf(flags.account),
    state: flags.state,
    clock: await clockOf(flags),
    faults: await faultsOf(flags.faults),
    log: logTo(flags.log),
  })
  try {
    const env = { ...running.env, KIBAN_BUILDER: 'process' }
    if (command.length > 0) return await runChild(command, { ...withoutAws(process.env), ...env }, { terminal, signal })
    announce(running, env, flags, terminal)
    await aborted(signal)
    return 0
  } finally {
    await running.close()
  }
}

/** The variables go to stdout, to be exported as they are; what is for a person goes to stderr. */
function announce(running: RunningSandbox, env: Record<string, string>, flags: Flags, terminal: Terminal): void {
  const { stdout, stderr, language } = terminal
  const say = (line: Text) => void stderr.write(`${line[language]}\n`)
  if (flags.json) {
    const { endpoint, region, account } = running
    const shown = Object.fromEntries(PRINTED.map((name) => [name, env[name]]))
    stdout.write(`${JSON.stringify({ endpoint, region, account, speed: flags.speed ?? 1, env: shown })}\n`)
    return
  }
  say(text.ready(running.account, running.region, running.endpoint))
  if (flags.speed !== undefined && flags.speed !== 1) say(text.faster(flags.speed))
  if (flags.manualClock) say(text.standsStill(running.endpoint))
  say(flags.state === undefined ? text.keptNowhere : text.keptIn(flags.state))
  const inTheWay = Object.keys(process.env).filter((name) => /^AWS_(PROFILE|SESSION_TOKEN|ENDPOINT_URL_.+)$/.test(name))
  if (inTheWay.length > 0) say(text.unset(inTheWay.join(' ')))
  for (const name of PRINTED) stdout.write(`${name}=${env[name]}\n`)
}

/** Somebody's own profile must not come between a command and the sandbox. */
const withoutAws = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')))

async function clockOf({ speed, manualClock }: Flags): Promise<Clock> {
  if (manualClock) return new (await import('../core/manual-clock.ts')).ManualClock(Date.now())
  if (speed !== undefined && !(speed > 0 && Number.isFinite(speed))) throw invalid(text.badSpeed)
  return scaledClock(speed ?? 1)
}

/** Rules as JSON, or a file that holds them. */
async function faultsOf(given: string | undefined): Promise<SandboxSettings['faults']> {
  if (given === undefined) return undefined
  try {
    return JSON.parse(given.trimStart().startsWith('{') ? given : await readFile(given, 'utf8'))
  } catch (error) {
    const { message } = error as Error
    throw new KibanError('invalid', 'sandbox.invalid-faults', text.invalidFaults(message), { hint: text.faultsHint })
  }
}

/** Where the sandbox says what it has to say, when not on stderr. */
function logTo(file: string | undefined): SandboxSettings['log'] {
  if (file === undefined) return undefined
  try {
    const opened = openSync(file, 'a', 0o600)
    return (line) => void writeSync(opened, `${line}\n`)
  } catch (cause) {
    throw new KibanError('invalid', 'input.invalid', text.badLog(file, (cause as Error).message), { hint: text.helpHint, cause })
  }
}

function accountOf(given: string | undefined): string | undefined {
  if (given !== undefined && !/^\d{12}$/.test(given)) throw invalid(text.badAccount)
  return given
}

function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) throw invalid(text.badNumber(name, least, most))
  return value
}

const invalid = (message: Text) => new KibanError('invalid', 'input.invalid', message, { hint: text.helpHint })

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
