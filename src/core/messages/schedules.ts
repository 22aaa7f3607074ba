// What schedules say.
import type { Text } from '../text.ts'

export const schedules = {
  list: { en: 'List schedules with their next and last runs', ja: 'スケジュールを次回・前回の実行とともに一覧する' },
  run: { en: 'Run a schedule now, beside its times', ja: 'スケジュールを今すぐ実行する' },
  pause: { en: 'Let a schedule start nothing, until it is resumed', ja: 'スケジュールを一時停止する' },
  resume: { en: 'Let a paused schedule start again', ja: '一時停止したスケジュールを再開する' },
  history: {
    en: 'List what schedules started, and what they missed',
    ja: 'スケジュールの実行履歴 (実行されなかったものを含む) を表示する',
  },
  schedule: { en: 'Schedule, as the manifest names it', ja: 'スケジュール (マニフェストでの名前)' },

  pauseQuestion: (schedule: string, env: string): Text => ({
    en: `Pause ${schedule} in ${env}? It starts nothing until somebody resumes it`,
    ja: `${env} の ${schedule} を一時停止しますか? 再開するまで何も起動しません`,
  }),
  resumeQuestion: (schedule: string, env: string): Text => ({
    en: `Resume ${schedule} in ${env}?`,
    ja: `${env} の ${schedule} を再開しますか?`,
  }),
  runQuestion: (schedule: string, env: string): Text => ({
    en: `Run ${schedule} in ${env} now?`,
    ja: `${env} で ${schedule} を今すぐ実行しますか?`,
  }),
  unknown: (schedule: string, environment: string): Text => ({
    en: `There is no schedule named ${schedule} in ${environment}`,
    ja: `${environment} に ${schedule} というスケジュールはありません`,
  }),
  knownHint: (known: string): Text =>
    known === ''
      ? {
          en: 'There is none yet; a deployment brings those of kiban.yml',
          ja: 'まだありません。kiban.yml の内容はデプロイで反映されます',
        }
      : { en: `There are: ${known}`, ja: `あるもの: ${known}` },
  gone: (schedule: string): Text => ({
    en: `${schedule} is not in EventBridge Scheduler any more`,
    ja: `${schedule} は EventBridge Scheduler にありません`,
  }),
  goneHint: {
    en: 'The next deployment of its service makes it again',
    ja: 'サービスを次にデプロイすると作り直されます',
  } satisfies Text,
  failed: (why: Text): Text => ({
    en: `The services run the new release, but their schedules could not all be updated: ${why.en}`,
    ja: `サービスは新しいリリースで動いていますが、スケジュールをすべては更新できませんでした: ${why.ja}`,
  }),
  failedHint: {
    en: 'Mend that and deploy again: services that do not change are not rolled',
    ja: '原因を直して再度デプロイしてください。変更のないサービスは入れ替わりません',
  } satisfies Text,
  action: {
    create: { en: 'is scheduled', ja: 'スケジュールを新規作成' },
    update: { en: 'schedule is updated', ja: 'スケジュールを更新' },
    unchanged: { en: 'schedule does not change', ja: 'スケジュールの変更なし' },
    delete: { en: 'schedule is taken away', ja: 'スケジュールを削除' },
  } satisfies Record<string, Text>,
  staysPaused: { en: 'paused by hand, and stays so', ja: '手動で一時停止中 (そのまま)' } satisfies Text,
  ruleUpdated: (rule: string, service: string): Text => ({
    en: `rule ${rule} runs the new ${service}`,
    ja: `ルール ${rule} を新しい ${service} に更新`,
  }),
  created: (schedule: string): Text => ({ en: `${schedule} is scheduled`, ja: `${schedule} をスケジュール` }),
  updated: (schedule: string): Text => ({ en: `Schedule of ${schedule} updated`, ja: `${schedule} のスケジュールを更新` }),
  deleted: (schedule: string): Text => ({ en: `Schedule of ${schedule} taken away`, ja: `${schedule} のスケジュールを削除` }),
  pausedNow: (schedule: string): Text => ({ en: `${schedule} is paused`, ja: `${schedule} を一時停止` }),
  resumedNow: (schedule: string): Text => ({ en: `${schedule} is resumed`, ja: `${schedule} を再開` }),
  runFailed: (schedule: string, exitCode: number | undefined): Text => ({
    en: `Scheduled ${schedule} failed${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`,
    ja: `スケジュールされた ${schedule} が失敗${exitCode === undefined ? '' : ` (終了コード ${exitCode})`}`,
  }),
  runMissed: (schedule: string): Text => ({
    en: `${schedule} was due and was not started`,
    ja: `${schedule} が予定時刻に起動されませんでした`,
  }),
  runLate: (schedule: string, minutes: number): Text => ({
    en: `${schedule} was started ${minutes} min late`,
    ja: `${schedule} が ${minutes} 分遅れて起動`,
  }),
  runOverran: (schedule: string, minutes: number): Text => ({
    en: `${schedule} runs longer than its ${minutes} min`,
    ja: `${schedule} が上限の ${minutes} 分を超えて実行中`,
  }),
  runSkipped: (schedule: string): Text => ({
    en: `${schedule} was stopped: the run before has not ended`,
    ja: `${schedule} は前回の実行が終わっていないため停止`,
  }),
  runSucceeded: (schedule: string): Text => ({
    en: `Scheduled ${schedule} succeeded`,
    ja: `スケジュールされた ${schedule} が成功`,
  }),

  none: (environment: string): Text => ({
    en: `${environment} has no schedules`,
    ja: `${environment} にスケジュールはありません`,
  }),
  noRuns: { en: 'Nothing was started yet, or nobody has looked since', ja: 'まだ実行が記録されていません' } satisfies Text,
  paused: { en: 'paused', ja: '一時停止中' } satisfies Text,
  off: { en: 'off in kiban.yml', ja: 'kiban.yml で無効' } satisfies Text,
  missing: { en: 'not there', ja: 'EventBridge にない' } satisfies Text,
  never: { en: 'never again', ja: '予定なし' } satisfies Text,
  verdict: {
    running: { en: 'running', ja: '実行中' },
    succeeded: { en: 'succeeded', ja: '成功' },
    failed: { en: 'failed', ja: '失敗' },
    missed: { en: 'missed', ja: '未実行' },
    skipped: { en: 'skipped', ja: 'スキップ' },
  } satisfies Record<string, Text>,
  column: {
    schedule: { en: 'schedule', ja: 'スケジュール' },
    when: { en: 'when', ja: '予定' },
    next: { en: 'next run', ja: '次回' },
    last: { en: 'last run', ja: '前回' },
    due: { en: 'due', ja: '予定時刻' },
    exit: { en: 'exit', ja: '終了コード' },
    reason: { en: 'reason', ja: '理由' },
  } satisfies Record<string, Text>,
}
