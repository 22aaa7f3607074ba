// What runs beside services: schedules and tasks, and the order in which a release goes out.
import { z } from 'zod'
import { onFailures } from '../core/on-failure.ts'
import { Command, duration, Name, optional, patchOf, pattern } from './field.ts'
import { Variables } from './service.ts'
import { Size } from './size.ts'

const DAY = 86_400

const jobShape = {
  service: z.string().meta({ description: 'Service whose image and settings it has', ja: 'イメージと設定を借りるサービス' }),
  command: optional(Command, 'What runs, as a list', '実行するコマンド (リスト)'),
  env: optional(Variables, 'Environment variables beside the service’s', 'サービスの分に加える環境変数'),
  size: optional(Size, 'CPU and memory; the service’s by default', 'CPU とメモリ。既定はサービスと同じ'),
  timeout: optional(duration(1, 7 * DAY), 'How long it may run', '実行時間の上限'),
  description: optional(z.string(), 'What it is for', '説明'),
}

export const Task = z.strictObject(jobShape)

/** The bounds of EventBridge Scheduler: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html */
const Retry = z.strictObject({
  attempts: optional(z.int().min(0).max(185), 'How often; 185 by default', '再試行の回数。既定は 185'),
  within: optional(duration(60, DAY), 'How late it may still be started; 1d by default', '遅れて起動してよい時間。既定は 1d'),
})

export const scheduleShape = {
  ...jobShape,
  cron: optional(z.string(), 'Five fields: minute hour day month weekday', '5 つの欄: 分 時 日 月 曜日'),
  rate: optional(
    pattern(/^[1-9]\d{0,4} (minute|hour|day)s?$/, 'rate'),
    'Every so often: "5 minutes"',
    '一定の間隔 ("5 minutes" など)',
  ),
  timezone: optional(z.string(), 'Zone that cron is read in; UTC by default', 'cron の時間帯。既定は UTC'),
  count: optional(z.int().min(1).max(10), 'Tasks started each time; 1 by default', '1 回に起動するタスク数。既定は 1'),
  enabled: optional(z.boolean(), 'false keeps it but does not start it', 'false なら残したまま動かさない'),
  overlap: optional(
    z.enum(['allow', 'skip']),
    'skip stops a run that begins while the one before still runs; allow by default',
    'skip なら、前回の実行中に始まった実行を止める。既定は allow',
  ),
  retry: optional(Retry, 'When ECS could not start it', 'ECS が起動できなかったときの再試行'),
  dead_letter: optional(
    pattern(/^(arn:aws[\w-]*:sqs:[a-z0-9-]+:\d{12}:)?[\w-]{1,80}$/, 'queue'),
    'SQS queue that is told when it could not be started at all',
    '起動できなかったことを伝える SQS キュー',
  ),
  role: optional(
    z.string().min(1),
    'Role that EventBridge Scheduler starts it with; {product}-{env}-scheduler by default',
    'EventBridge Scheduler が起動に使うロール。既定は {product}-{env}-scheduler',
  ),
}
export const Schedule = z.strictObject(scheduleShape)

export const TaskPatch = z.strictObject(patchOf(jobShape))
export const SchedulePatch = z.strictObject(patchOf(scheduleShape))

const names = z.array(z.string()).min(1)

/** What a step, or a part of a parallel one, sets in motion. */
const workShape = {
  deploy: optional(names, 'Services to deploy, together', '一緒にデプロイするサービス'),
  run: optional(names, 'Tasks to run to their end, one after the other', '順に最後まで実行するタスク'),
  schedule: optional(names, 'Schedules to update', '更新するスケジュール'),
  product: optional(Name, 'Another product whose names these are', '別のプロダクトを対象にする場合の名前'),
  ref: optional(
    z.string().min(1),
    'Branch, tag or commit of that product; what is asked for where both share a repository, else its newest',
    'そのプロダクトのブランチ・タグ・コミット。省略時、同じリポジトリなら実行時の指定、違えば最新',
  ),
  environment: optional(Name, 'Another environment than the one that it is run for', '実行先とは別の環境'),
}

const When = z.strictObject({
  environment: optional(names, 'Only where it is run for one of these', 'この環境で実行するときだけ'),
  ref: optional(
    names,
    'Only for branches and tags that match one of these as a whole: v*, release/**',
    'いずれかに全体が一致するブランチ・タグのときだけ (v*, release/** など)',
  ),
})

const Step = z.strictObject({
  name: optional(z.string().min(1).max(80), 'What people see', '画面に出る名前'),
  ...workShape,
  parallel: optional(z.array(z.strictObject(workShape)).min(2), 'Several of these at the same time', '同時に行うもの'),
  approve: optional(z.enum(['developer', 'manager', 'sre']), 'Role that must agree here', 'ここで承認が必要なロール'),
  approvals: optional(z.int().min(1).max(10), 'How many of them; 1 by default', '必要な承認の数。既定は 1'),
  when: optional(When, 'Left out otherwise', '満たさなければ飛ばす条件'),
  on_failure: optional(
    z.enum(onFailures),
    'stop ends the run; continue goes on; rollback takes back what this run deployed, the last first; stop by default',
    'stop は終了、continue は続行、rollback はこの実行でのデプロイを新しい順に戻す。既定は stop',
  ),
})

export const Workflow = z.strictObject({
  steps: z.array(Step).min(1).max(50).meta({ description: 'One after the other', ja: '順に実行する' }),
})
export type Workflow = z.infer<typeof Workflow>

export const AutoDeploy = z.strictObject({
  environment: z.string().meta({ description: 'Where a push goes', ja: 'push の反映先' }),
  workflow: optional(z.string(), 'Workflow to run; every service otherwise', '実行するワークフロー。省略時は全サービス'),
  paths: optional(
    z.array(z.string().min(1)).min(1),
    'Only pushes that change one of these, or kiban.yml; the folders that images are built of by default',
    'これらまたは kiban.yml を変える push だけに反応する。既定はイメージのビルド元フォルダ',
  ),
})
