import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pages } from './pages.ts'

interface Command {
  page: string
  line: string
  /** Without environment variables before it, and without what comes after the command's own end. */
  words: string[]
}

/** What a page shows of kiban's command line, in code blocks and between backticks. */
function shown(): Command[] {
  return pages()
    .filter(({ path }) => path !== 'docs/cli.md')
    .flatMap(({ path, shell, code }) =>
      [...shell, ...code].flatMap((text) =>
        text
          .replace(/\s+#.*$/, '')
          .split(/&&|\|\||;|\|/)
          .map((part) => part.trim().replace(/^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:bin\/)?(?=kiban )/, ''))
          .filter((line) => line.startsWith('kiban '))
          .map((line) => ({ page: path, line, words: line.split(/\s+/).slice(1) })),
      ),
    )
}

/** The inputs of every command of the reference, by its words: `deploy`, `lock take`. */
function reference(): Map<string, Set<string> | undefined> {
  const found = new Map<string, Set<string> | undefined>()
  for (const section of readFileSync('docs/cli.md', 'utf8').split(/^## /m).slice(1)) {
    const flags = new Set([...section.matchAll(/^\| `--([a-z-]+)`/gm)].map(([, flag = '']) => flag))
    for (const [, words = ''] of section.matchAll(/^kiban ([a-z ]+?)(?= [[<]|$)/gm)) found.set(words, flags)
  }
  return found
}

const isNoun = (word: string, commands: ReadonlyMap<string, unknown>) =>
  [...commands.keys()].some((name) => name === word || name.startsWith(`${word} `))

/** A command that is written by hand says its own flags; undefined when there is none of that name. */
function flagsOf(command: string): Set<string> | undefined {
  const help = spawnSync(process.execPath, ['src/main.ts', command, '--help'], { encoding: 'utf8' })
  if (help.status !== 0) return undefined
  return new Set([...help.stdout.matchAll(/--([a-z][a-z-]+)/g)].map(([, flag = '']) => flag))
}

const COMMON = new Set(['json', 'yes', 'utc', 'lang', 'help'])
const SHORT: Record<string, string> = { '-e': '--env' }

test('every command that a page shows exists, with the options that it shows', () => {
  const commands = reference()
  const all = shown()
  const byHand = new Set(
    all.map(({ words }) => words[0] ?? '').filter((word) => /^[a-z]+$/.test(word) && !isNoun(word, commands)),
  )
  for (const word of byHand) commands.set(word, flagsOf(word))
  const wrong = all.filter(({ words }) => {
    const own = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined)
    if (/^(--version|--help|COMMAND)$/.test(own[0] ?? '')) return false
    const name = [own.slice(0, 2).join(' '), own[0] ?? ''].find((each) => commands.has(each))
    const flags = commands.get(name ?? '')
    const given = own.map((word) => SHORT[word] ?? word).filter((word) => word.startsWith('-'))
    return !flags || given.some((flag) => !flags.has(flag.replace(/^--(no-)?/, '')) && !COMMON.has(flag.slice(2)))
  })
  expect(all.length).toBeGreaterThan(30)
  expect(wrong.map(({ page, line }) => `${page}: ${line}`)).toEqual([])
})

test('every script that a page shows exists, and CONTRIBUTING.md shows all of them', () => {
  const named = pages().flatMap(({ path, shell, code }) =>
    [...shell, ...code]
      .flatMap((text) => text.match(/(?<![\w./-])(?:script|\.ci)\/[\w-]+(?![\w.-])/g) ?? [])
      .map((script) => ({ path, script })),
  )
  expect(named.filter(({ script }) => !existsSync(script))).toEqual([])
  const all = readdirSync('script')
    .filter((name) => !name.includes('.'))
    .map((name) => `script/${name}`)
  const told = named.filter(({ path }) => path === 'CONTRIBUTING.md').map(({ script }) => script)
  expect(all.filter((script) => !told.includes(script))).toEqual([])
})
