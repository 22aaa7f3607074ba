// What `kiban` alone shows: every command on one screen.
import { cli } from '../core/messages/cli.ts'
import type { Operation } from '../core/operation.ts'
import type { Text } from '../core/text.ts'
import { version } from '../core/version.ts'
import type { Block, Line, View } from '../core/view.ts'
import type { Route } from './by-hand.ts'

/** Whether a command line asks for nothing but help. */
export function asksForOverview(argv: readonly string[]): boolean {
  const words = argv.filter((word, at) => !word.startsWith('--lang') && argv[at - 1] !== '--lang')
  return words.length === 0 || (words.length === 1 && ['--help', '-h', 'help'].includes(words[0] ?? ''))
}

/** Everyday commands with what they do; then each noun with its verbs. */
export function overview(operations: readonly Operation[], byHand: Record<string, Route>): View {
  const shown = operations.filter(({ hidden }) => !hidden)
  const everyday = shown.flatMap(({ cli: own, summary }): Line[][] => (own?.alias ? [[strong(own.alias), summary]] : []))
  const others = Object.entries(byHand).map(([name, { brief }]): Line[] => [strong(name), brief])
  const nouns = Map.groupBy(shown, ({ name }) => name.split('.')[0] ?? '')
  const verbs = [...nouns].map(([noun, list]): Line[] => [strong(noun), list.map(({ name }) => name.split('.')[1]).join(' · ')])
  return [
    { kind: 'heading', line: [`kiban ${version()}  `, cli.brief] },
    { kind: 'blank' },
    ...section(cli.everyday, everyday),
    ...section(cli.besides, others),
    ...section(cli.allOfThem, verbs),
    { kind: 'line', line: cli.moreHelp },
  ]
}

const section = (title: Text, rows: Line[][]): Block[] => [
  { kind: 'line', line: { text: title, tone: 'muted' } },
  { kind: 'table', indent: 2, columns: [{}, {}], rows },
  { kind: 'blank' },
]

const strong = (text: string) => ({ text, tone: 'strong' as const })
