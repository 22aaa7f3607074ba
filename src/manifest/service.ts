// One service of a product, as a team writes it. Every key may be left out; short forms are read as the map they
// stand for, so that an environment's patch can be merged key by key.
import { z } from 'zod'
import { rules } from '../core/messages/manifest.ts'
import { Build, Folder } from './build.ts'
import { ContainerParts } from './container-parts.ts'
import { DeploySettings } from './deploy-settings.ts'
import { broken, Command, duration, EnvironmentVariable, optional, patchOf, pattern, withShortForms } from './field.ts'
import { Secrets } from './secret.ts'
import { Size } from './size.ts'

const FARGATE_STORAGE_GB = { min: 21, max: 200 }

const PortNumber = z.int().min(1).max(65_535)

const Port = withShortForms(
  z.strictObject({
    port: PortNumber.meta({ description: 'Number that the container listens on', ja: 'コンテナが待ち受ける番号' }),
    protocol: optional(z.enum(['tcp', 'udp']), 'tcp by default', '既定は tcp'),
    name: optional(z.string().min(1).max(64), 'Name for Service Connect', 'Service Connect で使う名前'),
  }),
  PortNumber.transform((port) => ({ port })),
)

const Path = pattern(/^\/[^\s]*$/, 'path', (value) => `/${value.trim().replace(/^[a-z]+:\/\/[^/]*\/?|^\/+/, '')}`)

export const healthShape = {
  path: optional(Path, 'Path that the load balancer asks for', 'ロードバランサーが確認するパス'),
  interval: optional(duration(5, 300), 'Between two checks, 5s to 300s', '確認の間隔 (5s〜300s)'),
  timeout: optional(duration(2, 120), 'How long an answer may take, 2s to 120s', '応答を待つ時間 (2s〜120s)'),
  healthy: optional(z.int().min(2).max(10), 'Good answers in a row that make it healthy', '正常とみなす連続成功回数'),
  unhealthy: optional(z.int().min(1).max(10), 'Bad answers in a row that make it unhealthy', '異常とみなす連続失敗回数'),
  grace: optional(duration(0, 2_147_483_647), 'Failures are not counted so long after the start', '起動後に失敗を数えない時間'),
  matcher: optional(
    pattern(/^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/, 'matcher'),
    'Statuses that are good: "200" or "200-399"',
    '正常とみなすステータス ("200" や "200-399")',
  ),
  command: optional(
    Command,
    'A check inside the container, with or without a load balancer',
    'コンテナ内で実行する確認コマンド (ロードバランサーの有無は問わない)',
  ),
}

const Health = withShortForms(
  z.strictObject(healthShape),
  Path.transform((path) => ({ path })),
)

const range = /^(?:keep|(\d{1,4})-(\d{1,4}))$/

const FixedCount = z
  .int()
  .min(0)
  .max(5000)
  .transform((count) => ({ min: count, max: count }))

const RangeCount = pattern(range, 'count').transform((text, context) => {
  if (text === 'keep') return { keep: true as const }
  const [, min, max] = (range.exec(text) ?? []).map(Number)
  if (min === undefined || max === undefined) return z.NEVER
  return min <= max ? { min, max } : broken(context, { text: rules.countOrder, nearest: `${max}-${min}` })
})

const Count = withShortForms(
  z.strictObject({
    min: optional(z.int().min(0).max(5000), 'Never fewer', '最小数'),
    max: optional(z.int().min(0).max(5000), 'Never more', '最大数'),
    cpu: optional(
      z.number().min(1).max(100),
      'Average CPU to keep, in percent; 60 by default',
      '保つ平均 CPU 使用率 (%)。既定は 60',
    ),
    memory: optional(z.number().min(1).max(100), 'Average memory to keep, in percent', '保つ平均メモリ使用率 (%)'),
    requests: optional(z.number().min(1), 'Requests a minute and task to keep', '保つ 1 タスク・1 分あたりのリクエスト数'),
    keep: optional(
      z.literal(true),
      'Leaves the number that runs as it is; the same as count: keep',
      '動いている数を変えない (count: keep と同じ)',
    ),
  }),
  FixedCount,
  RangeCount,
)

export const Variables = z.record(EnvironmentVariable, z.string())

const Logs = withShortForms(
  z.strictObject({
    driver: optional(
      z.enum(['awslogs', 'firelens', 'none']),
      'Where the output goes; awslogs by default',
      '出力先。既定は awslogs',
    ),
    options: optional(z.record(z.string(), z.string()), 'Further options of the driver', 'ドライバーへの追加オプション'),
  }),
  z.enum(['awslogs', 'firelens', 'none']).transform((driver) => ({ driver })),
)

const Capacity = z.union([
  z.enum(['fargate', 'fargate-spot', 'ec2']).transform((launch) => ({ launch })),
  z.strictObject({
    providers: z
      .array(
        z.strictObject({
          provider: z
            .string()
            .min(1)
            .meta({ description: 'Name of the capacity provider', ja: 'キャパシティプロバイダーの名前' }),
          weight: optional(z.int().min(0).max(1000), 'Share of the tasks', 'タスクの割り当て比率'),
          base: optional(z.int().min(0).max(100_000), 'Tasks that it gets first', '最初に割り当てるタスク数'),
        }),
      )
      .min(1)
      .meta({ description: 'Capacity providers of the cluster', ja: 'クラスターのキャパシティプロバイダー' }),
  }),
])

export const networkShape = {
  subnets: optional(z.array(z.string().min(1)).min(1), 'Ids or Name tags of subnets', 'サブネットの ID または Name タグ'),
  security_groups: optional(
    z.array(z.string().min(1)).min(1).max(5),
    'Ids or names of security groups',
    'セキュリティグループの ID または名前',
  ),
  public_ip: optional(
    z.boolean(),
    'Gives tasks a public address; false by default',
    'タスクにパブリック IP を付ける。既定は false',
  ),
}

const Override = pattern(/^[^\s]+$/, 'override')

export const nameShape = {
  cluster: optional(Override, 'ECS cluster', 'ECS クラスター'),
  service: optional(Override, 'ECS service', 'ECS サービス'),
  family: optional(Override, 'Family of task definitions', 'タスク定義のファミリー'),
  target_group: optional(Override, 'Target group', 'ターゲットグループ'),
  alternate_target_group: optional(
    Override,
    'Second target group, for traffic shifts',
    '切り替えに使う 2 つ目のターゲットグループ',
  ),
  container: optional(Override, 'Container in the task definition', 'タスク定義でのコンテナ'),
  execution_role: optional(
    Override,
    'Role (name or ARN) that starts the task; none for none',
    'タスクの起動に使うロール (名前または ARN)。付けない場合は none',
  ),
  task_role: optional(
    Override,
    'Role (name or ARN) that the program has; none for none',
    'プログラムが持つロール (名前または ARN)。付けない場合は none',
  ),
  load_balancer_role: optional(
    Override,
    'Role (name or ARN) with which ECS shifts traffic',
    'ECS が通信の切り替えに使うロール (名前または ARN)',
  ),
  log_group: optional(Override, 'Log group', 'ロググループ'),
  repository: optional(Override, 'ECR repository', 'ECR リポジトリ'),
}

export const serviceShape = {
  build: optional(Build, 'Folder with the Dockerfile, or a map', 'Dockerfile のあるフォルダ、または詳細の指定'),
  image: optional(z.string().min(1), 'A ready image instead of a build', 'ビルドの代わりに使う既存のイメージ'),
  port: optional(
    PortNumber,
    'Port that the container listens on; the load balancer sends to it',
    'コンテナが待ち受けるポート。ロードバランサーの送り先になる',
  ),
  ports: optional(
    z.array(Port).min(1),
    'Several ports; the first is the load balancer’s',
    '複数のポート。先頭がロードバランサーの送り先',
  ),
  health: optional(Health, 'Path of the health check, or a map', 'ヘルスチェックのパス、または詳細の指定'),
  load_balancer: optional(
    z.boolean(),
    'false for a port that no load balancer serves',
    'ロードバランサーを使わないポートでは false',
  ),
  size: optional(Size, 'CPU and memory of a task; 0.25vCPU/0.5GB by default', 'タスクの CPU とメモリ。既定は 0.25vCPU/0.5GB'),
  architecture: optional(z.enum(['x86_64', 'arm64']), 'x86_64 by default', '既定は x86_64'),
  storage: optional(
    z.int().min(FARGATE_STORAGE_GB.min).max(FARGATE_STORAGE_GB.max),
    'Ephemeral storage in GiB, 21 to 200',
    '一時ストレージ (GiB、21〜200)',
  ),
  capacity: optional(Capacity, 'Where tasks run; fargate by default', 'タスクを動かす場所。既定は fargate'),
  count: optional(
    Count,
    'Tasks: a number, a range that autoscaling moves in, or keep for what runs; 1 by default',
    'タスク数。固定、自動で増減する範囲、または今の数のままにする keep。既定は 1',
  ),
  env: optional(Variables, 'Environment variables; never a secret', '環境変数。秘密の値は書かない'),
  secrets: optional(
    Secrets,
    'Secrets by name, or by environment variable',
    '秘密の値への参照。名前の一覧、または環境変数ごとの指定',
  ),
  before: optional(
    z.array(z.string()),
    'Tasks that must end well before this service rolls',
    'このサービスの入れ替え前に成功させるタスク',
  ),
  command: optional(Command, 'Replaces the image’s CMD', 'イメージの CMD を置き換える'),
  entrypoint: optional(Command, 'Replaces the image’s ENTRYPOINT', 'イメージの ENTRYPOINT を置き換える'),
  stop_timeout: optional(
    duration(2, 120),
    'From SIGTERM to SIGKILL, 2s to 120s; 30s by default',
    'SIGTERM から SIGKILL までの時間 (2s〜120s)。既定は 30s',
  ),
  exec: optional(
    z.boolean(),
    'Allows a shell in the running task; false by default',
    '動作中のタスクでのシェルを許す。既定は false',
  ),
  logs: optional(Logs, 'Where the output goes', '出力先'),
  deploy: optional(DeploySettings, 'How a new revision takes over', '新しいリビジョンへの切り替え方'),
  network: optional(z.strictObject(networkShape), 'Subnets and security groups', 'サブネットとセキュリティグループ'),
  names: optional(
    z.strictObject(nameShape),
    'Names in AWS that differ from the rule; {product}, {env} and {service} are filled in',
    '命名規則と異なる AWS 上の名前。{product}・{env}・{service} は置き換えられる',
  ),
  containers: optional(
    z.record(z.string().min(1), ContainerParts),
    'Parts of ECS container definitions, merged last: by the service’s name its own, by other names sidecars',
    'ECS コンテナ定義の一部。最後に重ねる。サービス名なら本体、ほかの名前ならサイドカー',
  ),
  volumes: optional(
    z.array(z.record(z.string(), z.unknown())),
    'Volumes of the ECS task definition',
    'ECS タスク定義のボリューム',
  ),
  definition: optional(
    z.union([Folder, z.record(z.string(), z.unknown())]),
    'A task definition to start from: a JSON file, or its members written here',
    '土台にするタスク定義。JSON ファイル、またはここに書いたメンバー',
  ),
  tasks_only: optional(
    z.boolean(),
    'No ECS service is made of it: only tasks and schedules have its image and settings',
    'ECS サービスは作らず、タスクとスケジュールがイメージと設定を使う',
  ),
  tags: optional(
    z.record(z.string().min(1).max(128), z.string().max(256)),
    'Tags of the service and its tasks',
    'サービスとタスクに付けるタグ',
  ),
}

/** A service with its short forms read. */
export const Service = z.strictObject(serviceShape)
export type Service = z.output<typeof Service>

const { env: _, ...patchable } = serviceShape

/** What an environment changes of a service; `null` takes a key away. */
export const ServicePatch = z.strictObject({
  ...patchOf(patchable),
  env: optional(
    z.record(EnvironmentVariable, z.string().nullable()).nullable(),
    'Environment variables; null takes one away',
    '環境変数。null で取り除く',
  ),
})
