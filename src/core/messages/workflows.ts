// What workflows say.
import type { Text } from '../text.ts'
import type { Verdict } from '../verdict.ts'
import { deployView } from './deploy-view.ts'

const kinds = {
  deploy: { en: 'deploy', ja: 'デプロイ' },
  run: { en: 'run', ja: '実行' },
  schedule: { en: 'schedule', ja: 'スケジュール' },
  approve: { en: 'approval', ja: '承認' },
} satisfies Record<string, Text>

export const workflows = {
  list: { en: 'List the workflows that a commit declares', ja: 'コミットが宣言するワークフローを一覧する' },
  plan: { en: 'Show what each step of a workflow would do', ja: 'ワークフローの各ステップが行う内容を表示する' },
  run: { en: 'Run a workflow', ja: 'ワークフローを実行する' },
  runs: { en: 'List runs of workflows', ja: 'ワークフローの実行履歴を表示する' },
  show: { en: 'Show a run of a workflow', ja: 'ワークフローの実行を表示する' },
  watch: { en: 'Follow a run of a workflow to its end', ja: 'ワークフローの実行を終了まで表示する' },
  cancel: { en: 'Stop a run of a workflow, and what it has under way', ja: 'ワークフローと進行中の処理を停止する' },
  resume: {
    en: 'Go on with a run from the step that did not succeed',
    ja: '失敗したステップからワークフローを再開する',
  },

  workflow: { en: 'Workflow, as the manifest names it', ja: 'ワークフロー (マニフェストでの名前)' },
  refs: {
    en: 'PRODUCT=REF: what another product is taken at, again for each',
    ja: 'PRODUCT=REF: 別のプロダクトのブランチ・タグ・コミット (繰り返し可)',
  },
  badRefs: { en: 'should be PRODUCT=REF', ja: 'PRODUCT=REF の形で指定してください' },
  dryRun: { en: 'Show the plan of every step, and do nothing', ja: '各ステップの計画を表示するだけで、何も実行しない' },
  agreedPlan: { en: 'Fingerprint of the plan that was agreed to', ja: '合意した計画のフィンガープリント' },
  id: { en: 'Run of a workflow', ja: 'ワークフローの実行 ID' },

  runQuestion: (workflow: string, env: string): Text => ({
    en: `Run ${workflow} for ${env}?`,
    ja: `${env} で ${workflow} を実行しますか?`,
  }),
  cancelQuestion: (id: string, env: string): Text => ({ en: `Stop ${id} in ${env}?`, ja: `${env} の ${id} を停止しますか?` }),
  resumeQuestion: (id: string, env: string): Text => ({
    en: `Go on with ${id} in ${env}?`,
    ja: `${env} の ${id} を再開しますか?`,
  }),

  unknown: (product: string, name: string): Text => ({
    en: `${product} has no workflow named ${name}`,
    ja: `${product} に ${name} というワークフローはありません`,
  }),
  knownHint: (known: readonly string[]): Text =>
    known.length === 0
      ? { en: 'It has none; kiban.yml declares them', ja: '1 つもありません。kiban.yml で宣言します' }
      : { en: `There are: ${known.join(', ')}`, ja: `あるもの: ${known.join(', ')}` },
  nameUnknown: (product: string, name: string): Text => ({
    en: `${product} has nothing named ${name} at that commit`,
    ja: `${product} のそのコミットに ${name} はありません`,
  }),
  twoRefs: (product: string, one: string, other: string): Text => ({
    en: `The workflow takes ${product} at ${one} and at ${other}`,
    ja: `ワークフローが ${product} に ${one} と ${other} の両方を指定しています`,
  }),
  twoRefsHint: { en: 'Name one ref for each product', ja: 'プロダクトごとに 1 つだけ指定してください' } satisfies Text,
  mayNot: (actor: string, place: string): Text => ({
    en: `${actor} may not deploy to ${place}, where this workflow goes`,
    ja: `${actor} には、このワークフローが対象とする ${place} へのデプロイ権限がありません`,
  }),
  mayNotHint: (permission: string): Text => ({
    en: `It needs "${permission}" at every place of its steps; kiban can workflow.run says who may`,
    ja: `すべてのステップの対象で「${permission}」の権限が必要です。kiban can workflow.run で確認できます`,
  }),
  productUnknown: (product: string): Text => ({
    en: `It is not known where the source of ${product} is`,
    ja: `${product} のソースの場所がわかりません`,
  }),
  productUnknownHint: {
    en: 'Add it (kiban product add REPOSITORY), or deploy it once from here',
    ja: 'kiban product add REPOSITORY で登録するか、ここから 1 度デプロイしてください',
  } satisfies Text,
  planChanged: {
    en: 'A branch moved since the plan was shown',
    ja: '計画を表示した後にブランチが進みました',
  } satisfies Text,
  planChangedHint: { en: 'Look at the plan again', ja: '計画をもう一度確認してください' } satisfies Text,
  approvalNeedsServer: {
    en: 'A step of the workflow waits for approval, and without a server nobody can give it',
    ja: '承認を待つステップがありますが、サーバーなしでは承認できません',
  } satisfies Text,
  approvalNeedsServerHint: {
    en: 'Log in to a server (kiban login URL), or leave the step out with "when"',
    ja: 'サーバーにログインする (kiban login URL) か、when でそのステップを外してください',
  } satisfies Text,
  detached: {
    en: 'Without a server nobody goes on with a workflow once this command has ended',
    ja: 'サーバーがないと、このコマンドの終了後にワークフローを進めるものがありません',
  } satisfies Text,
  detachedHint: {
    en: 'Leave out --detach, or log in to a server (kiban login URL)',
    ja: '--detach を外すか、サーバーにログインしてください (kiban login URL)',
  } satisfies Text,
  runUnknown: (id: string): Text => ({ en: `There is no run ${id}`, ja: `実行 ${id} はありません` }),
  noneYet: (product: string): Text => ({
    en: `No workflow of ${product} has been run yet`,
    ja: `${product} のワークフローはまだ実行されていません`,
  }),
  runUnknownHint: { en: 'kiban workflow runs lists them', ja: 'kiban workflow runs で一覧できます' } satisfies Text,
  ended: (id: string, state: string): Text =>
    state === 'returning'
      ? { en: `${id} is taking back what it did, and is not stopped in that`, ja: `${id} は元に戻している途中で、停止できません` }
      : { en: `${id} has ended already`, ja: `${id} はすでに終了しています` },
  endedHint: (id: string): Text => ({ en: `kiban workflow watch ${id}`, ja: `kiban workflow watch ${id}` }),
  notResumable: (id: string, succeeded: boolean): Text =>
    succeeded
      ? { en: `${id} succeeded: there is nothing left of it to do`, ja: `${id} は成功しており、再開するものがありません` }
      : { en: `${id} is under way`, ja: `${id} は進行中です` },
  notResumableHint: (id: string): Text => ({ en: `kiban workflow watch ${id}`, ja: `kiban workflow watch ${id}` }),

  kinds,
  approveBy: (role: string, count: number): Text => ({
    en: `approval by ${count === 1 ? `a ${role}` : `${count} ${role}s`}`,
    ja: `${role} ${count} 名の承認`,
  }),
  state: {
    preparing: { en: 'preparing', ja: '準備中' },
    planned: { en: 'waiting for approval', ja: '承認待ち' },
    running: { en: 'running', ja: '実行中' },
    returning: { en: 'taking back', ja: '元に戻し中' },
    done: { en: 'done', ja: '終了' },
  } satisfies Record<string, Text>,
  building: (product: string): Text => ({ en: `Building ${product}`, ja: `${product} をビルド中` }),
  awaits: { en: 'waiting for approval', ja: '承認待ち' } satisfies Text,
  left: { en: 'left out', ja: '対象外' } satisfies Text,
  asked: (workflow: string, ref: string): Text => ({
    en: `${workflow} asked for at ${ref}`,
    ja: `${workflow} を依頼 (${ref})`,
  }),
  planned: (steps: number): Text => ({
    en: `${steps} step${steps === 1 ? '' : 's'} planned`,
    ja: `${steps} ステップを計画`,
  }),
  built: (product: string, commit: string, reused: boolean): Text =>
    reused
      ? { en: `${product} at ${commit} was built already`, ja: `${product} の ${commit} はビルド済み` }
      : { en: `Built ${product} at ${commit}`, ja: `${product} の ${commit} をビルド` },
  started: (workflow: string): Text => ({ en: `${workflow} began`, ja: `${workflow} を開始` }),
  continued: (workflow: string): Text => ({
    en: `Going on with ${workflow}, which was left`,
    ja: `中断していた ${workflow} を引き継ぎました`,
  }),
  goingOn: (id: string): Text => ({
    en: `Going on with ${id}, which an earlier kiban left`,
    ja: `前回の kiban が中断した ${id} を引き継ぎます`,
  }),
  cancelAsked: (workflow: string): Text => ({ en: `Asked to stop ${workflow}`, ja: `${workflow} の停止を依頼` }),
  resumed: (workflow: string, attempt: number): Text => ({
    en: `${workflow} resumed, attempt ${attempt}`,
    ja: `${workflow} を再開 (${attempt} 回目)`,
  }),
  stepStarted: (step: number, name: Text): Text => ({
    en: `Step ${step} began: ${name.en}`,
    ja: `ステップ ${step} を開始: ${name.ja}`,
  }),
  stepEnded: (step: number, name: Text, verdict: Verdict): Text => ({
    en: `Step ${step} ${deployView.verdict[verdict].en}: ${name.en}`,
    ja: `ステップ ${step} ${deployView.verdict[verdict].ja}: ${name.ja}`,
  }),
  goingBack: (step: number): Text => ({
    en: `Step ${step} did not succeed: taking back what this run deployed, the last first`,
    ja: `ステップ ${step} が失敗したため、この実行でのデプロイを新しい順に元に戻します`,
  }),
  returning: (services: string, environment: string): Text => ({
    en: `Taking ${services} in ${environment} back`,
    ja: `${environment} の ${services} を元に戻しています`,
  }),
  kept: (services: string): Text => ({
    en: `${services} ran nothing before, and stays`,
    ja: `${services} には以前のリリースがなく、そのまま残ります`,
  }),
  endedWith: (workflow: string, verdict: Verdict): Text => ({
    en: `${workflow} ${deployView.verdict[verdict].en}`,
    ja: `${workflow}: ${deployView.verdict[verdict].ja}`,
  }),
  leaving: (id: string, served: boolean): Text =>
    served
      ? { en: `${id} goes on`, ja: `${id} は続行します` }
      : {
          en: `${id} waits for the next kiban that is run here; what ECS was told goes on`,
          ja: `${id} は次にここで実行した kiban が引き継ぎます。ECS に指示済みの処理は続きます`,
        },
  watchAgain: { en: 'follows it again', ja: '再び表示' } satisfies Text,
  cancelIt: { en: 'stops it', ja: '停止する' } satisfies Text,
  resumeIt: { en: 'goes on from the step that did not succeed', ja: '失敗したステップから再開' } satisfies Text,
  runIt: { en: 'runs it', ja: '実行する' } satisfies Text,
  none: (product: string): Text => ({
    en: `${product} declares no workflows`,
    ja: `${product} はワークフローを宣言していません`,
  }),
  noRuns: { en: 'No workflow has been run yet', ja: 'まだワークフローは実行されていません' } satisfies Text,
  neverRan: { en: 'never run', ja: '未実行' } satisfies Text,
  onFailure: {
    stop: { en: 'stops at a failure', ja: '失敗したら終了' },
    continue: { en: 'goes on after a failure', ja: '失敗しても続行' },
    rollback: { en: 'takes all back at a failure', ja: '失敗したらすべて元に戻す' },
  } satisfies Record<string, Text>,
  changes: (count: number): Text => ({ en: `${count} change${count === 1 ? '' : 's'}`, ja: `変更 ${count} 件` }),
  column: {
    workflow: { en: 'workflow', ja: 'ワークフロー' },
    steps: { en: 'steps', ja: 'ステップ' },
    last: { en: 'last run', ja: '直近の実行' },
    run: { en: 'run', ja: '実行' },
    attempt: { en: 'attempt', ja: '回数' },
  } satisfies Record<string, Text>,
}
