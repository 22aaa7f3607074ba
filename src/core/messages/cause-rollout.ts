// Why ECS cannot go on with a rollout, or was told not to.
import { told } from './cause-text.ts'

export const rolloutCauses = {
  'vcpu-quota': told(
    { en: 'vCPU quota', ja: 'vCPU クォータ' },
    () => ({
      en: 'The account has reached the number of vCPUs that Fargate may run at once',
      ja: 'アカウントで同時に実行できる Fargate の vCPU 数の上限に達しています',
    }),
    () => ({
      en: 'Ask for a higher quota (Service Quotas: Fargate On-Demand vCPU resource count), or stop tasks that are not needed',
      ja: 'クォータ (Service Quotas の Fargate オンデマンド vCPU リソース数) の引き上げを申請するか、不要なタスクを止めてください',
    }),
  ),
  'no-capacity': told<{ provider: string }>(
    { en: 'no capacity', ja: 'キャパシティ不足' },
    ({ provider }) => ({
      en: `${provider} has no capacity left in these zones`,
      ja: `${provider} のキャパシティが、このアベイラビリティゾーンで不足しています`,
    }),
    ({ provider }) =>
      provider === 'FARGATE_SPOT'
        ? {
            en: 'Add FARGATE beside FARGATE_SPOT to the capacity in kiban.yml',
            ja: 'kiban.yml の capacity に FARGATE_SPOT と並べて FARGATE を加えてください',
          }
        : {
            en: 'Add subnets in other zones, or deploy again later',
            ja: '別のアベイラビリティゾーンのサブネットを加えるか、時間をおいて再度デプロイしてください',
          },
  ),
  'no-instances': told(
    { en: 'no instance fits', ja: '配置できるインスタンスなし' },
    () => ({
      en: 'No container instance of the cluster has room for the task',
      ja: 'クラスターに、タスクを配置できるコンテナインスタンスがありません',
    }),
    () => ({
      en: "Add instances to the cluster's capacity provider, or run the service on Fargate (capacity: fargate)",
      ja: 'クラスターにインスタンスを追加するか、Fargate で動かしてください (capacity: fargate)',
    }),
  ),
  'no-room': told<{ unit: 'CPU' | 'MiB'; asked?: number; free?: number; instance?: string }>(
    { en: 'no room on instances', ja: 'インスタンスの空き不足' },
    ({ unit, asked, free, instance }) => {
      const [en, ja] = unit === 'CPU' ? [' CPU units', ' CPU ユニット'] : [' MiB of memory', ' MiB のメモリ']
      const [wanted, 必要] = asked === undefined ? [`more${en}`, `より多くの${ja}`] : [`${asked}${en}`, `${asked}${ja}`]
      if (free === undefined)
        return {
          en: `The task asks for ${wanted}, which no container instance has left`,
          ja: `タスクには ${必要}が必要ですが、それだけ空いたコンテナインスタンスがありません`,
        }
      return {
        en: `The task asks for ${wanted}; the closest container instance, ${instance}, has ${free} left`,
        ja: `タスクには ${必要}が必要ですが、最も近いコンテナインスタンス ${instance} の空きは ${free} です`,
      }
    },
    ({ free }) => ({
      en: `Add an instance with enough room to the cluster, or lower the size in kiban.yml${free ? ` to ${free} or less` : ''}`,
      ja: `十分に空いたインスタンスをクラスターに追加するか、kiban.yml の size を${free ? ` ${free} 以下に` : ''}下げてください`,
    }),
  ),
  'port-taken': told<{ port?: string; instance?: string }>(
    { en: 'host port taken', ja: 'ホストポート使用中' },
    ({ port, instance }) => ({
      en: `Host port ${port ?? 'of the task'} is taken on every container instance that would do${instance ? `, ${instance} among them` : ''}`,
      ja: `配置できるコンテナインスタンス${instance ? ` (${instance} など) ` : ''}のすべてで、ホストポート${port ? ` ${port} ` : ''}が使用中です`,
    }),
    () => ({
      en: 'Leave hostPort out, so that ECS takes a free one, or let the old task stop first (deploy.minimum_healthy_percent)',
      ja: 'hostPort を外して空きポートを割り当てさせるか、古いタスクが先に停止するよう deploy.minimum_healthy_percent を下げてください',
    }),
  ),
  'agent-away': told<{ instance?: string }>(
    { en: 'ECS agent away', ja: 'ECS エージェント未接続' },
    ({ instance }) => ({
      en: `The ECS agent of the container instance ${instance ?? ''} is not connected`,
      ja: `コンテナインスタンス ${instance ?? ''} の ECS エージェントが接続していません`,
    }),
    ({ instance }) => ({
      en: `Start the agent there again (systemctl restart ecs), or replace ${instance ?? 'the instance'}`,
      ja: `エージェントを再起動する (systemctl restart ecs) か、${instance ?? 'インスタンス'} を入れ替えてください`,
    }),
  ),
  'instance-unfit': told<{ what: string; instance?: string }>(
    { en: 'instances unfit', ja: 'インスタンス不適合' },
    ({ what, instance }) => ({
      en: `No container instance is as the task needs it; the closest${instance ? `, ${instance}` : ''}: ${what}`,
      ja: `タスクの条件に合うコンテナインスタンスがありません。最も近いもの${instance ? ` (${instance})` : ''}: ${what}`,
    }),
    () => ({
      en: "Compare the task's placement constraints, architecture and subnets with the instances (aws ecs describe-container-instances)",
      ja: 'タスクの配置制約、アーキテクチャ、サブネットをインスタンスと見比べてください (aws ecs describe-container-instances)',
    }),
  ),
  'no-addresses': told<{ subnet: string }>(
    { en: 'no address left', ja: 'IP アドレス枯渇' },
    ({ subnet }) => ({
      en: `The subnet ${subnet} has no free address for another task`,
      ja: `サブネット ${subnet} に、新しいタスクへ割り当てる IP アドレスが残っていません`,
    }),
    () => ({
      en: 'Add a larger subnet to the service (network.subnets), or lower deploy.maximum_percent',
      ja: 'より大きなサブネットを network.subnets に加えるか、deploy.maximum_percent を下げてください',
    }),
  ),
  'starts-impaired': told(
    { en: 'starts slowed down', ja: '起動の抑制' },
    () => ({
      en: 'Tasks failed to start so often that ECS waits ever longer before it tries again',
      ja: 'タスクの起動失敗が続いたため、ECS が再試行の間隔を延ばしています',
    }),
    () => ({
      en: 'Correct why the tasks do not start and deploy again: a new definition ends the waiting',
      ja: '起動しない原因を直して再度デプロイしてください。新しいタスク定義で待ち時間は解除されます',
    }),
  ),
  'ecs-throttled': told<{ service: string }>(
    { en: 'ECS throttled', ja: 'ECS の API 制限' },
    ({ service }) => ({
      en: `${service} throttles ECS itself, which tries again later`,
      ja: `${service} が ECS 自身の呼び出しを制限しており、ECS は後で再試行します`,
    }),
    () => ({
      en: 'Deploy fewer services at once, or ask AWS Support for a higher rate',
      ja: '同時にデプロイするサービスを減らすか、AWS サポートに上限の引き上げを依頼してください',
    }),
  ),
  stuck: told<{ minimum: string; maximum: string; count: string }>(
    { en: 'stuck by its percentages', ja: '割合の設定で停止' },
    ({ minimum, maximum, count }) => ({
      en: `With ${count} task(s), at least ${minimum} % healthy and at most ${maximum} % in all, ECS may neither start nor stop one`,
      ja: `タスク数 ${count}、最小 ${minimum} %、最大 ${maximum} % では、ECS はタスクを開始も停止もできません`,
    }),
    () => ({
      en: 'Raise deploy.maximum_percent or lower deploy.minimum_percent, so that one task more or less fits',
      ja: '1 タスク分の増減ができるように、deploy.maximum_percent を上げるか deploy.minimum_percent を下げてください',
    }),
  ),
  'protected-tasks': told(
    { en: 'protected tasks', ja: '保護されたタスク' },
    () => ({
      en: 'Old tasks protect themselves from being stopped, and hold the rollout up',
      ja: '古いタスクが停止から保護されているため、ロールアウトが進みません',
    }),
    () => ({
      en: 'Wait until they finish their work, or end the protection: aws ecs update-task-protection --no-protection-enabled',
      ja: '処理の完了を待つか、保護を解除してください: aws ecs update-task-protection --no-protection-enabled',
    }),
  ),
  alarm: told<{ names: string }>(
    { en: 'alarm', ja: 'アラーム発生' },
    ({ names }) => ({
      en: `The alarm ${names} rang during the rollout`,
      ja: `ロールアウト中にアラーム ${names} が発生しました`,
    }),
    ({ names }) => ({
      en: `Look at what ${names} measured while the new tasks ran, and correct that`,
      ja: `新しいタスクの稼働中に ${names} が測定した値を確認し、原因を直してください`,
    }),
  ),
  'alarms-ignored': told<{ names: string }>(
    { en: 'alarms ignored', ja: 'アラーム無効' },
    ({ names }) => ({
      en: `ECS watches no alarm during this rollout, because one rang when it began (${names})`,
      ja: `開始時にすでに発生していたアラームがあるため、ECS はこのロールアウト中アラームを監視しません (${names})`,
    }),
    ({ names }) => ({
      en: `Bring ${names} back to OK, then deploy again to be guarded by it`,
      ja: `${names} を OK に戻してから再度デプロイすると、監視の対象になります`,
    }),
  ),
  'hook-failed': told<{ hook: string; stage: string }>(
    { en: 'hook failed', ja: 'フック失敗' },
    ({ hook, stage }) => ({
      en: `The hook ${hook} of the stage ${stage} failed`,
      ja: `段階 ${stage} のフック ${hook} が失敗しました`,
    }),
    ({ hook }) => ({
      en: `Read the log of ${hook}: it answered FAILED, threw, or gave no hookStatus`,
      ja: `${hook} のログを確認してください。FAILED を返したか、例外が起きたか、hookStatus を返していません`,
    }),
  ),
  'hook-timed-out': told<{ hook: string; stage: string }>(
    { en: 'hook timed out', ja: 'フック時間切れ' },
    ({ hook, stage }) => ({
      en: `The hook ${hook} of the stage ${stage} did not end in time`,
      ja: `段階 ${stage} のフック ${hook} が時間内に終わりませんでした`,
    }),
    ({ hook }) => ({
      en: `Find out why ${hook} takes so long, or raise its timeout in kiban.yml`,
      ja: `${hook} に時間がかかる原因を調べるか、kiban.yml の timeout を延ばしてください`,
    }),
  ),
  'pause-expired': told<{ stage: string }>(
    { en: 'nobody went on', ja: '承認待ち時間切れ' },
    ({ stage }) => ({
      en: `Nobody said go on at the stage ${stage} before the pause ran out`,
      ja: `段階 ${stage} の一時停止が、続行の指示がないまま期限切れになりました`,
    }),
    () => ({
      en: 'Deploy again, and go on or go back while it waits',
      ja: 'もう一度デプロイし、待機中に続行かロールバックを選んでください',
    }),
  ),
  'pause-declined': told<{ stage: string }>(
    { en: 'declined', ja: '承認拒否' },
    ({ stage }) => ({
      en: `Somebody chose to go back at the stage ${stage}`,
      ja: `段階 ${stage} の一時停止で、ロールバックが選ばれました`,
    }),
    () => ({
      en: 'Ask who declined it what they saw, then deploy again',
      ja: 'ロールバックした人に理由を確認してから、再度デプロイしてください',
    }),
  ),
  superseded: told<{ by: string }>(
    { en: 'superseded', ja: '別のデプロイが開始' },
    ({ by }) => ({
      en: `A newer deployment of the service took its place${by === '' ? '' : ` (${by})`}`,
      ja: `より新しいデプロイ${by === '' ? '' : ` (${by})`} に置き換えられました`,
    }),
    () => ({
      en: 'See what runs now (kiban status), and deploy again if it is not what you want',
      ja: 'kiban status で現在の状態を確認し、必要なら再度デプロイしてください',
    }),
  ),
  stopped: told<{ by: string }>(
    { en: 'stopped', ja: '中止' },
    ({ by }) => ({
      en: by === '' ? 'Somebody stopped it in ECS, not through kiban' : `${by} stopped it`,
      ja: by === '' ? 'kiban 以外の手段で ECS のデプロイが中止されました' : `${by} が中止しました`,
    }),
    ({ by }) =>
      by === ''
        ? {
            en: 'Look up StopServiceDeployment in CloudTrail to see who it was',
            ja: 'CloudTrail で StopServiceDeployment を検索し、実行者を確認してください',
          }
        : { en: 'Deploy again when you are ready', ja: '準備ができたら再度デプロイしてください' },
  ),
  sibling: told<{ services: string }>(
    { en: 'went back with another', ja: '他のサービスの失敗' },
    ({ services }) => ({
      en: `It was taken back because ${services} failed`,
      ja: `${services} が失敗したため、元に戻しました`,
    }),
    ({ services }) => ({
      en: `Correct ${services}; with --keep-siblings the others stay`,
      ja: `${services} を直してください。--keep-siblings を付けると他のサービスは戻しません`,
    }),
  ),
  'spot-interrupted': told(
    { en: 'Spot interruption', ja: 'Spot 中断' },
    () => ({
      en: 'AWS took the Spot capacity of a task back',
      ja: 'AWS がタスクの Spot キャパシティを回収しました',
    }),
    () => ({
      en: 'Keep a base of tasks on FARGATE beside FARGATE_SPOT (capacity in kiban.yml)',
      ja: 'kiban.yml の capacity で、FARGATE_SPOT と並べて FARGATE のタスクを確保してください',
    }),
  ),
  'task-stopped': told<{ reason: string }>(
    { en: 'task stopped by hand', ja: '手動でタスク停止' },
    ({ reason }) => ({
      en: `Somebody stopped a task by hand${reason === '' ? '' : ` (${reason})`}`,
      ja: `タスクが手動で停止されました${reason === '' ? '' : ` (${reason})`}`,
    }),
    () => ({
      en: 'Look up StopTask in CloudTrail to see who it was, then deploy again',
      ja: 'CloudTrail で StopTask を検索して実行者を確認し、再度デプロイしてください',
    }),
  ),
  'nothing-to-go-back-to': told(
    { en: 'nothing to go back to', ja: '戻り先なし' },
    () => ({
      en: 'ECS found no earlier deployment to roll back to, and starts no more tasks',
      ja: 'ロールバック先となる過去のデプロイがないため、ECS は新しいタスクを開始しません',
    }),
    () => ({
      en: 'Correct the cause above and deploy again: a first deployment has nothing to fall back on',
      ja: '上の原因を直して再度デプロイしてください。初回のデプロイには戻り先がありません',
    }),
  ),
  deadline: told<{ minutes: string; waiting: string }>(
    { en: 'not done in time', ja: '期限切れ' },
    ({ minutes, waiting }) => ({
      en: `It was not done within ${minutes} min; ECS goes on (${waiting})`,
      ja: `${minutes} 分以内に終わりませんでした。ECS は続行中です (${waiting})`,
    }),
    () => ({
      en: 'Watch it with kiban status; if such a rollout needs longer, raise deploy.deadline',
      ja: 'kiban status で確認してください。通常この程度かかる場合は deploy.deadline を延ばしてください',
    }),
  ),
}
