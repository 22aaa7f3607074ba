// kiban.yml: what a team declares of its product. The most public interface there is; keys are only ever added.
import { z } from 'zod'
import { Account, about, byName, Name, optional, pattern, Region } from './field.ts'
import { AutoDeploy, Schedule, SchedulePatch, Task, TaskPatch, Workflow } from './jobs.ts'
import { networkShape, Service, ServicePatch } from './service.ts'

const People = z.array(z.string().min(1))

const Owners = z.strictObject({
  team: optional(z.string().min(1), 'Team that owns the product', 'プロダクトを持つチーム'),
  managers: optional(People, 'Who approves production and answers for it', '本番を承認し責任を持つ人'),
  developers: optional(People, 'Who ships', '開発する人'),
  sre: optional(People, 'SREs in charge', '担当の SRE'),
  slack: optional(
    pattern(/^#[^\s#]+$/, 'slackChannel', (value) => `#${value.trim().replace(/^[#@]+/, '')}`),
    'Channel that is told',
    '通知先のチャンネル',
  ),
})

const Environment = z
  .strictObject({
    protected: optional(z.boolean(), 'Only managers and SREs may deploy', 'デプロイを manager と sre に限る'),
    approvals: optional(z.int().min(0).max(10), 'People who must agree to a deployment', 'デプロイに必要な承認者数'),
    account: optional(Account, 'AWS account, when it differs', 'AWS アカウント (異なる場合)'),
    region: optional(Region, 'AWS region, when it differs', 'AWS リージョン (異なる場合)'),
    cluster: optional(z.string().min(1), 'ECS cluster; {product}-{env} by default', 'ECS クラスター。既定は {product}-{env}'),
    vpc: optional(
      z.string().min(1),
      'VPC by id or Name tag; {product}-{env} by default',
      'VPC の ID または Name タグ。既定は {product}-{env}',
    ),
    network: optional(
      z.strictObject(networkShape),
      'Subnets and security groups of every service',
      '全サービス共通のサブネットとセキュリティグループ',
    ),
    parameters: optional(
      pattern(/^\/[^\s]*[^\s/]$/, 'parameterPrefix', (value) => `/${value.replace(/^\/+|\/+$/g, '')}`),
      'Where bare secret names are; /{product}/{env}/applications by default',
      '秘密の値の名前を探す場所。既定は /{product}/{env}/applications',
    ),
    services: optional(
      z.record(z.string(), ServicePatch.nullable()),
      'What differs here, by service; null for one that is not here',
      'この環境で異なる点 (サービスごと)。null はこの環境にないもの',
    ),
    schedules: optional(
      z.record(z.string(), SchedulePatch.nullable()),
      'What differs here, by schedule; null for one that is not here',
      'この環境で異なる点 (スケジュールごと)。null はこの環境にないもの',
    ),
    tasks: optional(
      z.record(z.string(), TaskPatch.nullable()),
      'What differs here, by task; null for one that is not here',
      'この環境で異なる点 (タスクごと)。null はこの環境にないもの',
    ),
  })
  // `staging:` with nothing behind it is the most natural way to write an environment without deviations.
  .nullable()
  .transform((environment) => environment ?? {})

export const Manifest = z.strictObject({
  product: about(Name, 'Name of the product; part of every AWS name', 'プロダクトの名前。AWS 上の名前の一部になる'),
  account: optional(
    Account,
    'AWS account, in quotes; checked before anything is changed',
    'AWS アカウント (引用符で囲む)。変更前に照合する',
  ),
  region: optional(Region, 'AWS region; AWS_REGION otherwise', 'AWS リージョン。省略時は AWS_REGION'),
  owners: optional(Owners, 'Who answers for it', '責任者'),
  environments: optional(
    byName(Environment),
    'Where it runs, and what differs there; staging and a protected production by default',
    '動かす環境とその違い。既定は staging と保護された production',
  ),
  services: about(byName(Service), 'What runs all the time', '常に動くもの'),
  schedules: optional(byName(Schedule), 'What runs at set times', '決まった時刻に動くもの'),
  tasks: optional(byName(Task), 'What runs once, when asked', '必要なときに一度だけ動くもの'),
  workflows: optional(byName(Workflow), 'Releases in steps', '段階的なリリース'),
  auto_deploy: optional(z.record(z.string().min(1), AutoDeploy), 'What a push to a branch does', 'ブランチへの push で行うこと'),
})
export type Manifest = z.output<typeof Manifest>
/** As a team writes it, short forms and all. */
export type ManifestInput = z.input<typeof Manifest>
