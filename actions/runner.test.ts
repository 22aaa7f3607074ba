import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { harmless, inMarkdown, setOutput } from './runner.ts'

test('a line of others is no command of the runner, whatever it begins with', () => {
  expect(
    [
      '::set-output name=x::y',
      ' \t ::stop-commands::x',
      'seen: ##[error]x',
      'a::b',
      'red\u001b[31m',
      'over\bwritten',
      'a\tb',
    ].map(harmless),
  ).toEqual([
    ': :set-output name=x::y',
    ' \t : :stop-commands::x',
    'seen: ## [error]x',
    'a::b',
    'red�[31m',
    'over�written',
    'a\tb',
  ])
})

test('an output cannot end itself and go on as another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-output-'))
  const GITHUB_OUTPUT = join(folder, 'output')
  const hostile = 'x\nend\nverdict=succeeded\nverdict<<end\nsucceeded\nend'
  for (let i = 0; i < 2; i++) setOutput({ GITHUB_OUTPUT }, 'id', hostile)
  const written = readFileSync(GITHUB_OUTPUT, 'utf8')
  const [first, second] = [...written.matchAll(/^id<<(end-\S+)\n/gm)].map(([, delimiter]) => delimiter)
  expect(first).not.toBe(second)
  expect(written).toBe([first, second].map((delimiter) => `id<<${delimiter}\n${hostile}\n${delimiter}\n`).join(''))
  rmSync(folder, { recursive: true })
})

test('text of others is text in Markdown: no link, image, mention, table or HTML', () => {
  expect(inMarkdown('<img src=x> [a](b) | `c` @haru\n# d')).toBe('&lt;img src=x&gt; \\[a\\]\\(b\\) \\| \\`c\\` @\u200bharu \\# d')
  expect(inMarkdown('see https://evil.example')).toBe('see https:\u200b//evil.example')
})
