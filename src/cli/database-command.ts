// `kiban database copy`: from the data folder to a PostgreSQL.
import { buildCommand, buildRouteMap, type CommandContext, type RouteMap } from '@stricli/core'
import { dataFolder } from '../core/data-folder.ts'
import { KibanError } from '../core/error.ts'
import { database as text } from '../core/messages/database.ts'
import type { ByHand } from './by-hand.ts'
import { paint } from './terminal.ts'

/** What this command needs of the database; the executable hands it in, so that no other command loads it. */
export type CopyDatabase = (folder: string, url: string) => Promise<{ table: string; rows: number; checksum: string }[]>

interface Flags {
  json?: boolean
  lang?: 'en' | 'ja'
}

export function databaseCommand({ terminal, run }: ByHand, copy: CopyDatabase): RouteMap<CommandContext> {
  const { language } = terminal
  const copyCommand = buildCommand({
    docs: { brief: text.copyBrief[language], fullDescription: text.copyDescription[language] },
    parameters: {
      flags: {
        json: { kind: 'boolean', brief: text.copyFlagJson[language], optional: true, withNegated: false },
        lang: { kind: 'enum', values: ['en', 'ja'], brief: text.copyFlagLang[language], optional: true },
      },
    },
    async func(flags: Flags) {
      await run(flags, async (terminal) => {
        const url = process.env.DATABASE_URL
        if (!url) throw new KibanError('invalid', 'input.invalid', text.copyNoTarget, { hint: text.copyNoTargetHint })
        const folder = dataFolder(process.env)
        const tables = await copy(folder, url)
        const rows = tables.reduce((sum, table) => sum + table.rows, 0)
        const { stdout, language } = terminal
        if (flags.json) stdout.write(`${JSON.stringify({ tables })}\n`)
        else {
          stdout.write(`${paint(terminal, 'good', '✔')} ${text.copied(tables.length, rows)[language]}\n`)
          stdout.write(`${text.copyNext(folder)[language]}\n`)
        }
        return 0
      })
    },
  } as unknown as Parameters<typeof buildCommand<Flags, [], CommandContext>>[0])
  return buildRouteMap({ routes: { copy: copyCommand }, docs: { brief: text.brief[language] } })
}
