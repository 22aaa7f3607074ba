// Puts a server together from its work, and takes it apart again in the other order.
import { fileURLToPath } from 'node:url'
import { KibanError } from '../core/error.ts'
import { server as text } from '../core/messages/server.ts'
import { openapi } from '../core/openapi.ts'
import type { Operation } from '../core/operation.ts'
import { languageOf } from '../core/text.ts'
import { version } from '../core/version.ts'
import type { Application } from './api.ts'
import { serverLog } from './log.ts'
import { startServer } from './server.ts'

export interface Work
  extends Pick<
    Application,
    'operations' | 'call' | 'stream' | 'refused' | 'identify' | 'whyEnded' | 'whenChanged' | 'github' | 'slack'
  > {
  /** The secret of a link for the first administrator, while nobody has ever logged in. */
  firstInvitation(): Promise<string | undefined>
  /** Keeps where people find this server. */
  found(url: URL): Promise<void>
  ready(): Promise<void>
  /** Drives no deployment any more; what is asked is still answered. */
  rest(): Promise<void>
  close(): Promise<void>
}

const firstLink = (link: string): string => {
  const words = text.firstLink[languageOf(process.env)]
  return `\n  ${words}\n  ${link}\n\n`
}

export async function runServer(options: {
  host: string
  port: number
  publicUrl: URL | undefined
  role: 'all' | 'api' | 'worker'
  declared: readonly Operation[]
  openWork(): Promise<Work>
}): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port, declared } = options
  const log = serverLog((line) => process.stdout.write(line), { environment: process.env.KIBAN_ENV, version: version() })
  const work = await options.openWork()
  try {
    const server = await startServer({
      ...work,
      // A worker answers only how it is.
      operations: options.role === 'worker' ? [] : work.operations,
      github: options.role === 'worker' ? undefined : work.github,
      slack: options.role === 'worker' ? undefined : work.slack,
      host,
      port,
      publicUrl: options.publicUrl,
      consoleFolder: options.role === 'worker' ? undefined : fileURLToPath(new URL('../../console/dist/', import.meta.url)),
      openapi: openapi(declared, version()),
      proxies: proxiesOf(process.env.KIBAN_PROXIES),
      log,
    })
    log('info', 'listening', { url: server.url })
    const url = options.publicUrl ?? new URL(server.url)
    if (options.role !== 'worker') await work.found(url)
    const first = options.role === 'worker' ? undefined : await work.firstInvitation()
    // For the eyes of whoever starts it, and not into a log that others keep.
    if (first) process.stderr.write(firstLink(new URL(`/welcome#${first}`, url).href))
    return {
      url: server.url,
      async close() {
        log('info', 'ending')
        await Promise.all([server.close(), work.rest()])
        await work.close()
        log('info', 'ended')
      },
    }
  } catch (error) {
    await work.close()
    throw error
  }
}

/** Throws `input.invalid`. */
function proxiesOf(given = '0'): number {
  const proxies = Number(given || 0)
  if (Number.isInteger(proxies) && proxies >= 0 && proxies < 10) return proxies
  throw new KibanError('invalid', 'input.invalid', text.badProxies(given))
}
