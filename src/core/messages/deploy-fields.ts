// What the commands about deploys, and their fields, are for.
import type { Text } from '../text.ts'

export const deployFields = {
  environment: { en: 'Environment, such as staging', ja: '環境 (staging など)' },
  services: { en: 'Services; all of the manifest by default', ja: 'サービス。既定はマニフェストの全サービス' },
  repository: { en: 'Git repository: a path or URL', ja: 'Git リポジトリのパスまたは URL' },
  ref: { en: 'Branch, tag or commit', ja: 'ブランチ、タグ、コミット' },
  commit: {
    en: 'Exact commit; by default the one that --ref names, in a clone of the product as it stands there',
    ja: 'コミット。既定は --ref が指すもの (プロダクトのクローン内ではその時点のもの)',
  },
  keepSiblings: {
    en: 'When one service fails, leave the others as they are',
    ja: '1 つのサービスが失敗しても、ほかのサービスは戻さない',
  },
  force: { en: 'Roll services that have not changed, too', ja: '変更のないサービスも入れ替える' },
  detach: { en: 'Start it and do not wait for the end', ja: '開始だけして終了を待たない' },
  agreedPlan: { en: 'Fingerprint of the plan that was agreed to', ja: '合意した計画の指紋' },
  reason: { en: 'Why', ja: '理由' },
  deployment: { en: 'Deployment; the one under way by default', ja: 'デプロイ。既定は進行中のもの' },
  watched: { en: 'Deployment; the newest by default', ja: 'デプロイ。既定は最新のもの' },
  to: {
    en: 'Release or commit to go back to; the one before by default',
    ja: '戻す先のリリースまたはコミット。既定は直前のもの',
  },
  from: { en: 'Environment whose release is taken', ja: 'リリースの取得元の環境' },
  promoteTo: { en: 'Environment to bring it to', ja: '反映先の環境' },
  ofService: { en: 'Those of a service', ja: '対象のサービス' },
  ofVerdict: { en: 'Those that ended so', ja: '結果' },
  ofActor: { en: 'Those that somebody asked for', ja: '依頼者' },
  ofRef: { en: 'Those of a branch or tag', ja: 'ブランチまたはタグ' },
  lockService: { en: 'Service; every one of them by default', ja: 'サービス。既定は対象すべて' },
  lockServices: { en: 'Services to lock', ja: 'ロックするサービス' },
  forceRelease: { en: 'Take it from somebody else', ja: 'ほかの人が持つロックも解除する' },

  plan: { en: 'Show what a deployment would do', ja: 'デプロイで行われる内容を表示する' },
  deploy: { en: 'Build, roll out and judge a release', ja: 'リリースをビルド・展開し、結果を判定する' },
  status: { en: 'Show what runs where', ja: 'どこで何が動いているかを表示する' },
  history: { en: 'List deployments', ja: 'デプロイの履歴を表示する' },
  rollback: { en: 'Go back to an earlier release', ja: '以前のリリースに戻す' },
  promote: { en: 'Bring the images of one environment to another', ja: 'ある環境のイメージを別の環境に反映する' },
  cancel: { en: 'Stop a deployment and go back', ja: 'デプロイを中止して元に戻す' },
  watch: { en: 'Follow a deployment to its end', ja: 'デプロイを終了まで見守る' },
  releases: { en: 'List releases and where they run', ja: 'リリースと稼働先を一覧する' },
  lockList: { en: 'Show who holds the locks, and who waits', ja: 'ロックの保持者と待機者を表示する' },
  lockTake: { en: 'Keep deployments away from services', ja: 'サービスへのデプロイを止める' },
  lockRelease: { en: 'Give locks back', ja: 'ロックを解除する' },

  deployQuestion: (env: string, services: readonly string[]): Text => ({
    en: `Deploy ${services.length === 0 ? 'this' : list(services)} to ${env}?`,
    ja: `${services.length === 0 ? '' : `${services.join('、')} を`}${env} にデプロイしますか?`,
  }),
  rollbackQuestion: (env: string, services: readonly string[], to: string | undefined): Text => ({
    en: `Go back to ${to ?? 'the release before'} in ${env}${services.length === 0 ? '' : ` for ${list(services)}`}?`,
    ja: `${env} ${services.length === 0 ? '' : `の ${services.join('、')} `}を${to === undefined ? '直前のリリース' : ` ${to} `}に戻しますか?`,
  }),
  promoteQuestion: (from: string, env: string, services: readonly string[]): Text => ({
    en: `Bring ${services.length === 0 ? 'what' : list(services)} ${services.length === 0 ? 'runs' : 'as it runs'} in ${from} to ${env}?`,
    ja: `${from} で稼働中の${services.length === 0 ? 'リリース' : ` ${services.join('、')} `}を ${env} に反映しますか?`,
  }),
  cancelQuestion: (env: string, id: string | undefined): Text => ({
    en: `Stop ${id ?? 'what is being deployed'} in ${env}, and go back?`,
    ja: `${env} の ${id ?? '進行中のデプロイ'} を中止して元に戻しますか?`,
  }),
} satisfies Record<string, Text | ((...values: never[]) => Text)>

const list = (names: readonly string[]): string => names.join(', ')
