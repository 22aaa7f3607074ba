// How a service's new revision takes over: the `deploy:` part of a service.
import { z } from 'zod'
import { duration, optional, pattern, withShortForms } from './field.ts'

const MINUTE = 60
const DAY = 1440 * MINUTE
const TWO_WEEKS = 14 * DAY

export const strategies = ['rolling', 'blue-green', 'canary', 'linear'] as const

/** Where ECS can wait for a person or call a function; the others of its stages take no hook. */
export const hookStages = [
  'reconcile-service',
  'pre-scale-up',
  'post-scale-up',
  'test-traffic-shift',
  'post-test-traffic-shift',
  'pre-production-traffic-shift',
  'production-traffic-shift',
  'post-production-traffic-shift',
] as const
const pauseStages = hookStages.filter((stage) => stage !== 'test-traffic-shift' && stage !== 'production-traffic-shift')

const Hook = z.strictObject({
  stages: z.array(z.enum(hookStages)).min(1).meta({ description: 'When it is called', ja: '呼び出す段階' }),
  function: z.string().min(1).meta({ description: 'ARN of the Lambda function', ja: 'Lambda 関数の ARN' }),
  role: optional(z.string().min(1), 'Role that lets ECS call it', 'ECS が呼び出しに使うロール'),
  timeout: optional(duration(MINUTE, TWO_WEEKS), 'How long it may take, 1m to 14d', '待ち時間の上限 (1m〜14d)'),
  on_timeout: optional(z.enum(['rollback', 'continue']), 'What happens then', '時間切れのときの動作'),
})

const CircuitBreaker = withShortForms(
  z.strictObject({
    enabled: optional(
      z.boolean(),
      'Off only for a service whose tasks may fail for long',
      '長く失敗し続けてもよいサービスでのみ false にする',
    ),
    threshold: optional(
      z.union([z.int().min(1), pattern(/^(100|[1-9]?\d)%$/, 'percent')]),
      'Failed tasks that end the rollout: a number, or a share of the count such as 50% (never below 3 tasks)',
      'ロールアウトを失敗とみなすタスク数。件数、または台数に対する割合 (50% など、最低 3 件)',
    ),
    reset_on_healthy: optional(
      z.boolean(),
      'A healthy task sets the count of failures back',
      '正常なタスクが出たら失敗数を 0 に戻す',
    ),
  }),
  z.boolean().transform((enabled) => ({ enabled })),
)

export const deployShape = {
  strategy: optional(
    z.enum(strategies),
    'How the new revision takes over; rolling by default',
    '新しいリビジョンへの切り替え方。既定は rolling',
  ),
  percent: optional(
    z.number().min(0.1).max(100),
    'canary: the share of traffic that goes first (5); linear: the size of a step (10)',
    'canary では最初に流す割合 (既定 5)、linear では 1 段の割合 (既定 10)',
  ),
  step_bake: optional(duration(0, DAY), 'canary, linear: how long each share is watched', 'canary・linear で各段を見守る時間'),
  bake: optional(duration(0, DAY), 'How long both revisions stay after the shift', '切り替え後に新旧を並べて残す時間'),
  pause: optional(z.array(z.enum(pauseStages)), 'Stages before which a person must say go on', '人の承認を待つ段階'),
  hooks: optional(z.array(Hook), 'Functions called in mid-rollout', 'ロールアウト中に呼び出す関数'),
  alarms: optional(
    z.array(z.string().min(1)),
    'CloudWatch alarms that fail the rollout',
    'ロールアウトを失敗させる CloudWatch アラーム',
  ),
  rollback: optional(z.boolean(), 'Go back by itself after a failure; true by default', '失敗したら自動で戻す。既定は true'),
  circuit_breaker: optional(
    CircuitBreaker,
    'Ends a rollout whose tasks keep failing',
    'タスクが失敗し続けるロールアウトを打ち切る',
  ),
  minimum_percent: optional(
    z.int().min(0).max(100),
    'Healthy tasks kept during a rollout; 100 by default',
    'ロールアウト中に保つ正常なタスクの割合。既定は 100',
  ),
  maximum_percent: optional(
    z.int().min(100).max(1000),
    'Tasks allowed during a rollout; 200 by default',
    'ロールアウト中に許すタスクの割合。既定は 200',
  ),
  early_success: optional(
    z.strictObject({
      healthy_percent: optional(
        z.int().min(0).max(100),
        'Enough healthy tasks of the new revision',
        '新しいリビジョンの正常なタスクの割合',
      ),
      cleanup: optional(z.enum(['blocking', 'deferred']), 'Whether old tasks are waited for', '古いタスクの停止を待つかどうか'),
    }),
    'When ECS may call the rollout successful before every task is replaced',
    'すべてのタスクが入れ替わる前に成功とみなす条件',
  ),
  listener_rule: optional(
    z.string().min(1),
    'ARN of the rule that carries production traffic',
    '本番の通信を流すリスナールールの ARN',
  ),
  test_listener_rule: optional(
    z.string().min(1),
    'ARN of the rule that carries test traffic',
    '試験の通信を流すリスナールールの ARN',
  ),
  deadline: optional(
    duration(MINUTE, TWO_WEEKS),
    'When kiban stops waiting for a verdict; 30m by default',
    '結果を待つ期限。既定は 30m',
  ),
}

export const DeploySettings = z.strictObject(deployShape)
