// What /kiban knows, on one message.
import { slack as text } from '../core/messages/slack.ts'
import type { Operation } from '../core/operation.ts'
import type { Language } from '../core/text.ts'
import type { Line, View } from '../core/view.ts'
import { offered, usageOf } from './command.ts'
import { context, type Message, viewMessage } from './message.ts'
import type { Draw } from './work.ts'

export function helpMessage(operations: readonly Operation[], language: Language, draw: Draw): Message {
  const rows = offered(operations)
    .toSorted((a, b) => Number(b.cli?.alias !== undefined) - Number(a.cli?.alias !== undefined))
    .map((one): Line[] => [usageOf(one), one.summary])
  const own: Line[][] = [
    ['/kiban deploy', text.helpForm],
    ['/kiban redeploy --env …', text.helpRedeploy],
    ['/kiban link', text.helpLink],
    ['/kiban version', text.helpOwn],
  ]
  const view: View = [{ kind: 'table', columns: [{}, {}], rows: [...own, ...rows] }]
  const { blocks } = viewMessage(view, language, draw)
  return { text: text.helpTitle[language], blocks: [...blocks, context(text.helpFoot[language])] }
}
