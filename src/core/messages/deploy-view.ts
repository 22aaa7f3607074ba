// What deploys show while they go on and when they are looked up.
import type { Text } from '../text.ts'
import type { Verdict } from '../verdict.ts'

const verdict: Record<Verdict, Text> = {
  succeeded: { en: 'succeeded', ja: '成功' },
  superseded: { en: 'superseded', ja: '別のデプロイに置き換えられた' },
  stopped: { en: 'stopped', ja: '中止' },
  'rolled-back': { en: 'rolled back', ja: 'ロールバック' },
  'timed-out': { en: 'timed out', ja: '時間切れ' },
  failed: { en: 'failed', ja: '失敗' },
}

export const deployView = {
  verdict,
  planOf: (product: string, environment: string, commit: string): Text => ({
    en: `${product} → ${environment}, commit ${commit}`,
    ja: `${product} → ${environment} (コミット ${commit})`,
  }),
  runsFirst: (service: string): Text => ({ en: `runs first, with ${service}`, ja: `最初に実行 (${service} のイメージ)` }),
  moreSettings: (count: number): Text => ({
    en: `and ${count} more settings (--json shows them)`,
    ja: `ほか ${count} 項目 (--json で表示)`,
  }),
  toBeBuilt: (commit: string): Text => ({ en: `to be built from ${commit}`, ja: `${commit} からビルド` }),
  action: {
    create: { en: 'is created', ja: '新規作成' },
    update: { en: 'is rolled', ja: '入れ替え' },
    unchanged: { en: 'does not change', ja: '変更なし' },
    'for-task': { en: 'lends its definition to a task', ja: 'タスクの定義にのみ使用' },
  } satisfies Record<string, Text>,
  changedOutside: { text: { en: '(changed outside kiban)', ja: '(kiban の外で変更)' }, tone: 'warn' as const },
  lastDeployed: { text: { en: 'kiban deployed', ja: 'kiban の最終デプロイ:' }, tone: 'muted' as const },
  changedBy: (who: string): Text => ({
    en: `The live definition was registered outside kiban by ${who}`,
    ja: `稼働中の定義は kiban の外で ${who} が登録したものです`,
  }),
  /** What a deployment does in a state. */
  step: {
    queued: { en: 'reading the commit', ja: 'コミットを読み込み中' },
    built: { en: 'planning', ja: '計画中' },
    planned: { en: 'waiting for its turn', ja: '順番待ち' },
    approved: { en: 'waiting for its turn', ja: '順番待ち' },
    locked: { en: 'registering definitions', ja: 'タスク定義を登録中' },
    registered: { en: 'registering definitions', ja: 'タスク定義を登録中' },
    migrating: { en: 'running tasks first', ja: '事前タスクを実行中' },
    rolling: { en: 'telling ECS', ja: 'ECS に指示中' },
    verifying: { en: 'rolling out', ja: '入れ替え中' },
    scheduling: { en: 'updating schedules', ja: 'スケジュールを更新中' },
    done: { en: 'done', ja: '完了' },
  } satisfies Record<string, Text>,
  doing: {
    build: (service: string): Text => ({ en: `building ${service}`, ja: `${service} をビルド中` }),
    migration: (task: string): Text => ({ en: `running ${task}`, ja: `${task} を実行中` }),
  },
  rollingBack: { en: 'rolling back', ja: '元に戻しています' } satisfies Text,
  rollingOut: { en: 'rolling out', ja: '入れ替え中' } satisfies Text,
  left: (duration: string): Text => ({ en: `, about ${duration} left`, ja: `、残り約 ${duration}` }),
  longerThanUsual: { en: ', longer than usual', ja: '、いつもより時間がかかっています' } satisfies Text,
  building: (service: string): Text => ({ en: `Building ${service}`, ja: `${service} をビルドしています` }),
  unchanged: (service: string): Text => ({ en: `${service} does not change`, ja: `${service}: 変更なし` }),
  built: (service: string, digest: string): Text => ({
    en: `Built ${service}  ${digest.slice(0, 19)}`,
    ja: `${service} をビルドしました  ${digest.slice(0, 19)}`,
  }),
  waiting: (before: { service: string; actor: string; reason: string } | undefined): Text => ({
    en: `Waiting for ${before?.service ?? ''}: ${before?.actor ?? ''} is before us (${before?.reason ?? ''})`,
    ja: `${before?.service ?? ''} の順番を待っています: 先に ${before?.actor ?? ''} が使用中 (${before?.reason ?? ''})`,
  }),
  replanned: {
    en: 'Something changed while this waited; it was planned again',
    ja: '待機中に状況が変わったため、計画し直しました',
  } satisfies Text,
  continued: { en: 'Going on with a deployment that was left', ja: '中断していたデプロイを続行します' } satisfies Text,
  goingOn: (id: string): Text => ({
    en: `Going on with ${id}, which an earlier kiban left`,
    ja: `前回の kiban が中断した ${id} を続行します`,
  }),
  waitsLeft: (id: string, why: Text): Text => ({
    en: `An earlier kiban left ${id}, which waits: ${why.en}`,
    ja: `前回の kiban が中断した ${id} は待機中です: ${why.ja}`,
  }),
  recovered: { en: 'AWS answers again', ja: 'AWS の応答が戻りました' } satisfies Text,
  trying: ({ en, ja }: Text): Text => ({ en: `${en}; trying again`, ja: `${ja} (再試行します)` }),
  commitHere: (commit: string, name: string | undefined): Text => ({
    en: `Commit ${commit}${name === undefined ? '' : ` (${name})`} of the clone here`,
    ja: `手元のクローンのコミット ${commit}${name === undefined ? '' : ` (${name})`} を使います`,
  }),
  uncommitted: (files: string, count: number, more: number): Text => ({
    en: `Not part of it: uncommitted changes in ${count} file${count === 1 ? '' : 's'} (${files}${more > 0 ? ` and ${more} more` : ''})`,
    ja: `コミットしていない変更は含まれません: ${count} ファイル (${files}${more > 0 ? `、ほか ${more}` : ''})`,
  }),
  defaultBranch: (product: string): Text => ({
    en: `This is no clone of ${product}: the default branch of its repository is meant`,
    ja: `ここは ${product} のクローンではないため、リポジトリのデフォルトブランチを使います`,
  }),
  held: ({ en, ja }: Text): Text => ({ en: `${en}; going on when there is room`, ja: `${ja} (空きができたら続行します)` }),
  goingBack: (services: string): Text => ({ en: `Going back: ${services}`, ja: `元に戻しています: ${services}` }),
  migrating: (task: string): Text => ({ en: `Running ${task}`, ja: `${task} を実行しています` }),
  /** `by`: who asked; undefined where it takes too long. */
  stoppingMigration: (task: string, by: string | undefined, seconds: number, refused: Text | undefined): Text => {
    const why =
      by === undefined
        ? { en: `still running after ${seconds} s`, ja: `${seconds} 秒を超えました` }
        : { en: `${by} asked to stop it`, ja: `${by} の依頼` }
    return refused
      ? {
          en: `${task} may not be stopped, so it is waited for: ${refused.en}`,
          ja: `${task} を停止できないため、終わるのを待ちます: ${refused.ja}`,
        }
      : { en: `Stopping ${task}: ${why.en}`, ja: `${task} を停止しています (${why.ja})` }
  },
  migrated: (task: string, exitCode: number | undefined): Text => ({
    en: `${task} ended${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`,
    ja: `${task} が終了しました${exitCode === undefined ? '' : ` (終了コード ${exitCode})`}`,
  }),
  rolloutEnded: (service: string, how: Verdict, reason: string): Text => ({
    en: `${service} ${verdict[how].en}${reason === '' ? '' : `: ${reason}`}`,
    ja: `${service}: ${verdict[how].ja}${reason === '' ? '' : ` (${reason})`}`,
  }),
  evidence: {
    'stop-code': { en: 'stop code', ja: '停止コード' },
    'stopped-reason': { en: 'stopped', ja: '停止理由' },
    'exit-code': { en: 'exit code', ja: '終了コード' },
    'container-reason': { en: 'container', ja: 'コンテナ' },
    'target-health': { en: 'target', ja: 'ターゲット' },
    'container-health': { en: 'container check', ja: 'コンテナチェック' },
    'service-event': { en: 'event', ja: 'イベント' },
    status: { en: 'ECS', ja: 'ECS' },
    alarm: { en: 'alarm', ja: 'アラーム' },
    hook: { en: 'hook', ja: 'フック' },
    log: { en: 'log', ja: 'ログ' },
    error: { en: 'error', ja: 'エラー' },
    'not-looked-at': { en: 'not looked at', ja: '未確認' },
  } satisfies Record<string, Text>,
  nextStep: { en: 'next', ja: '次に' } satisfies Text,
  probably: { en: 'probably:', ja: 'おそらく:' } satisfies Text,
  times: (count: number): Text => ({ en: `× ${count}`, ja: `× ${count}` }),
  newTasks: (running: number, requested: number): Text => ({
    en: `${running}/${requested} new`,
    ja: `新 ${running}/${requested}`,
  }),
  traffic: (percent: number): Text => ({ en: `${percent}% of traffic`, ja: `トラフィック ${percent}%` }),
  oldTasks: (old: number): Text => ({ en: `${old} old`, ja: `旧 ${old}` }),
  starting: (pending: number): Text => ({ en: `${pending} starting`, ja: `${pending} 件起動中` }),
  waitsForTasks: { en: 'waiting for tasks', ja: 'タスクを待っています' } satisfies Text,
  draining: { en: 'draining the old', ja: '旧タスクを停止中' } satisfies Text,
  settling: { en: 'settling', ja: '安定を確認中' } satisfies Text,
  checking: { en: 'checking health', ja: 'ヘルスチェック中' } satisfies Text,
  failures: (count: number, threshold: number): Text => ({
    en: `${count} failed; given up at ${threshold}`,
    ja: `失敗 ${count} 件 (${threshold} 件で打ち切り)`,
  }),
  notYet: { en: 'not shown by ECS yet', ja: 'ECS にまだ現れていません' } satisfies Text,
  ended: (id: string, how: Verdict): Text => ({ en: `${id} ${verdict[how].en}`, ja: `${id}: ${verdict[how].ja}` }),
  leftToEcs: (id: string): Text => ({
    en: `Nobody watches ${id} here any more; ECS goes on with it`,
    ja: `${id} の表示を終了しました。ECS での入れ替えは続いています`,
  }),
  leftMigrating: (id: string): Text => ({
    en: `Nobody watches ${id} here any more; its task runs on, and no service has been changed yet`,
    ja: `${id} の表示を終了しました。事前タスクは続いていますが、サービスはまだ変更していません`,
  }),
  leftUnbegun: (id: string): Text => ({
    en: `Nobody watches ${id} here any more; no service has been changed yet`,
    ja: `${id} の表示を終了しました。サービスはまだ変更していません`,
  }),
  watchAgain: { en: 'goes on with it, to its verdict', ja: '続行し、結果まで見守る' } satisfies Text,
  cancelIt: { en: 'stops it and goes back', ja: '中止して元に戻す' } satisfies Text,
  nowRuns: (product: string, environment: string, commit: string): Text => ({
    en: `${product} ${environment} runs ${commit}`,
    ja: `${product} ${environment} は ${commit} で稼働中`,
  }),
  endedAt: (product: string, environment: string): Text => ({ en: `${product} ${environment}`, ja: `${product} ${environment}` }),
  deploysFirst: { en: 'deploys for the first time', ja: '最初のデプロイを行う' } satisfies Text,
  nothingRuns: { en: 'nothing was deployed well yet', ja: 'まだ正常にデプロイされたものはありません' } satisfies Text,
  noDeployments: { en: 'Nothing has been deployed yet', ja: 'まだ何もデプロイされていません' } satisfies Text,
  noReleases: { en: 'No release has been built yet', ja: 'まだリリースはありません' } satisfies Text,
  column: {
    when: { en: 'when', ja: '日時' },
    deployment: { en: 'deployment', ja: 'デプロイ' },
    environment: { en: 'env', ja: '環境' },
    commit: { en: 'commit', ja: 'コミット' },
    verdict: { en: 'verdict', ja: '結果' },
    took: { en: 'took', ja: '時間' },
    by: { en: 'by', ja: '実行者' },
    cause: { en: 'cause', ja: '原因' },
    ref: { en: 'ref', ja: 'ref' },
    release: { en: 'release', ja: 'リリース' },
    runsIn: { en: 'runs in', ja: '稼働先' },
  } satisfies Record<string, Text>,
  nothingYet: (product: string): Text => ({
    en: `Nothing of ${product} has been deployed yet`,
    ja: `${product} はまだデプロイされていません`,
  }),
  noLocks: { en: 'No locks are held', ja: 'ロックはありません' } satisfies Text,
  heldBy: (service: string, actor: string, reason: string): Text => ({
    en: `${service} is locked by ${actor}${reason === '' ? '' : `: ${reason}`}`,
    ja: `${service}: ${actor} がロック中${reason === '' ? '' : ` (${reason})`}`,
  }),
  waits: (actor: string, reason: string): Text => ({
    en: `${actor} waits${reason === '' ? '' : ` (${reason})`}`,
    ja: `${actor} が待機中${reason === '' ? '' : ` (${reason})`}`,
  }),
}
