// What deploys say.
import type { Text } from '../text.ts'

export const deploy = {
  repositoryUnknown: (product: string, repository: string): Text => ({
    en: `The server deploys ${product} from ${repository} alone`,
    ja: `このサーバーは ${product} を ${repository} からのみデプロイします`,
  }),
  repositoryUnknownHint: {
    en: 'Leave --repository out; an SRE changes it with kiban product remove and add',
    ja: '--repository を指定せずに実行してください。変更は SRE が kiban product remove と add で行います',
  } satisfies Text,
  serviceUnknown: (service: string): Text => ({
    en: `There is no service named ${service} in this manifest`,
    ja: `このマニフェストに ${service} というサービスはありません`,
  }),
  servicesHint: (services: string): Text => ({ en: `Services: ${services}`, ja: `サービス: ${services}` }),
  changedElsewhere: (service: string): Text => ({
    en: `${service} was deployed by somebody else after this was planned`,
    ja: `計画の後に、${service} がほかの手段でデプロイされました`,
  }),
  changedElsewhereHint: {
    en: 'Look at it with kiban status, then deploy again',
    ja: 'kiban status で状態を確認してから、もう一度デプロイしてください',
  } satisfies Text,
  serviceDeployments: (before: string, now: string): Text => ({
    en: `planned from ${before}, current is ${now}`,
    ja: `計画時: ${before} / 現在: ${now}`,
  }),
  migrationFailed: (task: string, exitCode: number | undefined, why: Text): Text => {
    const reason = (words: string) => (words === '' ? '' : `: ${words}`)
    return exitCode === undefined
      ? { en: `${task} did not run to its end${reason(why.en)}`, ja: `${task} が最後まで実行されませんでした${reason(why.ja)}` }
      : {
          en: `${task} ended with exit code ${exitCode}${reason(why.en)}`,
          ja: `${task} が終了コード ${exitCode} で終わりました${reason(why.ja)}`,
        }
  },
  migrationHint: {
    en: 'No service was changed. Its log says more',
    ja: 'サービスは変更していません。詳しくはタスクのログを確認してください',
  } satisfies Text,
  timedOutAfter: (seconds: number): Text => ({
    en: `still running after ${seconds} s`,
    ja: `${seconds} 秒たっても終わっていません`,
  }),
  /** `refused`: what ECS said when it was to stop it. */
  runsOnAfter: (seconds: number, refused: Text | undefined): Text => ({
    en: `still running after ${seconds} s, and it runs on: ${refused ? `it may not be stopped (${refused.en})` : 'ECS has not stopped it'}`,
    ja: `${seconds} 秒たっても終わっておらず、まだ動いています。${refused ? `停止できません (${refused.ja})` : 'ECS が停止を終えていません'}`,
  }),
  serviceGone: (service: string): Text => ({
    en: `The ECS service ${service} is gone since this was planned`,
    ja: `計画の後に ECS サービス ${service} がなくなりました`,
  }),
  deploymentUnknown: (id: string): Text => ({
    en: `There is no deployment ${id}`,
    ja: `デプロイ ${id} はありません`,
  }),
  otherAccount: (id: string, wanted: string, found: string): Text => ({
    en: `${id} is for account ${wanted}, and the credentials here are of ${found}`,
    ja: `${id} はアカウント ${wanted} へのデプロイですが、ここの認証情報は ${found} のものです`,
  }),
  otherAccountHint: (id: string): Text => ({
    en: `It waits. With the right credentials, kiban watch ${id} goes on and kiban cancel ${id} stops it`,
    ja: `待機しています。正しい認証情報で kiban watch ${id} を実行すると続行、kiban cancel ${id} で中止できます`,
  }),
  accountDiffers: (declared: string, found: string): Text => ({
    en: `kiban.yml is for account ${declared}, and the credentials here are of ${found}`,
    ja: `kiban.yml のアカウントは ${declared} ですが、ここの認証情報は ${found} のものです`,
  }),
  accountDiffersHint: {
    en: 'Choose the right profile (AWS_PROFILE), or correct account: in kiban.yml',
    ja: '正しいプロファイルを選ぶか (AWS_PROFILE)、kiban.yml の account: を修正してください',
  } satisfies Text,
  deploymentUnknownHint: { en: 'kiban history lists them', ja: 'kiban history で一覧できます' } satisfies Text,
  noDeploymentsHint: {
    en: 'kiban deploy --env staging deploys for the first time',
    ja: 'kiban deploy --env staging で最初のデプロイを行えます',
  } satisfies Text,
  nothingToStopHint: {
    en: 'kiban status shows what runs; kiban rollback goes back to the release before',
    ja: '稼働状況は kiban status、直前のリリースに戻すには kiban rollback を使ってください',
  } satisfies Text,
  otherProductHint: {
    en: "Run it in the product's own repository, or name that with --repository",
    ja: 'プロダクト自身のリポジトリで実行するか、--repository で指定してください',
  } satisfies Text,
  kmsUnreadable: (variable: string): Text => ({
    en: `KMS cannot read the encrypted value of ${variable}`,
    ja: `${variable} の暗号化された値を KMS で復号できません`,
  }),
  kmsUnreadableHint: {
    en: 'Its key is of another account or region, or is gone. Put the value into the parameter store and name it under secrets',
    ja: '鍵が別のアカウントやリージョンのものか、削除されています。値をパラメータストアに置き、secrets で名前を指定してください',
  } satisfies Text,
  definitionHint: {
    en: 'The manifest names it (definition). aws ecs describe-task-definition prints one that is there',
    ja: 'マニフェストの definition で指定されています。既存のものは aws ecs describe-task-definition で出力できます',
  } satisfies Text,
  protectedHint: {
    en: 'A manager or SRE of the product may',
    ja: 'プロダクトの manager または sre に依頼してください',
  } satisfies Text,
  deploymentEnded: (id: string): Text => ({
    en: `Deployment ${id} has already ended`,
    ja: `デプロイ ${id} はすでに終了しています`,
  }),
  deploymentEndedHint: {
    en: 'kiban rollback brings the release before it back',
    ja: '直前のリリースに戻すには kiban rollback を使ってください',
  } satisfies Text,
  nothingToStop: (environment: string): Text => ({
    en: `Nothing is being deployed to ${environment}`,
    ja: `${environment} へのデプロイは行われていません`,
  }),
  noEarlierRelease: (environment: string, to: string | undefined): Text =>
    to === undefined
      ? { en: `No earlier release has run well in ${environment}`, ja: `${environment} で正常に動いた以前のリリースがありません` }
      : { en: `${to} is not an earlier release of ${environment}`, ja: `${to} は ${environment} の以前のリリースではありません` },
  releasesHint: (environment: string): Text => ({
    en: `kiban releases lists them; kiban history --env ${environment} shows what ran`,
    ja: `kiban releases で一覧、kiban history --env ${environment} で履歴を確認できます`,
  }),
  nothingRuns: (environment: string): Text => ({
    en: `kiban has deployed nothing to ${environment} yet`,
    ja: `kiban はまだ ${environment} に何もデプロイしていません`,
  }),
  nothingRunsHint: (environment: string): Text => ({
    en: `Deploy there first: kiban deploy --env ${environment}`,
    ja: `先に kiban deploy --env ${environment} でデプロイしてください`,
  }),
  serviceRuns: (service: string, commit: string): Text => ({ en: `${service} runs ${commit}`, ja: `${service}: ${commit}` }),
  mixedReleases: (environment: string): Text => ({
    en: `The services of ${environment} run different releases`,
    ja: `${environment} のサービスは異なるリリースで動いています`,
  }),
  mixedReleasesHint: {
    en: 'Name services of one release, or deploy all of them there first',
    ja: '同じリリースのサービスだけを指定するか、先にすべてをデプロイしてください',
  } satisfies Text,
  serviceRan: (service: string, commit: string): Text => ({
    en: `${service} ran ${commit} before`,
    ja: `${service}: 以前は ${commit}`,
  }),
  mixedBefore: (environment: string): Text => ({
    en: `The services of ${environment} ran different releases before`,
    ja: `${environment} のサービスは、以前それぞれ異なるリリースで動いていました`,
  }),
  mixedBeforeHint: {
    en: 'Name the services that go back together, such as kiban rollback api, or a release with --to',
    ja: '一緒に戻すサービスを指定するか (例: kiban rollback api)、--to でリリースを指定してください',
  } satisfies Text,
  planChanged: {
    en: 'What would be done is no longer what was shown',
    ja: '表示した内容と、実際に行われる内容が異なっています',
  } satisfies Text,
  planChangedHint: { en: 'Look at the plan again', ja: 'もう一度計画を確認してください' } satisfies Text,
  planChangedService: (service: string, action: string): Text => ({
    en: `${service}: now ${action}`,
    ja: `${service}: 現在は ${action}`,
  }),
  approvalsNeedServer: (environment: string, count: number): Text => ({
    en: `${environment} asks for ${count} approval${count === 1 ? '' : 's'}, and without a server nobody can give them`,
    ja: `${environment} には ${count} 件の承認が必要ですが、サーバーがないため承認できません`,
  }),
  approvalsHint: {
    en: 'Deploy through the kiban server, or take approvals out of kiban.yml',
    ja: 'kiban サーバー経由でデプロイするか、kiban.yml の approvals を外してください',
  } satisfies Text,
  protectedEnvironment: (actor: string, environment: string): Text => ({
    en: `${actor} may not deploy to ${environment}, which is protected`,
    ja: `${environment} は保護されているため、${actor} はデプロイできません`,
  }),
  unknownProtection: (actor: string, place: string): Text => ({
    en: `${actor} may not change ${place}: the catalogue does not know whether it is protected`,
    ja: `${place} はカタログになく、保護されているかどうかを確認できないため、${actor} は変更できません`,
  }),
  unknownProtectionHint: {
    en: 'A manager or SRE of the product may; an SRE adds it, or reads its manifest again, by kiban product add REPOSITORY',
    ja: 'プロダクトの manager または sre に依頼してください。SRE は kiban product add REPOSITORY で登録・再読み込みできます',
  } satisfies Text,
  noDeployments: (product: string): Text => ({
    en: `Nothing of ${product} has been deployed yet`,
    ja: `${product} はまだデプロイされていません`,
  }),
  lockHeld: (service: string, actor: string, reason: string): Text => ({
    en: `${actor} holds the lock of ${service}${reason === '' ? '' : `: ${reason}`}`,
    ja: `${service} のロックは ${actor} が保持しています${reason === '' ? '' : `: ${reason}`}`,
  }),
  lockHeldHint: {
    en: 'Wait for them, or take it away with kiban lock release --force --reason …',
    ja: '解除を待つか、kiban lock release --force --reason … で強制的に解除してください',
  } satisfies Text,
  manifestMissing: (ref: string, commit: string): Text => ({
    en: `There is no kiban.yml at ${ref} (${commit})`,
    ja: `${ref} (${commit}) に kiban.yml がありません`,
  }),
  manifestMissingHint: {
    en: 'kiban init writes one; commit it, then deploy',
    ja: 'kiban init で作成し、コミットしてからデプロイしてください',
  } satisfies Text,
  otherProduct: (found: string, wanted: string): Text => ({
    en: `kiban.yml is that of ${found}, not of ${wanted}`,
    ja: `この kiban.yml は ${found} のもので、${wanted} のものではありません`,
  }),
  definitionUnreadable: (path: string): Text => ({
    en: `${path} is not a task definition in JSON`,
    ja: `${path} は JSON のタスク定義として読めません`,
  }),
  repositoryMissing: (service: string, repository: string): Text => ({
    en: `${service} needs the ECR repository ${repository}, which does not exist`,
    ja: `${service} に必要な ECR リポジトリ ${repository} がありません`,
  }),
  repositoryMissingHint: {
    en: 'Create it (aws ecr create-repository), or name another one (names.repository)',
    ja: '作成するか (aws ecr create-repository)、別の名前を指定してください (names.repository)',
  } satisfies Text,
}
