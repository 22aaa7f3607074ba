// Why a task does not start: its image, its secrets, its log, its roles, its command.
import { told } from './cause-text.ts'

export const startCauses = {
  'image-missing': told<{ image: string }>(
    { en: 'image missing', ja: 'イメージがない' },
    ({ image }) => ({ en: `There is no image ${image}`, ja: `イメージ ${image} が存在しません` }),
    () => ({
      en: 'Push the image, or name one that is there (image in kiban.yml)',
      ja: 'イメージをプッシュするか、存在するイメージを kiban.yml の image に指定してください',
    }),
  ),
  'image-denied': told<{ image: string; role: string }>(
    { en: 'image not allowed', ja: 'イメージ取得の権限不足' },
    ({ image, role }) => ({
      en: `The role ${role} may not pull ${image}`,
      ja: `ロール ${role} には ${image} を取得する権限がありません`,
    }),
    ({ role }) => ({
      en: `Allow ${role} ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer`,
      ja: `${role} に ecr:GetAuthorizationToken、ecr:BatchGetImage、ecr:GetDownloadUrlForLayer を許可してください`,
    }),
  ),
  'registry-unreachable': told<{ registry: string }>(
    { en: 'registry out of reach', ja: 'レジストリに到達不可' },
    ({ registry }) => ({
      en: `The task could not reach the registry ${registry}`,
      ja: `タスクからレジストリ ${registry} に接続できませんでした`,
    }),
    () => ({
      en: "Give the tasks' subnets a way out: a NAT gateway, or VPC endpoints for ecr.api, ecr.dkr and s3",
      ja: 'タスクのサブネットに出口を用意してください (NAT ゲートウェイ、または ecr.api・ecr.dkr・s3 の VPC エンドポイント)',
    }),
  ),
  'registry-limit': told<{ registry: string }>(
    { en: 'registry limits pulls', ja: 'レジストリの取得回数制限' },
    ({ registry }) => ({
      en: `${registry} has had too many pulls from these addresses`,
      ja: `${registry} が、このアドレスからの取得回数を制限しています`,
    }),
    () => ({
      en: 'Copy the image to ECR (a pull-through cache does it by itself) and name that',
      ja: 'イメージを ECR にコピーし (プルスルーキャッシュなら自動)、そちらを指定してください',
    }),
  ),
  architecture: told<{ image: string; wanted: string; found: string }>(
    { en: 'wrong architecture', ja: 'アーキテクチャ不一致' },
    ({ image, wanted, found }) => ({
      en: `${image} is ${found === '' ? 'not for' : `for ${found}, not for`} ${wanted}`,
      ja: found === '' ? `${image} は ${wanted} 用ではありません` : `${image} は ${found} 用で、${wanted} 用ではありません`,
    }),
    ({ wanted }) => ({
      en: `Build the image for ${wanted}, or set architecture in kiban.yml to what the image is for`,
      ja: `イメージを ${wanted} 用にビルドするか、kiban.yml の architecture をイメージに合わせてください`,
    }),
  ),
  'parameter-missing': told<{ name: string }>(
    { en: 'parameter missing', ja: 'パラメータがない' },
    ({ name }) => ({ en: `There is no parameter ${name}`, ja: `パラメータ ${name} が存在しません` }),
    ({ name }) => ({
      en: `Create it: aws ssm put-parameter --type SecureString --name ${name} --value …`,
      ja: `作成してください: aws ssm put-parameter --type SecureString --name ${name} --value …`,
    }),
  ),
  'secret-missing': told<{ name: string }>(
    { en: 'secret missing', ja: 'シークレットがない' },
    ({ name }) => ({ en: `There is no secret ${name}`, ja: `シークレット ${name} が存在しません` }),
    () => ({
      en: 'Create it in Secrets Manager, or correct its name in kiban.yml',
      ja: 'Secrets Manager に作成するか、kiban.yml の名前を直してください',
    }),
  ),
  'secret-key-missing': told<{ name: string; key: string }>(
    { en: 'key missing in a secret', ja: 'シークレットのキーがない' },
    ({ name, key }) => ({
      en: `The secret ${name} has no JSON key ${key}`,
      ja: `シークレット ${name} に JSON キー ${key} がありません`,
    }),
    ({ key }) => ({
      en: `Add ${key} to the secret's JSON, or correct the key in kiban.yml`,
      ja: `シークレットの JSON に ${key} を追加するか、kiban.yml のキーを直してください`,
    }),
  ),
  'secret-denied': told<{ name: string; role: string; action: string }>(
    { en: 'secret unreadable', ja: 'シークレットを読めない' },
    ({ name, role }) => ({
      en: `The role ${role} may not read ${name}`,
      ja: `ロール ${role} には ${name} を読む権限がありません`,
    }),
    ({ name, role, action }) => ({
      en: `Allow ${role} ${action} on ${name}`,
      ja: `${role} に ${name} への ${action} を許可してください`,
    }),
  ),
  'key-denied': told<{ key: string; role: string }>(
    { en: 'KMS key denied', ja: 'KMS キーの権限不足' },
    ({ key, role }) => ({
      en: `The role ${role} may not decrypt with the key ${key}`,
      ja: `ロール ${role} にはキー ${key} で復号する権限がありません`,
    }),
    ({ key, role }) => ({
      en: `Allow ${role} kms:Decrypt on ${key}, in its policy and in the key's`,
      ja: `${role} のポリシーとキーポリシーの両方で、${key} への kms:Decrypt を許可してください`,
    }),
  ),
  'aws-unreachable': told<{ service: string }>(
    { en: 'AWS out of reach', ja: 'AWS に到達不可' },
    ({ service }) => ({
      en: `The task could not reach ${service}`,
      ja: `タスクから ${service} に接続できませんでした`,
    }),
    ({ service }) => ({
      en: `Give the tasks' subnets a way to ${service}: a NAT gateway or its VPC endpoint, and an outbound rule for 443`,
      ja: `タスクのサブネットから ${service} への経路 (NAT ゲートウェイまたは VPC エンドポイント、443 番の送信ルール) を用意してください`,
    }),
  ),
  'log-group-missing': told<{ group: string }>(
    { en: 'log group missing', ja: 'ロググループがない' },
    ({ group }) => ({ en: `There is no log group ${group}`, ja: `ロググループ ${group} が存在しません` }),
    ({ group }) => ({
      en: `Create it: aws logs create-log-group --log-group-name ${group}`,
      ja: `作成してください: aws logs create-log-group --log-group-name ${group}`,
    }),
  ),
  'log-denied': told<{ group: string; role: string }>(
    { en: 'log not allowed', ja: 'ログ出力の権限不足' },
    ({ group, role }) => ({
      en: `The role ${role} may not write to the log group ${group}`,
      ja: `ロール ${role} にはロググループ ${group} に書き込む権限がありません`,
    }),
    ({ group, role }) => ({
      en: `Allow ${role} logs:CreateLogStream and logs:PutLogEvents on ${group}`,
      ja: `${role} に ${group} への logs:CreateLogStream と logs:PutLogEvents を許可してください`,
    }),
  ),
  'role-missing': told<{ role: string; principal?: string }>(
    { en: 'role missing', ja: 'ロールがない' },
    ({ role }) => ({ en: `There is no role ${role}`, ja: `ロール ${role} が存在しません` }),
    ({ role, principal = 'ecs-tasks.amazonaws.com' }) => ({
      en: `Create ${role} with ${principal} as its trusted service, or name another role in kiban.yml`,
      ja: `信頼先を ${principal} として ${role} を作成するか、kiban.yml で別のロールを指定してください`,
    }),
  ),
  'role-unusable': told<{ role: string; principal?: string }>(
    { en: 'role not assumable', ja: 'ロールを引き受けられない' },
    ({ role, principal }) =>
      principal === undefined
        ? { en: `Tasks cannot assume the role ${role}`, ja: `タスクがロール ${role} を引き受けられません` }
        : { en: `${principal} cannot assume the role ${role}`, ja: `${principal} がロール ${role} を引き受けられません` },
    ({ role, principal = 'ecs-tasks.amazonaws.com' }) => ({
      en: `Let ${principal} assume ${role} in its trust policy, and make sure that it exists`,
      ja: `${role} が存在することを確認し、信頼ポリシーで ${principal} の AssumeRole を許可してください`,
    }),
  ),
  'command-not-found': told<{ command: string; container: string }>(
    { en: 'command not found', ja: 'コマンドがない' },
    ({ command, container }) => ({
      en: `${container} has no program ${command}`.replace(/ $/, ''),
      ja: `${container} にプログラム ${command} がありません`.replace('  ', ' '),
    }),
    () => ({
      en: 'Correct CMD or ENTRYPOINT of the Dockerfile (or command in kiban.yml), or add the program to the image',
      ja: 'Dockerfile の CMD・ENTRYPOINT (または kiban.yml の command) を直すか、プログラムをイメージに加えてください',
    }),
  ),
  'command-not-executable': told<{ command: string; container: string }>(
    { en: 'permission denied', ja: '実行権限がない' },
    ({ command, container }) => ({
      en: `${container} may not run ${command === '' ? 'its program' : command}`,
      ja: `${container} で ${command === '' ? 'プログラム' : command} を実行する権限がありません`,
    }),
    () => ({
      en: 'Make the file executable in the image: chmod +x, or COPY --chmod=755',
      ja: 'イメージ内のファイルに実行権限を付けてください (chmod +x、または COPY --chmod=755)',
    }),
  ),
  'cannot-start': told<{ container: string; reason: string }>(
    { en: 'container not started', ja: 'コンテナが起動できない' },
    ({ container, reason }) => ({
      en: `${container} could not be started: ${reason}`,
      ja: `${container} を起動できませんでした: ${reason}`,
    }),
    () => ({
      en: 'Look the reason up: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html',
      ja: '理由を調べてください: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html',
    }),
  ),
  'dependency-failed': told<{ container: string; on: string }>(
    { en: 'dependency failed', ja: '依存コンテナの失敗' },
    ({ container, on }) => ({
      en: `${container} never started, because ${on}, on which it depends, failed`,
      ja: `依存先の ${on} が失敗したため、${container} は起動しませんでした`,
    }),
    ({ on }) => ({
      en: `Repair ${on} first; its log says why it failed`,
      ja: `先に ${on} を直してください。失敗の理由はそのログにあります`,
    }),
  ),
}
