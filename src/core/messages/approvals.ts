// Approvals and freezes.
import type { Text } from '../text.ts'

const states: Record<string, Text> = {
  open: { en: 'waiting', ja: '承認待ち' },
  agreed: { en: 'agreed to', ja: '承認済み' },
  refused: { en: 'refused', ja: '却下' },
  expired: { en: 'out of time', ja: '期限切れ' },
  withdrawn: { en: 'withdrawn', ja: '取り下げ' },
}

export const approvals = {
  state: (state: string): Text => states[state] ?? { en: state, ja: state },
  unknown: (id: string): Text => ({ en: `There is no request ${id}`, ja: `承認依頼 ${id} はありません` }),
  unknownHint: { en: 'kiban approval list shows all', ja: 'kiban approval list で一覧できます' } satisfies Text,
  decided: (state: string): Text => ({
    en: `This request is ${states[state]?.en ?? state} already`,
    ja: `この依頼はすでに${states[state]?.ja ?? state}です`,
  }),
  decidedHint: {
    en: 'kiban timeline list --type approval shows who decided; deploy again to ask again',
    ja: '判断した人は kiban timeline list --type approval で確認できます。再度依頼するには、もう一度デプロイしてください',
  } satisfies Text,
  own: { en: 'Whoever asked does not decide', ja: '依頼した本人は承認できません' } satisfies Text,
  ownHint: { en: 'Ask a manager or an SRE of the product', ja: 'プロダクトのマネジャーか SRE に依頼してください' } satisfies Text,
  notAPerson: { en: 'People decide, not machines', ja: '承認できるのは人だけです' } satisfies Text,
  mayNot: (actor: string, place: string): Text => ({
    en: `${actor} may not decide on ${place}`,
    ja: `${actor} には ${place} の承認権限がありません`,
  }),
  refusedBy: (actor: string, reason: string): Text => ({
    en: `${actor} refused it${reason && `: ${reason}`}`,
    ja: `${actor} が却下しました${reason && ` (${reason})`}`,
  }),
  refusedHint: {
    en: 'Change what they ask for, and deploy again',
    ja: '指摘を反映し、もう一度デプロイしてください',
  } satisfies Text,
  expired: (hours: number): Text => ({
    en: `Nobody decided within ${hours} hours`,
    ja: `${hours} 時間以内に承認されませんでした`,
  }),
  expiredHint: {
    en: 'Deploy again, and tell who may approve',
    ja: 'もう一度デプロイし、承認者に知らせてください',
  } satisfies Text,
  over: { en: 'This freeze would be over already', ja: '凍結の終了時刻がすでに過ぎています' } satisfies Text,
  overHint: {
    en: 'Give an end that is to come, after its beginning',
    ja: '開始より後の、これからの時刻を指定してください',
  } satisfies Text,
  freezeUnknown: (id: string): Text => ({ en: `There is no freeze ${id}`, ja: `凍結 ${id} はありません` }),
  mayNotEnd: (actor: string, place: string): Text => ({
    en: `${actor} may not end a freeze of ${place}`,
    ja: `${actor} には ${place} の凍結を解除する権限がありません`,
  }),
  freezesHint: { en: 'kiban freeze list shows all', ja: 'kiban freeze list で一覧できます' } satisfies Text,
  frozen: (place: string, by: string, reason: string): Text => ({
    en: `${place} is frozen by ${by}: ${reason}`,
    ja: `${place} は ${by} により凍結中です: ${reason}`,
  }),
  frozenHint: {
    en: 'Wait, or, if it cannot wait, a manager or SRE breaks the glass: --break-glass --reason "…", which everybody is told of',
    ja: '解除を待つか、待てない場合はマネジャーか SRE が --break-glass --reason "…" で実行します (全員に通知されます)',
  } satisfies Text,
  breakNeedsReason: { en: 'Breaking the glass needs a reason', ja: '緊急デプロイには理由が必要です' } satisfies Text,
  breakNeedsReasonHint: { en: '--reason "what cannot wait"', ja: '--reason "待てない理由"' } satisfies Text,

  list: { en: 'List what waits for approval', ja: '承認待ちを一覧する' },
  show: { en: 'Show a request and who has decided', ja: '承認依頼の内容と判断を表示する' },
  agree: { en: 'Agree to what waits', ja: '承認する' },
  refuse: { en: 'Refuse what waits', ja: '却下する' },
  freezeList: { en: 'List freezes', ja: '凍結を一覧する' },
  freezeStart: { en: 'Let nothing be deployed for a while', ja: '一定期間デプロイを止める' },
  freezeEnd: { en: 'End a freeze', ja: '凍結を解除する' },
  fieldApproval: { en: 'Request', ja: '承認依頼' },
  fieldAll: { en: 'Those that were decided, too', ja: '判断済みも含める' },
  fieldReason: { en: 'Why', ja: '理由' },
  fieldFreeze: { en: 'Freeze', ja: '凍結' },
  fieldProduct: { en: 'Product; * for all', ja: 'プロダクト。* ですべて' },
  fieldEnvironment: { en: 'Environment; * for all', ja: '環境。* ですべて' },
  fieldFrom: { en: 'When it begins (ISO 8601); now by default', ja: '開始日時 (ISO 8601)。既定は現在' },
  fieldUntil: { en: 'When it ends (ISO 8601); by hand otherwise', ja: '終了日時 (ISO 8601)。省略時は手動で解除' },
  fieldBreakGlass: {
    en: 'Deploy through a freeze; needs a reason, and everybody is told',
    ja: '凍結中でもデプロイする (理由が必要。全員に通知)',
  },
  nothingWaits: { en: 'Nothing waits for approval', ja: '承認待ちはありません' } satisfies Text,
  noFreezes: { en: 'Nothing is frozen', ja: '凍結はありません' } satisfies Text,
  agreedCount: (agreed: number, needed: number): Text => ({ en: `${agreed} of ${needed}`, ja: `${agreed}/${needed}` }),
  askedBy: (actor: string): Text => ({ en: `asked by ${actor}`, ja: `依頼: ${actor}` }),
  until: { en: 'until', ja: '期限' } satisfies Text,
  untilEnded: { en: 'until it is ended', ja: '解除するまで' } satisfies Text,
  ended: { en: 'The freeze is over', ja: '凍結を解除しました' } satisfies Text,
  voted: (state: string): Text => ({
    en: `The request is ${states[state]?.en ?? state}`,
    ja: `依頼の状態: ${states[state]?.ja ?? state}`,
  }),
}
