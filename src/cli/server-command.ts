// `kiban server`: the API, the console and the workers in this process, until it is told to end.
import { buildCommand, type Command, type CommandContext, numberParser } from '@stricli/core'
import { KibanError } from '../core/error.ts'
import { server as text } from '../core/messages/server.ts'
import type { Text } from '../core/text.ts'
import type { ByHand } from './by-hand.ts'

/** "kiban" has no letters on a telephone's keys; this one is free among the well-known ports. */
const DEFAULT_PORT = 8300

export interface ServerSettings {
  host: string
  port: number
  /** Where browsers find it; the address it listens on when it is not said. */
  publicUrl: URL | undefined
  role: 'all' | 'api' | 'worker'
}

/** Orchestrators are promised that it takes no longer. Whatever is open then is stored, and others go on with it. */
const END_WITHIN_MS = 9_500

/** What this command needs of the server; the executable hands it in, so that no other command loads it. */
export type StartServer = (settings: ServerSettings) => Promise<{ url: string; close(): Promise<void> }>

interface Flags {
  host?: string
  port?: number
  url?: string
  role?: 'all' | 'api' | 'worker'
  lang?: 'en' | 'ja'
}

export function serverCommand({ terminal, run }: ByHand, start: StartServer): Command<CommandContext> {
  const { language } = terminal
  const parsed = (brief: Text, parse: (input: string) => unknown = String) =>
    ({ kind: 'parsed', parse, brief: brief[language], optional: true }) as const
  return buildCommand({
    docs: { brief: text.brief[language], fullDescription: text.description[language] },
    parameters: {
      flags: {
        host: parsed(text.flagHost),
        port: parsed(text.flagPort, numberParser),
        url: parsed(text.flagUrl),
        role: { kind: 'enum', values: ['all', 'api', 'worker'], brief: text.flagRole[language], optional: true },
        lang: { kind: 'enum', values: ['en', 'ja'], brief: text.flagLang[language], optional: true },
      },
    },
    async func(flags: Flags) {
      await run(flags, async (_, signal) => {
        const running = await start({
          host: flags.host ?? process.env.HOST ?? '127.0.0.1',
          port: portOf(flags.port ?? process.env.PORT ?? DEFAULT_PORT),
          publicUrl: urlOf(flags.url ?? process.env.KIBAN_URL),
          role: flags.role ?? 'all',
        })
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        setTimeout(() => process.exit(), END_WITHIN_MS).unref()
        await running.close()
        return 0
      })
    },
  } as unknown as Parameters<typeof buildCommand<Flags, [], CommandContext>>[0])
}

function portOf(given: number | string): number {
  const port = Number(given)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new KibanError('invalid', 'input.invalid', text.badPort(String(given)))
}

function urlOf(given: string | undefined): URL | undefined {
  if (given === undefined || given === '') return undefined
  const url = URL.parse(given)
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/') return url
  throw new KibanError('invalid', 'input.invalid', text.badUrl(given), { hint: text.badUrlHint })
}
