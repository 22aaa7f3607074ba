// What an operation shows, as plain lines of a job's log.
import type { Language, Text } from '../src/core/text.ts'
import type { Block, Line, Span, View } from '../src/core/view.ts'

const marks: Record<string, string> = { good: '✔', bad: '✖', warn: '▲', busy: '●', muted: '·', strong: '›' }
const MARKLESS = ' '

export const plainLines = (view: View, language: Language): string[] => view.flatMap((block) => linesOf(block, language))

function linesOf(block: Block, language: Language): string[] {
  const line = (what: Line) => plain(what, language)
  const indent = ' '.repeat(('indent' in block && block.indent) || 0)
  switch (block.kind) {
    case 'heading':
      return [line(block.line)]
    case 'line':
      return [`${indent}${block.mark ? `${marks[block.mark] ?? MARKLESS} ` : ''}${line(block.line)}`]
    case 'table':
      return block.rows.map((cells) => `${indent}${cells.map(line).join('  ')}`)
    case 'fields':
      return block.rows.map(([name, value]) => `${indent}${words(name, language)}  ${line(value)}`)
    case 'diff':
      return block.rows.map(({ sign, line: what }) => `${indent}${sign} ${line(what)}`)
    case 'progress':
      return block.rows.map(({ name, cells }) => `${indent}${[name, ...cells].map(line).join('  ')}`)
    case 'next':
      return block.commands.map(({ command, why }) => `${command}  ${words(why, language)}`)
    case 'text':
      return words(block.text, language).replace(/\n$/, '').split('\n')
    case 'blank':
      return ['']
  }
}

const plain = (line: Line, language: Language): string =>
  (Array.isArray(line) ? line : [line]).map((one) => span(one, language)).join('')

function span(one: Span, language: Language): string {
  if (typeof one === 'string' || 'en' in one) return words(one, language)
  if ('text' in one) return words(one.text, language)
  if ('time' in one) return new Date(one.time).toISOString().slice(11, 19).concat('Z')
  if ('seconds' in one) return `${one.seconds < 10 ? one.seconds.toFixed(1) : Math.round(one.seconds)}s`
  return 'since' in one ? `${Math.round((Date.now() - one.since) / 1000)}s` : ''
}

const words = (text: string | Text, language: Language): string => (typeof text === 'string' ? text : text[language])
