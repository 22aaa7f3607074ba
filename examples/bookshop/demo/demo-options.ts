import { parseArgs } from 'node:util'
import { type Language, languageOf, languages, type Text } from '../../../src/core/text.ts'
import { releases } from '../repository.ts'
import { words } from './words.ts'

export interface DemoOptions {
  language: Language
  /** End without a prompt. */
  exit: boolean
  json: boolean
  /** The releases that go wrong, one after the other. */
  bad: string[]
  help: boolean
}

const DEFAULT_BAD = '03-crash'
const ALL = 'all'

/** What was asked for, or why it cannot be done. */
export function demoOptions(argv: string[], env: NodeJS.ProcessEnv): DemoOptions | { wrong: Text; language: Language } {
  const { values, tokens } = parseArgs({
    args: argv,
    strict: false,
    tokens: true,
    options: {
      exit: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      bad: { type: 'string', default: DEFAULT_BAD },
      lang: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const lang = languages.find((one) => one === values.lang)
  const language = lang ?? languageOf(env)
  const known = ['exit', 'json', 'bad', 'lang', 'help']
  const strange = tokens.find((token) => token.kind !== 'option' || !known.includes(token.name))
  if (strange) return { wrong: words.badArgument(argv[strange.index] ?? ''), language }
  if (values.lang !== undefined && lang === undefined) return { wrong: words.badLanguage, language }
  const all = releases().filter(({ expect }) => expect !== 'succeeded')
  const names = all.map(({ name }) => name)
  const bad = values.bad === ALL ? names : String(values.bad).split(',')
  if (!bad.every((name) => names.includes(name))) return { wrong: words.badBad([...names, ALL].join(' ')), language }
  return { language, exit: values.exit === true, json: values.json === true, bad, help: values.help === true }
}
