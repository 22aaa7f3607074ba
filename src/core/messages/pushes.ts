// Why a push started nothing.
import type { Text } from '../text.ts'

export const ignoredFor = {
  'branch-deleted': { en: 'the branch was deleted', ja: 'ブランチが削除された' },
  'not-a-branch': { en: 'it is no branch', ja: 'ブランチではない' },
  'commit-gone': { en: 'the repository no longer has the commit', ja: 'リポジトリにコミットが残っていない' },
  'no-manifest': { en: 'the commit has no kiban.yml', ja: 'コミットに kiban.yml がない' },
  'bad-manifest': { en: 'the manifest of the commit has problems', ja: 'コミットのマニフェストに問題がある' },
  'other-product': { en: 'the manifest is that of another product', ja: 'マニフェストが別のプロダクトのもの' },
  'no-rule': { en: 'no rule of auto_deploy fits the branch', ja: 'ブランチに当てはまる auto_deploy がない' },
  frozen: { en: 'the environment is frozen', ja: '環境が凍結中' },
  'no-path': { en: 'nothing changed that the rule looks at', ja: '対象のパスに変更がない' },
  'not-permitted': {
    en: 'the user "github" may not deploy there (kiban grant give github developer)',
    ja: 'ユーザー "github" にデプロイの権限がない (kiban grant give github developer)',
  },
  undecidable: {
    en: 'for a day it could not be found out what it asks for',
    ja: '1 日にわたり内容を確認できなかった',
  },
  older: { en: 'a newer commit of the branch was deployed already', ja: 'ブランチの新しいコミットがデプロイ済み' },
} satisfies Record<string, Text>
export type IgnoredFor = keyof typeof ignoredFor

export const pushes = {
  deployed: (branch: string, environment: string): Text => ({
    en: `Push to ${branch} deploys to ${environment}`,
    ja: `${branch} への push を ${environment} にデプロイ`,
  }),
  runs: (branch: string, workflow: string, environment: string): Text => ({
    en: `Push to ${branch} runs ${workflow} for ${environment}`,
    ja: `${branch} への push で ${environment} の ${workflow} を実行`,
  }),
  ignored: (branch: string, why: Text): Text => ({
    en: `Push to ${branch} starts nothing: ${why.en}`,
    ja: `${branch} への push では何も開始しない: ${why.ja}`,
  }),
  reason: (branch: string, pusher: string): Text => ({
    en: `push to ${branch} by ${pusher}`,
    ja: `${pusher} による ${branch} への push`,
  }),
}
