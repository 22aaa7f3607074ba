// What the action says on pull requests and in its log.
import type { Text } from '../../src/core/text.ts'

export const words = {
  otherAuthor: { en: 'its author is not Dependabot', ja: '作成者が Dependabot ではありません' } satisfies Text,
  notOpen: { en: 'it is not open', ja: 'オープンではありません' } satisfies Text,
  draft: { en: 'it is a draft', ja: 'ドラフトです' } satisfies Text,
  fork: { en: 'it comes from another repository', ja: '別のリポジトリからのものです' } satisfies Text,
  moved: { en: 'it was changed while it was judged', ja: '判定中に変更されました' } satisfies Text,
  incomplete: {
    en: 'Its commits could not be read as a whole',
    ja: 'コミットの一覧を最後まで確認できませんでした',
  } satisfies Text,
  foreign: (commits: string): Text => ({
    en: `These commits are not Dependabot's own, or not signed: ${commits}`,
    ja: `Dependabot 自身の署名付きコミットではないものが含まれています: ${commits}`,
  }),
  ecosystem: (name: string): Text => ({
    en: `The ecosystem ${name} is not merged here`,
    ja: `エコシステム ${name} は自動マージの対象外です`,
  }),
  level: (name: string, level: string, highest: string): Text => ({
    en: `${name} is an update of level ${level}, and at most ${highest} is merged`,
    ja: `${name} は ${level} の更新です (自動マージは ${highest} まで)`,
  }),
  ignored: (name: string): Text => ({ en: `${name} is not merged here`, ja: `${name} は自動マージの対象外です` }),
  unlisted: (name: string): Text => ({
    en: `${name} is not among the dependencies that are merged`,
    ja: `${name} は自動マージの対象に含まれていません`,
  }),
  coolDown: (days: number, until: string): Text => ({
    en: `It waits ${days} days, until ${until} UTC`,
    ja: `${days} 日間待機します (${until} UTC まで)`,
  }),
  noChecks: {
    en: 'No check has run; `checks: none` would merge without one',
    ja: 'チェックが 1 つも実行されていません。チェックなしでマージするには `checks: none` を指定します',
  } satisfies Text,
  checkFailed: (name: string): Text => ({ en: `The check ${name} has not passed`, ja: `チェック ${name} が成功していません` }),
  checkPending: (name: string): Text => ({ en: `The check ${name} has not ended`, ja: `チェック ${name} が完了していません` }),
  notMergeable: (said: string): Text => ({
    en: `GitHub does not merge it: ${said}`,
    ja: `GitHub がマージを拒否しました: ${said}`,
  }),
  heading: { en: 'Not merged automatically', ja: '自動マージは行われませんでした' } satisfies Text,
  again: {
    en: 'This is judged again with each change, and this comment follows.',
    ja: '変更のたびに再判定し、このコメントを更新します。',
  } satisfies Text,
  merged: (number: number, sha: string): Text => ({
    en: `#${number} is merged at ${sha}`,
    ja: `#${number} を ${sha} でマージしました`,
  }),
  skipped: (number: number, why: Text): Text => ({
    en: `#${number} is left alone: ${why.en}`,
    ja: `#${number} は対象外です: ${why.ja}`,
  }),
  refused: (number: number): Text => ({ en: `#${number} is not merged:`, ja: `#${number} はマージしません:` }),
}
