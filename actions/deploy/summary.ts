// The summary of the job, in Markdown; pure. What others have written is in it as text alone.
import type { CauseShape } from '../../src/capabilities/deploy/shapes.ts'
import type { Language, Text } from '../../src/core/text.ts'
import { plainLines } from '../plain-view.ts'
import { inMarkdown } from '../runner.ts'
import type { Wanted } from './inputs.ts'
import type { Refused } from './server.ts'
import { causeLines, type Seen } from './started.ts'
import { words } from './words.ts'

/** Of the lines of one cause. */
const MAX_LINES = 60

export function summary({ product, environment, language }: Wanted, seen: Seen): string {
  const { id, url, commit, verdict, services, took, causes, error } = seen
  const sign = verdict === undefined ? '●' : verdict === 'succeeded' ? '✔' : '✖'
  const rows: [Text, string][] = [
    [words.id, `[${inMarkdown(id)}](${url})`],
    [words.commit, inMarkdown(commit ?? '–')],
    [words.services, inMarkdown(services.join(', ')) || '–'],
    ...(took === undefined ? [] : [[words.took, `${Math.round(took / 1000)} s`] as [Text, string]]),
  ]
  return [
    `### ${sign} ${inMarkdown(`${product} → ${environment}`)}: ${verdict ?? words.underWay[language]}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name[language]} | ${value} |`),
    '',
    ...(error ? [inMarkdown(error.text[language]), ''] : []),
    ...causes.flatMap((cause) => causeSummary(cause, language)),
  ].join('\n')
}

function causeSummary(cause: CauseShape, language: Language): string[] {
  const lines = plainLines(causeLines([cause]), language).slice(0, MAX_LINES)
  return [
    `**${inMarkdown(cause.title[language])}**`,
    '',
    `${words.next[language]}: ${inMarkdown(cause.next[language])}`,
    '',
    `<details><summary>${words.evidence[language]}</summary><pre>${inHtml(lines.join('\n'))}</pre></details>`,
    '',
  ]
}

export const refusalSummary = ({ code, words: said, hint }: Refused, language: Language): string =>
  [`### ✖ ${inMarkdown(code)}`, '', inMarkdown(said[language]), '', hint ? inMarkdown(hint[language]) : ''].join('\n')

const inHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
