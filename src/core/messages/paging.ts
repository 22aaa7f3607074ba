import type { Text } from '../text.ts'

export const paging = {
  limit: { en: 'How many at most', ja: '最大件数' },
  cursor: { en: 'Go on where an earlier answer ended', ja: '前の応答の続きから' },
  badCursor: { en: 'This cursor is none of ours', ja: 'カーソルの値が正しくありません' } satisfies Text,
  badCursorHint: {
    en: 'Give the cursor of the answer before, or none to begin anew',
    ja: '直前の応答のカーソルを指定してください。省略すると最初から表示します',
  } satisfies Text,
  more: { en: 'The next page', ja: '次のページ' } satisfies Text,
}
