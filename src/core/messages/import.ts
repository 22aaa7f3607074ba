// What is said of another tool's files when they become a manifest: what is lost, what behaves otherwise, and why.
import type { Text } from '../text.ts'

const text = (en: string, ja: string): Text => ({ en, ja })

export const imports = {
  correctHint: text('Correct it there; nothing was written', '元のファイルを直してください。何も書き込んでいません'),
  nothingFound: (tool: string, folder: string): Text =>
    text(`There are no files of ${tool} in ${folder}`, `${folder} に ${tool} のファイルがありません`),
  nothingFoundHint: (looked: string): Text =>
    text(`Name the repository that has ${looked}`, `${looked} があるリポジトリを指定してください`),
  unreadable: (tool: string): Text =>
    text(`What ${tool} does here cannot be carried over as it is`, `${tool} のここでの動作はそのまま引き継げません`),
  unreadableHint: (tool: string): Text =>
    text(
      `kiban import ${tool} lists it all and writes what can be carried into a kiban.yml`,
      `kiban import ${tool} で一覧を確認でき、引き継げる分は kiban.yml に書き出せます`,
    ),
  convertedNotice: (tool: string, file: string): Text =>
    text(
      `There is no kiban.yml: read from ${file} of ${tool}. kiban import ${tool} --write makes one of it`,
      `kiban.yml がないため ${tool} の ${file} を使います。kiban import ${tool} --write で kiban.yml を作成できます`,
    ),

  unknownKey: (key: string): Text => text(`"${key}" is no key of that tool`, `「${key}」は元のツールにないキーです`),
  noMeaning: (key: string): Text =>
    text(`"${key}" was accepted and never did anything`, `「${key}」は書けましたが、何の効果もありませんでした`),
  templateMissing: (path: string): Text => text(`there is no ${path}`, `${path} がありません`),
  templateEmpty: (path: string): Text => text(`${path} has no containers`, `${path} にコンテナがありません`),
  containerUnknown: (name: string, path: string): Text =>
    text(`${path} has no container "${name}"`, `${path} に「${name}」というコンテナがありません`),
  nothingBuilt: text(
    'nothing is built, which genova refuses ("Push image is not found."); kiban takes the image that the template names',
    'ビルドするものがなく、genova では失敗します (Push image is not found.)。kiban はテンプレートのイメージを使います',
  ),
  outside: (path: string): Text => text(`${path} is outside of what may be read here`, `${path} は読み取れる範囲の外にあります`),
  kmsArgument: (name: string): Text =>
    text(
      `the build argument ${name} is an encrypted value: it would stay in the image for everybody to read. Mount it in the Dockerfile as a secret, or read it when the container starts`,
      `ビルド引数 ${name} は暗号化された値です。イメージに残って誰でも読めるため使えません。Dockerfile で secret としてマウントするか、起動時に読み取ってください`,
    ),
  tagWithoutBuild: (container: string): Text =>
    text(
      `the image of "${container}" has {{tag}}, but nothing builds it`,
      `「${container}」のイメージに {{tag}} がありますが、ビルドするものがありません`,
    ),
  notInRegistry: (container: string): Text =>
    text(
      `the image of "${container}" is not in ECR, where what is built is pushed to`,
      `「${container}」のイメージが、ビルドした結果の送り先である ECR を指していません`,
    ),
  unmatched: (name: string): Text =>
    text(
      `task_overrides names the container "${name}", which the template has not; it never had an effect`,
      `task_overrides の「${name}」はテンプレートにないコンテナで、効果がありませんでした`,
    ),
  memberUnknown: (name: string): Text =>
    text(`"${name}" is no member of an ECS container definition`, `「${name}」は ECS コンテナ定義のメンバーではありません`),
  kmsUnreadable: (variable: string): Text =>
    text(
      `${variable} is written as \${…} and holds no KMS ciphertext`,
      `${variable} は \${…} の形ですが KMS の暗号文ではありません`,
    ),
  kmsValue: (variable: string): Text =>
    text(
      `${variable} is decrypted by KMS into the task definition, where it can be read; better put it into the parameter store and name it under "secrets"`,
      `${variable} は KMS で復号され、タスク定義に平文で残ります。パラメータストアに置いて「secrets」で指定することを勧めます`,
    ),
  secretMoved: (variable: string, parameter: string): Text =>
    text(
      `${variable} holds what looks like a secret: put the value into ${parameter}, from where it is read now`,
      `${variable} に秘密の値らしきものがあります。値を ${parameter} に置いてください (今後はそこから読みます)`,
    ),
  tagVariable: text(
    '{{tag}} outside of an image becomes {commit}, the first twelve characters of the commit; it was build-<job>',
    'イメージ以外の {{tag}} は {commit} (コミットの先頭 12 文字) になります。以前は build-<ジョブ> でした',
  ),
  environmentOf: (cluster: string, name: string): Text =>
    text(`the cluster ${cluster} is the environment "${name}"`, `クラスター ${cluster} は環境「${name}」になります`),
  nameTaken: (name: string): Text =>
    text(`"${name}" is there already; this one was left out`, `「${name}」はすでにあるため、こちらは除きました`),
  noName: (name: string): Text => text(`"${name}" makes no name`, `「${name}」からは名前を作れません`),
  forceDeployment: text(
    'genova never sent it. kiban rolls what has changed; kiban deploy --force rolls the rest',
    'genova は送信していませんでした。kiban は変わったものだけを入れ替えます。すべて入れ替えるには kiban deploy --force を使います',
  ),
  countSent: text(
    'genova never sent it; kiban does. Write count: keep where autoscaling owns the number',
    'genova は送信していませんでしたが、kiban は送信します。オートスケールに任せる場合は count: keep にしてください',
  ),
  graceSent: text('genova never sent it; kiban does', 'genova は送信していませんでしたが、kiban は送信します'),
  graceWithoutPort: text(
    'only a service behind a load balancer has a grace period, and this container has no port in awsvpc mode',
    '猶予時間はロードバランサーのあるサービス専用ですが、このコンテナには awsvpc モードのポートがありません',
  ),
  outOfRange: (key: string): Text => text(`"${key}" is not a value that ECS takes`, `「${key}」は ECS で使える値ではありません`),
  taskCount: text(
    'a task of kiban runs once when it is asked; --count starts several',
    'kiban のタスクは指示のたびに 1 つ起動します。複数起動するには --count を使います',
  ),
  taskGroup: text('kiban sets no group of its own', 'kiban はグループを指定しません'),
  ruleGoesOn: (rule: string, enabled: boolean): Text =>
    enabled
      ? text(
          `the rule ${rule} goes on starting it: take "enabled: false" away here once the rule is disabled, so that it never starts twice`,
          `ルール ${rule} が引き続き起動します。二重に起動しないよう、ルールを無効にしてから「enabled: false」を外してください`,
        )
      : text(`the rule ${rule} is disabled, and so is the schedule`, `ルール ${rule} は無効で、スケジュールも無効にします`),
  rulesStay: text(
    'its rules stay as they are, but that those which run a service’s definition get the new one',
    'ルールはそのままです。サービスのタスク定義を使うルールには新しい定義が設定されます',
  ),
  eventsRole: text(
    'it was EventBridge’s role for the old rule; schedules have one of their own',
    '以前の EventBridge ルール用のロールです。スケジュールには専用のロールがあります',
  ),
  oldSpelling: (old: string, now: string): Text =>
    text(`"${old}" is an old spelling of ${now}`, `「${old}」は ${now} の古い書き方です`),
  otherContainer: (name: string): Text =>
    text(
      `only the own container of a task takes a command and variables, not "${name}"`,
      `コマンドと環境変数を指定できるのはタスク本体のコンテナだけで、「${name}」には指定できません`,
    ),
  overrideMember: (name: string): Text =>
    text(`a task cannot change "${name}" of its container`, `タスクからコンテナの「${name}」は変更できません`),
  cron: (expression: string): Text =>
    text(
      `${expression} says what five fields of cron cannot (L, W, #, a year, or day and weekday together)`,
      `${expression} は 5 欄の cron では表せません (L・W・#、年の指定、日と曜日の同時指定)`,
    ),
  resourceUnknown: (kind: string, name: string, cluster: string): Text =>
    text(`${cluster} has no ${kind} "${name}"`, `${cluster} に ${kind}「${name}」はありません`),
  clusterUnknown: (cluster: string): Text =>
    text(`there is no cluster "${cluster}"`, `「${cluster}」というクラスターはありません`),
  runFor: (workflow: string, environment: string): Text =>
    text(
      `its steps are of several environments: run ${workflow} for ${environment}, the other steps say theirs`,
      `ステップが複数の環境にまたがっています。${workflow} は ${environment} に対して実行してください (ほかの環境は各ステップに書かれます)`,
    ),
  branchTwice: (branch: string): Text =>
    text(
      `${branch} is there twice; the first one won, and still does`,
      `${branch} が重複しています。これまでどおり先のものが使われます`,
    ),
  branchPattern: (pattern: string): Text =>
    text(
      `genova took every branch that has "${pattern.split('*')[0]}" anywhere in it; kiban takes ${pattern} from the first to the last letter`,
      `genova は「${pattern.split('*')[0]}」をどこかに含むブランチすべてを対象にしていました。kiban は ${pattern} に全体が一致するものだけを対象にします`,
    ),
  target: (name: string, command: string): Text =>
    text(`instead of --target ${name}: ${command}`, `--target ${name} の代わり: ${command}`),
  targetIncomplete: (name: string): Text =>
    text(`the target "${name}" names nothing to deploy`, `ターゲット「${name}」にデプロイ対象がありません`),
  ownedSettings: text(
    'kiban sets the circuit breaker with rollback, the percentages (100 and 200 where none are written) and the shell of each service; kiban plan shows what that changes',
    'kiban は各サービスの巻き戻し付きサーキットブレーカー、割合 (指定がなければ 100 と 200)、シェルの可否を設定します。変わる点は kiban plan で確認できます',
  ),
  leftOut: (why: Text): Text => text(`left out: ${why.en}`, `除外: ${why.ja}`),

  stepBranch: (branch: string): Text =>
    text(`the branch ${branch} is given when the workflow is run`, `ブランチ ${branch} はワークフローの実行時に指定します`),
  otherRepository: (resource: string, repository: string): Text =>
    text(
      `this step releases "${resource}" from the repository "${repository}"; did you mean repository: ${resource}?`,
      `このステップはリポジトリ「${repository}」の「${resource}」をリリースします。repository: ${resource} ではありませんか`,
    ),
  repositoryUnknown: (name: string): Text =>
    text(`"${name}" is not among the repositories`, `「${name}」は repositories にありません`),
  aliasTwice: (name: string): Text => text(`the alias "${name}" is there twice`, `エイリアス「${name}」が重複しています`),
  noAccount: text('without an account there is no address', 'account がないためアドレスを作れません'),
  permissionPolicy: (policy: string): Text => text(`there is no policy "${policy}"`, `「${policy}」というポリシーはありません`),
  permissionEverybody: text('everybody may', '全員に許可されます'),
  settingKey: (key: string): Text =>
    text(`"${key}" is a setting of genova's own servers`, `「${key}」は genova のサーバー自体の設定です`),

  functionUnset: (call: string): Text =>
    text(
      `${call} has no value here; give it with --env or --tfstate`,
      `${call} の値がありません。--env または --tfstate で指定してください`,
    ),
  functionUnknown: (call: string): Text =>
    text(`${call} is no function that can be resolved here`, `${call} はここでは解決できない関数です`),
  stateHint: text(
    'terraform state pull > terraform.tfstate writes it',
    'terraform state pull > terraform.tfstate で書き出せます',
  ),
  jsonnet: (file: string): Text =>
    text(
      `${file} is Jsonnet, a program. Render it first: ecspresso render taskdef > taskdef.json, and name that file`,
      `${file} は Jsonnet (プログラム) です。先に ecspresso render taskdef > taskdef.json で書き出し、そのファイルを指定してください`,
    ),
  isProgram: (file: string): Text =>
    text(`${file} is a program, and only data is read`, `${file} はプログラムです。データだけを読み取れます`),
  initProcess: text(
    'the definition gets an init process, which collects what a shell leaves behind',
    'シェルが残すプロセスを片付けるため、定義に init プロセスを加えます',
  ),
  besideStack: text(
    'Copilot’s service stands in a CloudFormation stack whose names its files do not tell: name it under "names", or kiban makes a service of its own and the stack is deleted afterwards',
    'Copilot のサービスは CloudFormation スタックにあり、その名前はファイルから分かりません。「names」で指定するか、kiban で新しく作成したあとスタックを削除してください',
  ),
  bareParameter: text(
    'a parameter without a slash cannot stand beside a secret of Secrets Manager; write its ARN',
    'スラッシュのないパラメータ名は Secrets Manager の値と並べて指定できません。ARN で指定してください',
  ),
  needsShell: text(
    'the line needs a shell; write the program and its arguments as a list',
    'シェルが必要な書き方です。プログラムと引数をリストで指定してください',
  ),
  notJson: (file: string): Text =>
    text(`${file} is not JSON once its functions are resolved`, `${file} は関数を解決しても JSON になりません`),
  ownByInfra: (key: string): Text =>
    text(
      `"${key}" belongs to the infrastructure, which kiban leaves as it is`,
      `「${key}」はインフラ側の設定で、kiban は変更しません`,
    ),
  notCarried: (key: string): Text => text(`kiban has no key for "${key}"`, `「${key}」に当たるキーが kiban にありません`),
  typeUnknown: (type: string): Text =>
    text(
      `the type "${type}" is not one that becomes a service or schedule`,
      `種類「${type}」はサービスやスケジュールにできません`,
    ),
  scheduleUnknown: (schedule: string): Text =>
    text(`"${schedule}" is no schedule that kiban can keep`, `「${schedule}」は kiban で表せないスケジュールです`),

  summaryGenova: text('Make a kiban.yml of genova’s files', 'genova のファイルから kiban.yml を作成する'),
  summaryEcspresso: text('Make a kiban.yml of ecspresso’s files', 'ecspresso のファイルから kiban.yml を作成する'),
  summaryCopilot: text('Make a kiban.yml of Copilot’s files', 'Copilot のファイルから kiban.yml を作成する'),
  fieldDir: text('The repository; the current folder by default', 'リポジトリ。既定は現在のフォルダ'),
  fieldWrite: text('Write kiban.yml; without it, it is only shown', 'kiban.yml を書き込む (省略時は表示のみ)'),
  fieldForce: text('Replace a kiban.yml that is there', '既存の kiban.yml を上書きする'),
  fieldName: text('Name of the product; that of the folder by default', 'プロダクトの名前。既定はフォルダ名'),
  fieldSettings: text(
    'genova’s own settings.yml: its workflows, permissions and repositories',
    'genova 自体の settings.yml (workflows・permissions・repositories)',
  ),
  fieldVariable: text('A variable for must_env and env: NAME=VALUE', 'must_env と env で使う変数 (NAME=VALUE)'),
  fieldState: text('A Terraform state file for tfstate', 'tfstate で使う Terraform のステートファイル'),
  existsHint: text(
    'Without --write it is only shown; --force replaces the file',
    '--write を付けなければ表示のみ。--force で上書きします',
  ),
  introduction: (tool: string, files: readonly string[]): Text =>
    text(
      `Written by kiban import ${tool} from ${files.join(', ')}.\nCheck it with: kiban manifest check    Every key there is: kiban manifest example`,
      `kiban import ${tool} が ${files.join('、')} から作成しました。\n確認: kiban manifest check    すべてのキー: kiban manifest example`,
    ),
  written: (file: string): Text => text(`Wrote ${file}`, `${file} を作成しました`),
  allCarried: text('Everything was carried over', 'すべて引き継ぎました'),
  lostHeading: text('Not carried over', '引き継いでいないもの'),
  notesHeading: text('Carried over, and different', '引き継いだが動作が変わるもの'),
  mendedHeading: text('No longer so', '解消されるもの'),
  grantsHeading: text('Permissions, proposed as roles', '権限 (ロールとしての提案)'),
  productsHeading: text('Repositories, for the catalogue', 'リポジトリ (一覧への登録)'),
  workflowsHeading: (product: string): Text => text(`Workflows of ${product}`, `${product} のワークフロー`),
  nextWrite: text('writes it', '書き込む'),
}

/** Defects of genova that end with it, by their numbers in the guide. */
export const mended: readonly { defect: number; text: Text }[] = [
  {
    defect: 1,
    text: text(
      'A rollout that failed was told as a success, and the workflow went on',
      '失敗した入れ替えが成功と報告され、ワークフローが進んでいた',
    ),
  },
  { defect: 2, text: text('A failed automatic deployment said nothing', '自動デプロイの失敗が通知されなかった') },
  {
    defect: 3,
    text: text(
      'desired_count and the grace period were read and never sent',
      'desired_count と猶予時間が読まれるだけで送信されなかった',
    ),
  },
  {
    defect: 4,
    text: text(
      'The lock let two in, belonged to nobody and ended in mid-rollout',
      'ロックに 2 つ入れ、持ち主がなく、途中で切れた',
    ),
  },
  {
    defect: 5,
    text: text('One stopped task, or autoscaling, failed a deployment', 'タスク 1 つの停止やオートスケールで失敗扱いになった'),
  },
  {
    defect: 6,
    text: text('A stop that came early was lost, and later ones were refused', '早い停止が消え、遅い停止は拒否された'),
  },
  {
    defect: 7,
    text: text(
      'A task without an exit code broke the tool, and a sidecar’s failed the task',
      '終了コードのないタスクでツールが落ち、サイドカーの失敗で失敗扱いになった',
    ),
  },
  {
    defect: 9,
    text: text(
      'Definitions were registered before the build, images built again for each resource and never addressed by digest',
      'ビルド前に定義を登録し、リソースごとにビルドし直し、ダイジェストで指定しなかった',
    ),
  },
  {
    defect: 10,
    text: text(
      'Two deployments of one second had one number, and a restart lost those that ran',
      '同じ秒のデプロイが同じ番号になり、再起動で実行中のものが失われた',
    ),
  },
  {
    defect: 11,
    text: text(
      'One process changed its folder under the feet of others',
      '1 つのプロセスの作業フォルダを複数の処理が取り合っていた',
    ),
  },
  {
    defect: 12,
    text: text('A target of an aliased repository could not be deployed', 'エイリアスのリポジトリではターゲットを使えなかった'),
  },
  { defect: 15, text: text('The console and its logs were open to everybody', 'コンソールとログが誰にでも見えた') },
  {
    defect: 16,
    text: text(
      'Build arguments went through a shell, and decrypted values into a database',
      'ビルド引数がシェルを通り、復号した値が保存された',
    ),
  },
  {
    defect: 17,
    text: text(
      'YAML of the repository could make objects; nobody approved anything',
      'リポジトリの YAML がオブジェクトを作れ、承認がなかった',
    ),
  },
  {
    defect: 18,
    text: text(
      'No rollback, no circuit breaker, no plan beforehand, no hooks',
      '巻き戻し・サーキットブレーカー・事前の計画・フックがなかった',
    ),
  },
  {
    defect: 22,
    text: text('Six containers ran before anything could be deployed', 'デプロイするまでに 6 つのコンテナが必要だった'),
  },
]
