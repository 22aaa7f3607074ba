// Why a whole deployment ends before its rollouts do, and what stands in its way before anything changes.
import type { Text } from '../text.ts'
import { told } from './cause-text.ts'

export const deploymentCauses = {
  'migration-failed': told<{ task: string; exit: string; line: string }>(
    { en: 'migration failed', ja: '事前タスクの失敗' },
    ({ task, exit, line }) => ({
      en: `${task} ${exit === '' ? 'did not end well' : `ended with exit code ${exit}`}${line === '' ? '' : `: ${line}`}`,
      ja: `${task} が${exit === '' ? '正常に終わりませんでした' : `終了コード ${exit} で終わりました`}${line === '' ? '' : `: ${line}`}`,
    }),
    ({ task }) => ({
      en: `Correct ${task} and deploy again; no service was changed`,
      ja: `${task} を直して再度デプロイしてください。サービスは変更していません`,
    }),
  ),
  'migration-timed-out': told<{ task: string; seconds: string }>(
    { en: 'migration timed out', ja: '事前タスクの時間切れ' },
    ({ task, seconds }) => ({
      en: `${task} was still running after ${seconds} s`,
      ja: `${task} が ${seconds} 秒たっても終わりませんでした`,
    }),
    ({ task }) => ({
      en: `See whether it waits for a lock; if it needs longer, raise tasks.${task}.timeout`,
      ja: `ロック待ちでないか確認し、時間が必要な場合は tasks.${task}.timeout を延ばしてください`,
    }),
  ),
  'task-failed': told<{ task: string; exit: string; line: string }>(
    { en: 'task failed', ja: 'タスクの失敗' },
    ({ task, exit, line }) => ({
      en: `${task} ${exit === '' ? 'did not end well' : `ended with exit code ${exit}`}${line === '' ? '' : `: ${line}`}`,
      ja: `${task} が${exit === '' ? '正常に終わりませんでした' : `終了コード ${exit} で終わりました`}${line === '' ? '' : `: ${line}`}`,
    }),
    ({ task }) => ({
      en: `Correct what its log says, and run ${task} again`,
      ja: `ログの内容に対処してから、${task} をもう一度実行してください`,
    }),
  ),
  'task-timed-out': told<{ task: string; seconds: string }>(
    { en: 'task timed out', ja: 'タスクの時間切れ' },
    ({ task, seconds }) => ({
      en: `${task} was still running after ${seconds} s, and was stopped`,
      ja: `${task} が ${seconds} 秒たっても終わらず、停止しました`,
    }),
    ({ task }) => ({
      en: `See what it waits for; if it needs longer, give --timeout or raise the timeout of ${task} in kiban.yml`,
      ja: `何を待っているか確認し、時間が必要な場合は --timeout を指定するか、kiban.yml で ${task} の timeout を延ばしてください`,
    }),
  ),
  'build-failed': told<{ what: Text; line: string }>(
    { en: 'build failed', ja: 'ビルド失敗' },
    ({ what, line }) => ({
      en: `${what.en}${line === '' ? '' : `: ${line}`}`,
      ja: `${what.ja}${line === '' ? '' : `: ${line}`}`,
    }),
    () => ({
      en: 'Correct the step of the Dockerfile that failed; nothing was changed',
      ja: '失敗した Dockerfile のステップを直してください。何も変更していません',
    }),
  ),
  'refused-by-aws': told<{ words: Text }>(
    { en: 'refused by AWS', ja: 'AWS による拒否' },
    ({ words }) => words,
    () => ({
      en: 'Correct what AWS names, in kiban.yml or in the account, and deploy again',
      ja: 'AWS が示す箇所を kiban.yml またはアカウント側で直し、再度デプロイしてください',
    }),
  ),
  'not-permitted': told<{ words: Text }>(
    { en: 'not permitted', ja: '権限不足' },
    ({ words }) => words,
    () => ({
      en: 'Give the role that deploys this permission (aws sts get-caller-identity shows who that is)',
      ja: 'デプロイを実行するロールにこの権限を与えてください (aws sts get-caller-identity で確認できます)',
    }),
  ),
  'api-throttled': told<{ words: Text }>(
    { en: 'API throttled', ja: 'API 制限' },
    ({ words }) => words,
    () => ({
      en: 'Deploy again in a minute; if it comes back, see in CloudTrail what else calls this API so often',
      ja: '1 分ほど待って再度デプロイしてください。続く場合は、同じ API を多用しているものを CloudTrail で確認してください',
    }),
  ),
  'other-account': told<{ words: Text }>(
    { en: 'other account', ja: 'アカウント不一致' },
    ({ words }) => words,
    () => ({
      en: 'Use credentials of the account that kiban.yml names (AWS_PROFILE)',
      ja: 'kiban.yml のアカウントの認証情報を使ってください (AWS_PROFILE)',
    }),
  ),
  'cluster-missing': told<{ cluster: string }>(
    { en: 'cluster missing', ja: 'クラスターがない' },
    ({ cluster }) => ({ en: `There is no cluster ${cluster}`, ja: `クラスター ${cluster} が存在しません` }),
    ({ cluster }) => ({
      en: `Create it (aws ecs create-cluster --cluster-name ${cluster}), or name another (environments.….cluster)`,
      ja: `作成するか (aws ecs create-cluster --cluster-name ${cluster})、environments の cluster で別のものを指定してください`,
    }),
  ),
  'capacity-unknown': told<{ provider: string; cluster: string }>(
    { en: 'capacity provider missing', ja: 'キャパシティプロバイダーがない' },
    ({ provider, cluster }) => ({
      en: `The cluster ${cluster} does not have the capacity provider ${provider}`,
      ja: `クラスター ${cluster} にキャパシティプロバイダー ${provider} が関連付けられていません`,
    }),
    ({ provider, cluster }) => ({
      en: `Associate ${provider} with ${cluster} (aws ecs put-cluster-capacity-providers)`,
      ja: `${provider} を ${cluster} に関連付けてください (aws ecs put-cluster-capacity-providers)`,
    }),
  ),
  'repository-missing': told<{ repository: string }>(
    { en: 'repository missing', ja: 'リポジトリがない' },
    ({ repository }) => ({ en: `There is no ECR repository ${repository}`, ja: `ECR リポジトリ ${repository} が存在しません` }),
    ({ repository }) => ({
      en: `Create it: aws ecr create-repository --repository-name ${repository}`,
      ja: `作成してください: aws ecr create-repository --repository-name ${repository}`,
    }),
  ),
  'process-image': told<{ image: string }>(
    { en: 'image of the process builder', ja: 'process ビルダーのイメージ' },
    ({ image }) => ({
      en: `${image} was built by the process builder, which is for laptops and the sandbox`,
      ja: `${image} は process ビルダー (手元とサンドボックス用) で作られています`,
    }),
    () => ({
      en: 'Build it with docker, podman or buildah; or set KIBAN_BUILDER=process where that is what you want',
      ja: 'docker・podman・buildah でビルドしてください。意図したものであれば KIBAN_BUILDER=process を設定してください',
    }),
  ),
  'network-missing': told<{ looked: string }>(
    { en: 'subnets missing', ja: 'サブネットがない' },
    ({ looked }) => ({
      en: `No subnet was found (looked for ${looked})`,
      ja: `サブネットが見つかりません (検索した名前: ${looked})`,
    }),
    () => ({
      en: 'Name the subnets in kiban.yml: network: { subnets: [...] } under the environment or the service',
      ja: 'kiban.yml の環境またはサービスに network: { subnets: [...] } を指定してください',
    }),
  ),
  'security-group-missing': told<{ group: string }>(
    { en: 'security group missing', ja: 'セキュリティグループがない' },
    ({ group }) => ({ en: `There is no security group ${group}`, ja: `セキュリティグループ ${group} が存在しません` }),
    () => ({
      en: 'Create it, or name another one (network.security_groups)',
      ja: '作成するか、network.security_groups で別のものを指定してください',
    }),
  ),
  'target-group-missing': told<{ name: string }>(
    { en: 'target group missing', ja: 'ターゲットグループがない' },
    ({ name }) => ({ en: `There is no target group ${name}`, ja: `ターゲットグループ ${name} が存在しません` }),
    () => ({
      en: 'Create it, name another one (names.target_group), or set load_balancer: false',
      ja: '作成するか、names.target_group で別のものを指定するか、load_balancer: false を指定してください',
    }),
  ),
  'target-group-unfit': told<{ name: string; found: string; wanted: string }>(
    { en: 'target group does not fit', ja: 'ターゲットグループ不適合' },
    ({ name, found, wanted }) => ({
      en: `The target group ${name} is ${found}, where ${wanted} is needed`,
      ja: `ターゲットグループ ${name} は ${found} ですが、${wanted} である必要があります`,
    }),
    ({ wanted }) => ({
      en: `Make a target group that is ${wanted}, and name it (names.target_group): these settings cannot be changed`,
      ja: `${wanted} のターゲットグループを作成し、names.target_group に指定してください (この設定は後から変更できません)`,
    }),
  ),
  'target-group-idle': told<{ name: string }>(
    { en: 'target group without listener', ja: 'リスナーのないターゲットグループ' },
    ({ name }) => ({
      en: `No listener sends to the target group ${name}, and ECS refuses such a one`,
      ja: `ターゲットグループ ${name} に転送するリスナーがないため、ECS に拒否されます`,
    }),
    ({ name }) => ({
      en: `Add a listener or a rule that forwards to ${name}`,
      ja: `${name} へ転送するリスナーまたはルールを追加してください`,
    }),
  ),
  'few-addresses': told<{ free: string; wanted: string; subnets: string }>(
    { en: 'too few addresses', ja: 'IP アドレス不足' },
    ({ free, wanted, subnets }) => ({
      en: `The rollout may start ${wanted} tasks more, and ${subnets} have ${free} addresses left`,
      ja: `ロールアウト中に最大 ${wanted} タスクが追加されますが、${subnets} の空きアドレスは ${free} です`,
    }),
    () => ({
      en: 'Add a larger subnet to the service (network.subnets), or lower deploy.maximum_percent',
      ja: 'より大きなサブネットを network.subnets に加えるか、deploy.maximum_percent を下げてください',
    }),
  ),
  'alarm-unknown': told<{ names: string }>(
    { en: 'alarm missing', ja: 'アラームがない' },
    ({ names }) => ({ en: `There is no alarm ${names}`, ja: `アラーム ${names} が存在しません` }),
    () => ({
      en: 'Create it, or take it out of deploy.alarms: as it is, nothing guards the rollout',
      ja: '作成するか、deploy.alarms から外してください。このままではロールアウトが監視されません',
    }),
  ),
  'breaker-off': told(
    { en: 'circuit breaker off', ja: 'サーキットブレーカー無効' },
    () => ({
      en: 'The circuit breaker is off: a rollout whose tasks keep failing goes on until kiban gives up waiting',
      ja: 'サーキットブレーカーが無効です。タスクが失敗し続けても、kiban の待機期限までロールアウトが続きます',
    }),
    () => ({
      en: 'Set deploy.circuit_breaker: true unless tasks may fail for long',
      ja: '長く失敗し続けてもよい場合を除き、deploy.circuit_breaker: true にしてください',
    }),
  ),
  unknown: told<{ words: string }>(
    { en: 'unknown', ja: '原因不明' },
    ({ words }) => ({
      en: words === '' ? 'kiban does not know this failure' : `kiban does not know this failure: ${words}`,
      ja: words === '' ? 'kiban が知らない失敗です' : `kiban が知らない失敗です: ${words}`,
    }),
    () => ({
      en: 'Read the evidence, and tell the project about it so that it becomes a known cause',
      ja: '下の証拠を確認してください。プロジェクトに報告いただくと、原因として登録できます',
    }),
  ),
}
