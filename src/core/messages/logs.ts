// What the logs of services say.
import type { Text } from '../text.ts'

export const logs = {
  summary: { en: 'Follow what services write', ja: 'サービスのログを追う' },
  environment: { en: 'Environment, such as staging', ja: '環境 (staging など)' },
  services: { en: 'Services; all that were deployed there by default', ja: 'サービス。既定はデプロイ済みのすべて' },
  deployment: { en: 'Only the tasks of this deployment (dep_…)', ja: 'このデプロイ (dep_…) のタスクだけ' },
  since: {
    en: 'From when: 30s, 10m, 2h, 3d, or a moment such as 2026-01-31T09:00:00+09:00; 10m by default, with --deployment its start',
    ja: 'いつからか。30s、10m、2h、3d、または 2026-01-31T09:00:00+09:00 のような時刻。既定は 10m、--deployment では開始時点',
  },
  tail: {
    en: 'Of the lines that are there already, only so many of the last',
    ja: 'すでにある行のうち、末尾からこの行数だけ',
  },
  filter: {
    en: 'Only lines that match a filter pattern of CloudWatch Logs: words, or { $.level = "error" }',
    ja: 'CloudWatch Logs のフィルターパターンに合う行だけ。単語や { $.level = "error" } など',
  },
  follow: { en: 'Go on as lines come', ja: '新しい行を待って表示し続ける' },
  nothingRan: (environment: string): Text => ({
    en: `kiban has deployed nothing to ${environment} yet`,
    ja: `kiban はまだ ${environment} に何もデプロイしていません`,
  }),
  nothingRanHint: (environment: string): Text => ({
    en: `kiban deploy --env ${environment}`,
    ja: `kiban deploy --env ${environment} でデプロイしてください`,
  }),
  serviceUnknown: (service: string): Text => ({
    en: `No service named ${service} was deployed there`,
    ja: `${service} というサービスはデプロイされていません`,
  }),
  servicesHint: (services: string): Text => ({ en: `Services: ${services}`, ja: `サービス: ${services}` }),
  deploymentUnknown: (id: string): Text => ({ en: `There is no deployment ${id}`, ja: `デプロイ ${id} はありません` }),
  deploymentUnknownHint: { en: 'kiban history lists them', ja: 'kiban history で一覧できます' },
  elsewhere: (service: string, driver: string): Text => ({
    en: `${service} hands its lines to ${driver}, so CloudWatch Logs has none`,
    ja: `${service} のログは ${driver} に送られるため、CloudWatch Logs にはありません`,
  }),
  elsewhereHint: {
    en: 'Look where the task definition sends them (logConfiguration)',
    ja: 'タスク定義の送信先 (logConfiguration) で確認してください',
  },
} satisfies Record<string, Text | ((...values: never[]) => Text)>
