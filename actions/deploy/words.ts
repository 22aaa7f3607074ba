// What the action itself says; all else is said by the server, or by what kiban's command line shows too.
import type { Text } from '../../src/core/text.ts'
import type { Verdict } from '../../src/core/verdict.ts'

export const words = {
  id: { en: 'Id', ja: 'ID' },
  commit: { en: 'Commit', ja: 'コミット' },
  services: { en: 'Services', ja: 'サービス' },
  took: { en: 'Took', ja: '所要時間' },
  why: { en: 'Why', ja: '原因' },
  next: { en: 'Next', ja: '次に' },
  evidence: { en: 'Evidence', ja: '根拠' },
  underWay: { en: 'under way', ja: '進行中' },
  cancelled: { en: 'The job at GitHub was cancelled', ja: 'GitHub のジョブがキャンセルされました' },
  ended: (id: string, verdict: Verdict): Text => ({ en: `${id} ended: ${verdict}`, ja: `${id} の結果: ${verdict}` }),
  leftRunning: (id: string): Text => ({
    en: `${id} goes on; nobody waits for it here`,
    ja: `${id} は継続中です (終了を待たずに次へ進みます)`,
  }),
  goesOn: (id: string, url: string): Text => ({
    en: `The job was cancelled; ${id} goes on, as on-cancel says: ${url}`,
    ja: `ジョブはキャンセルされましたが、on-cancel の指定により ${id} は継続します: ${url}`,
  }),
  takenBack: (id: string, url: string): Text => ({
    en: `The job was cancelled, and kiban was asked to stop ${id}; what rolls already goes back: ${url}`,
    ja: `ジョブのキャンセルに伴い、kiban に ${id} の中止を依頼しました。反映中のサービスは元に戻ります: ${url}`,
  }),
  notCancelled: (id: string, url: string): Text => ({
    en: `The job was cancelled, but kiban did not answer: ${id} goes on. Stop it there: ${url}`,
    ja: `ジョブはキャンセルされましたが、kiban が応答しないため ${id} は継続中です。こちらから中止してください: ${url}`,
  }),
  notKnown: (url: string): Text => ({
    en: `The job was cancelled before kiban answered: whether something was started is to be seen at ${url}`,
    ja: `kiban の応答前にジョブがキャンセルされました。開始されたかどうかはこちらで確認してください: ${url}`,
  }),
}
