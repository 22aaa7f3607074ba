// `kiban login` and `kiban logout`: which server the other commands work with.
import { hostname, userInfo } from 'node:os'
import { buildCommand, type Command, type CommandContext } from '@stricli/core'
import type { Engine } from '../core/engine.ts'
import { KibanError } from '../core/error.ts'
import { login as text } from '../core/messages/login.ts'
import type { Operation } from '../core/operation.ts'
import type { ByHand } from './by-hand.ts'
import { currentLogin, forgetLogin, keepLogin, serverUrl } from './login-file.ts'
import { paint, type Terminal } from './terminal.ts'

interface Begun {
  device: string
  code: string
  url: string
  expiresAt: number
  everySeconds: number
}

interface Claimed {
  login?: { name: string; secret?: string }
}

interface Flags {
  json?: boolean
  lang?: 'en' | 'ja'
}

export function loginCommand({ terminal, run }: ByHand, operations: readonly Operation[]): Command<CommandContext> {
  const { language } = terminal
  return buildCommand({
    docs: { brief: text.brief[language], fullDescription: text.description[language] },
    parameters: {
      flags: commonFlags(language),
      positional: {
        kind: 'tuple',
        parameters: [{ brief: text.argumentUrl[language], parse: String, placeholder: 'url', optional: true }],
      },
    },
    async func(flags: Flags, given?: string) {
      await run(flags, (chosen, signal) => logIn(given ?? process.env.KIBAN_SERVER, operations, flags, chosen, signal))
    },
  } as unknown as Parameters<typeof buildCommand<Flags, [string?], CommandContext>>[0])
}

export function logoutCommand({ terminal, run }: ByHand, operations: readonly Operation[]): Command<CommandContext> {
  return buildCommand({
    docs: { brief: text.logoutBrief[terminal.language] },
    parameters: { flags: commonFlags(terminal.language) },
    async func(flags: Flags) {
      await run(flags, (chosen, signal) => logOut(operations, flags, chosen, signal))
    },
  } as unknown as Parameters<typeof buildCommand<Flags, [], CommandContext>>[0])
}

const commonFlags = (language: 'en' | 'ja') => ({
  json: { kind: 'boolean', brief: text.flagJson[language], optional: true, withNegated: false },
  lang: { kind: 'enum', values: ['en', 'ja'], brief: text.flagLang[language], optional: true },
})

async function logIn(
  given: string | undefined,
  operations: readonly Operation[],
  flags: Flags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  if (!given) throw new KibanError('invalid', 'input.invalid', text.noUrl(''), { hint: text.noUrlHint })
  const url = serverUrl(given)
  const engine = await serverEngine(operations, url)
  const begun = (await engine.call('device.begin', { name: `${userInfo().username}@${hostname()}` }, signal)) as Begun
  const { language, stderr } = terminal
  stderr.write(
    `${text.open[language]}\n\n  ${begun.url}\n  ${paint(terminal, 'strong', begun.code)}\n\n${text.waiting[language]}\n`,
  )
  const { name, secret = '' } = await claimed(engine, begun, signal)
  await keepLogin(process.env, { url: url.href, name, token: secret })
  if (flags.json) terminal.stdout.write(`${JSON.stringify({ server: url.href, name })}\n`)
  else stderr.write(`${paint(terminal, 'good', '✔')} ${text.youAre(name, url.href)[language]}\n`)
  return 0
}

async function claimed(engine: Engine, begun: Begun, signal: AbortSignal): Promise<NonNullable<Claimed['login']>> {
  for (;;) {
    const { login } = (await engine.call('device.claim', { device: begun.device }, signal)) as Claimed
    if (login) return login
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, begun.everySeconds * 1000)
      signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
    })
    signal.throwIfAborted()
  }
}

async function logOut(operations: readonly Operation[], flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { language, stderr, stdout } = terminal
  const login = await currentLogin({ ...process.env, KIBAN_SERVER: undefined }).catch(() => undefined)
  if (login) {
    // The file goes, whether or not the server can still be told.
    await forgetLogin(process.env)
    const engine = await serverEngine(operations, new URL(login.url), login.token)
    await engine.call('session.close', {}, signal).catch(() => stderr.write(`${text.serverNotTold(login.url)[language]}\n`))
  } else await forgetLogin(process.env)
  if (flags.json) stdout.write(`${JSON.stringify({ server: login?.url ?? null })}\n`)
  else stderr.write(`${paint(terminal, 'good', '✔')} ${text.loggedOut[language]}\n`)
  return 0
}

/** Loaded here alone: help, and all that works on this machine, do without. */
async function serverEngine(operations: readonly Operation[], url: URL, token?: string): Promise<Engine> {
  const { remoteEngine } = await import('./remote-engine.ts')
  return remoteEngine(operations, { url, token }, noLocalWork)
}

const noLocalWork = (): never => {
  throw new Error('Logging in needs no local work')
}
