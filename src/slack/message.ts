// Messages of Slack: https://docs.slack.dev/reference/block-kit/blocks
import type { KnownBlock } from '@slack/types'
import type { KibanError } from '../core/error.ts'
import { slack as text } from '../core/messages/slack.ts'
import type { Language, Text } from '../core/text.ts'
import type { View } from '../core/view.ts'
import type { Draw } from './work.ts'

/** Of the text of one section. */
const MAX_SECTION = 3_000
const MAX_SECTIONS = 12
/** Escaped, a character may be five. */
const MAX_LINE = 500

export interface Message {
  /** What a notification shows, and whoever hears messages rather than sees them. */
  text: string
  blocks: KnownBlock[]
}

/** Only these three have a meaning of their own: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const plainText = (words: string) => ({ type: 'plain_text' as const, text: words.slice(0, 75) || '–', emoji: false })

export const section = (mrkdwn: string): KnownBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: mrkdwn, verbatim: true },
})

export const context = (mrkdwn: string): KnownBlock => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: mrkdwn, verbatim: true }],
})

/** Lines as they are, in as many sections as they need; of too many, the last ones. */
export function linesBlocks(lines: readonly string[]): KnownBlock[] {
  const parts: string[] = []
  let part = ''
  for (const line of lines) {
    // Three in a row would end the code.
    const safe = escaped(line.replaceAll('```', "'''").slice(0, MAX_LINE))
    if (part.length + safe.length + 10 > MAX_SECTION) {
      parts.push(part)
      part = ''
    }
    part += part === '' ? safe : `\n${safe}`
  }
  if (part.trim() !== '') parts.push(part)
  return parts.slice(-MAX_SECTIONS).map((one) => section(`\`\`\`${one}\`\`\``))
}

/** What an operation shows. */
export function viewMessage(view: View, language: Language, draw: Draw): Message {
  const lines = draw(view, language)
  return { text: escaped(lines.find((line) => line.trim() !== '')?.slice(0, 200) ?? '–'), blocks: linesBlocks(lines) }
}

export const saying = (words: string): Message => ({ text: words, blocks: [section(words)] })

/** An error, its details, and what to do. */
export function problemMessage(error: KibanError, language: Language): Message {
  const lines = [
    `:x: *${escaped(error.text[language])}*`,
    ...error.details.map((detail) => `• ${escaped(detail[language])}`),
    ...(error.hint ? [escaped(error.hint[language])] : []),
  ]
  return { text: escaped(error.text[language]), blocks: [section(lines.join('\n').slice(0, MAX_SECTION))] }
}

export type Button = { label: Text; action: string; value: string; style?: 'primary' | 'danger'; sure?: Text }

export const buttons = (
  list: readonly Button[],
  link: { label: Text; url: string } | undefined,
  language: Language,
): KnownBlock[] =>
  list.length === 0 && !link
    ? []
    : [
        {
          type: 'actions',
          elements: [
            ...list.map(({ label, action, value, style, sure }) => ({
              type: 'button' as const,
              text: plainText(label[language]),
              action_id: action,
              value,
              ...(style ? { style } : {}),
              ...(sure
                ? {
                    confirm: {
                      title: plainText(text.sure[language]),
                      text: { type: 'plain_text' as const, text: sure[language] },
                      confirm: plainText(label[language]),
                      deny: plainText(text.leave[language]),
                    },
                  }
                : {}),
            })),
            ...(link
              ? [{ type: 'button' as const, text: plainText(link.label[language]), action_id: 'kiban:link', url: link.url }]
              : []),
          ],
        },
      ]
