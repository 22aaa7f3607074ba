import type { Text } from './language.ts'

export const audit = {
  title: { en: 'Audit', ja: '監査' },
  help: {
    en: 'Who did what, through which face and why, and what was refused to whom.',
    ja: '誰が、どの経路で、なぜ、何をしたか。何が拒否されたか。',
  },
  face: { en: 'Through', ja: '経路' },
  from: { en: 'From', ja: '開始日' },
  to: { en: 'To', ja: '終了日' },
  where: { en: 'Where', ja: '場所' },
  details: { en: 'Details', ja: '詳細' },
  reload: { en: 'Reload', ja: '再読み込み' },
  exportCsv: { en: 'Export CSV', ja: 'CSV で書き出す' },
  exportNdjson: { en: 'Export JSON lines', ja: 'JSON Lines で書き出す' },
  refusals: { en: 'refusals', ja: '拒否' },
  nothing: { en: 'Nothing on record matches', ja: '該当する記録はありません' },
  nothingHelp: {
    en: 'Every change, and every refusal of somebody who has logged in, appears here. Widen the dates or leave a filter out; from a terminal:',
    ja: 'すべての変更と、ログイン中の人への拒否がここに記録されます。期間を広げるか、条件を減らしてください。ターミナルからも確認できます:',
  },
  mayNot: { en: 'This page is for managers and SREs', ja: 'このページは開発マネジャーと SRE 向けです' },
  mayNotHelp: {
    en: 'They answer for what is done at a product. What you may see of it is on its timeline.',
    ja: 'プロダクトに責任を持つ人が、操作の記録を確認するためのページです。閲覧できる範囲の変更はタイムラインにあります。',
  },
} as const satisfies Record<string, Text>
