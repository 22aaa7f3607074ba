// What is said of a manifest: what a value must be, what is wrong with the whole, and what is only worth knowing.
import type { Text } from '../text.ts'

const text = (en: string, ja: string): Text => ({ en, ja })
const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')

/** What a value must be; each is also the name of a rule in the schema. */
export const rules = {
  name: text(
    'must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter',
    '英小文字で始まる 1〜40 文字の英小文字・数字・ハイフンで指定してください',
  ),
  account: text(
    'must be the 12 digits of an AWS account, in quotes',
    'AWS アカウントの 12 桁の数字を引用符で囲んで指定してください',
  ),
  region: text('must be an AWS region such as ap-northeast-1', 'ap-northeast-1 のような AWS リージョンを指定してください'),
  environmentVariable: text(
    'must be the name of an environment variable: letters, digits and underscores',
    '環境変数の名前は英数字とアンダースコアで指定してください',
  ),
  duration: text('must be a length of time such as 30s, 5m or 1h', '30s・5m・1h のような時間の長さで指定してください'),
  durationRange: (minimum: string, maximum: string): Text =>
    text(`must be from ${minimum} to ${maximum}`, `${minimum} から ${maximum} の範囲で指定してください`),
  percent: text('must be a whole number, or a share such as 50%', '整数、または 50% のような割合で指定してください'),
  size: text('must be CPU and memory such as 0.5vCPU/1GB', '0.5vCPU/1GB のように CPU とメモリで指定してください'),
  count: text('must be a number, a range such as 2-10, or keep', '台数、2-10 のような範囲、または keep で指定してください'),
  countOrder: text('must begin with the smaller number', '小さい数を先に書いてください'),
  folder: text('must be a path inside the repository', 'リポジトリ内のパスを指定してください'),
  path: text('must be a path beginning with /', '/ で始まるパスを指定してください'),
  matcher: text(
    'must be HTTP statuses such as "200" or "200-399"',
    '"200" や "200-399" のような HTTP ステータスで指定してください',
  ),
  override: text('must be a name without spaces', '空白を含まない名前を指定してください'),
  secretReference: text(
    'must be a name, a parameter path beginning with /, an ARN, or secretsmanager:NAME; never the secret itself',
    '名前、/ で始まるパラメータのパス、ARN、または secretsmanager:NAME で指定してください。秘密の値そのものは書けません',
  ),
  rate: text(
    'must be an interval such as "5 minutes", "1 hour" or "1 day"',
    '"5 minutes"・"1 hour"・"1 day" のような間隔で指定してください',
  ),
  queue: text('must be the name or ARN of a standard SQS queue', '標準 SQS キューの名前か ARN を指定してください'),
  slackChannel: text(
    'must be a channel such as "#bookshop", in quotes',
    '"#bookshop" のようなチャンネル名を引用符で囲んで指定してください',
  ),
  parameterPrefix: text(
    'must be a parameter path beginning with / and not ending with one',
    '/ で始まり / で終わらないパラメータのパスを指定してください',
  ),
} as const

/** Rules that are a plain text. */
export type RuleName = { [Name in keyof typeof rules]: (typeof rules)[Name] extends Text ? Name : never }[keyof typeof rules]

/** What a value is, for "must be …". */
export const kinds = {
  string: text('text', '文字列'),
  number: text('a number', '数値'),
  int: text('a whole number', '整数'),
  boolean: text('true or false', '真偽値 (true または false)'),
  array: text('a list', 'リスト'),
  object: text('a map of keys', 'キーと値の組'),
  record: text('a map of keys', 'キーと値の組'),
  null: text('empty', '空'),
} as const satisfies Record<string, Text>

export const shape = {
  expected: (wanted: readonly Text[]): Text =>
    text(
      `must be ${wanted.map((one) => one.en).join(' or ')}`,
      `${wanted.map((one) => one.ja).join('、または')}で指定してください`,
    ),
  missing: text('is missing', '指定が必要です'),
  empty: (key: string): Text => text(`"${key}" has no value`, `「${key}」の値がありません`),
  unknownKey: (key: string): Text => text(`unknown key "${key}"`, `「${key}」というキーはありません`),
  validKeys: (keys: readonly string[]): Text => text(`valid here: ${keys.join(', ')}`, `ここで使えるキー: ${keys.join(', ')}`),
  oneOf: (values: readonly string[]): Text =>
    text(`must be one of ${values.join(', ')}`, `${values.join('、')} のいずれかを指定してください`),
  atLeast: (least: number, unit: 'value' | 'items' | 'characters'): Text =>
    unit === 'value'
      ? text(`must be ${least} or more`, `${least} 以上にしてください`)
      : unit === 'items'
        ? text(`must have at least ${least} ${least === 1 ? 'entry' : 'entries'}`, `${least} 件以上指定してください`)
        : text(least === 1 ? 'must not be empty' : `must have at least ${least} characters`, `${least} 文字以上にしてください`),
  atMost: (most: number, unit: 'value' | 'items' | 'characters'): Text =>
    unit === 'value'
      ? text(`must be ${most} or less`, `${most} 以下にしてください`)
      : unit === 'items'
        ? text(`must have at most ${most} entries`, `${most} 件以下にしてください`)
        : text(`must have at most ${most} characters`, `${most} 文字以下にしてください`),
  invalid: text('is not valid here', 'ここでは使えない値です'),
  nearest: (value: string): Text => text(`did you mean ${value}?`, `${value} ではありませんか`),
}

export const yaml = {
  tooLarge: (kilobytes: number): Text =>
    text(`the manifest is larger than ${kilobytes} kB`, `マニフェストが ${kilobytes} kB を超えています`),
  tooDeep: text('the manifest is nested too deep to be read', 'マニフェストの入れ子が深すぎて読み取れません'),
  tooManyAliases: text('too many aliases, or one that contains itself', 'エイリアスが多すぎるか、自分自身を含んでいます'),
  empty: text('the manifest is empty', 'マニフェストが空です'),
  notMap: text(
    'a manifest is a map of keys such as "product:"',
    'マニフェストは「product:」のようなキーと値の組で書いてください',
  ),
  duplicate: (key: string): Text => text(`"${key}" is there twice`, `「${key}」が重複しています`),
  keyKind: text('a key must be plain text', 'キーは単純な文字列にしてください'),
  mergeKey: text(
    '"<<" is not part of YAML 1.2; environments are patched under environments/<name>/services instead',
    '「<<」は YAML 1.2 にはありません。環境ごとの違いは environments/<名前>/services に書いてください',
  ),
  tag: text('tags such as !!x are not allowed', '!!x のようなタグは使えません'),
  severalDocuments: text('the file holds more than one YAML document', 'ファイルに複数の YAML 文書があります'),
  badIndent: text('the indentation does not fit', 'インデントが合っていません'),
  tab: text('tabs cannot indent YAML; use spaces', 'YAML のインデントにタブは使えません。空白を使ってください'),
  alias: (name: string): Text => text(`the alias ${name} names nothing before it`, `エイリアス ${name} の参照先が前にありません`),
  unclosed: text(
    'a quote or bracket is not closed, or a ":" or "," is missing',
    '引用符や括弧が閉じていないか、「:」「,」が足りません',
  ),
  unexpected: text('this is not valid YAML', 'YAML として正しくありません'),
}

export const checks = {
  imageOrBuild: text(
    'needs "build" (a folder with a Dockerfile) or "image"',
    '「build」(Dockerfile のあるフォルダ) か「image」が必要です',
  ),
  imageAndBuild: text(
    'has both "build" and "image"; keep one',
    '「build」と「image」の両方があります。どちらか一方にしてください',
  ),
  portAndPorts: text('has both "port" and "ports"; keep one', '「port」と「ports」の両方があります。どちらか一方にしてください'),
  healthWithoutPort: text(
    'a health path needs a port; without one, use health: { command: […] }',
    'ヘルスチェックのパスには「port」が必要です。ポートがない場合は health: { command: […] } を使ってください',
  ),
  healthWithoutBalancer: text(
    'a health path is asked by the load balancer, which is switched off here',
    'パスの確認はロードバランサーが行いますが、ここでは使わない設定になっています',
  ),
  healthTimeout: text('"timeout" must be shorter than "interval"', '「timeout」は「interval」より短くしてください'),
  fargateSize: (size: string): Text =>
    text(`${size} is not a size of Fargate`, `Fargate に ${size} という組み合わせはありません`),
  unknownService: (name: string): Text => text(`there is no service named "${name}"`, `「${name}」というサービスはありません`),
  unknownTask: (name: string): Text => text(`there is no task named "${name}"`, `「${name}」というタスクはありません`),
  unknownSchedule: (name: string): Text =>
    text(`there is no schedule named "${name}"`, `「${name}」というスケジュールはありません`),
  unknownEnvironment: (name: string): Text =>
    text(`there is no environment named "${name}"`, `「${name}」という環境はありません`),
  unknownWorkflow: (name: string): Text =>
    text(`there is no workflow named "${name}"`, `「${name}」というワークフローはありません`),
  taskTwice: (name: string): Text => text(`the task "${name}" is there twice`, `タスク「${name}」が重複しています`),
  takenAway: (what: string, user: string): Text =>
    text(
      `"${what}" is taken away here, but "${user}" needs it; take that away too`,
      `「${what}」をこの環境から除いていますが、「${user}」が使います。そちらも null にしてください`,
    ),
  taskOfOther: (task: string, service: string): Text =>
    text(
      `the task "${task}" has the image of "${service}", not of this service`,
      `タスク「${task}」はこのサービスではなく「${service}」のイメージで動きます`,
    ),
  variableTwice: (name: string): Text =>
    text(`${name} is both in "env" and in "secrets"`, `${name} が「env」と「secrets」の両方にあります`),
  secretInEnv: (name: string): Text =>
    text(
      `${name} holds what looks like a secret; put it in the parameter store and name it under "secrets"`,
      `${name} に秘密の値らしきものがあります。パラメータストアに置き、「secrets」で名前を指定してください`,
    ),
  secretPlace: text(
    'secretsmanager: needs "account" and "region" in the manifest; or write the full ARN',
    'secretsmanager: にはマニフェストの「account」と「region」が必要です。または ARN をそのまま書いてください',
  ),
  secretCollision: (name: string): Text =>
    text(
      `two secrets become ${name}; name one of them in a map`,
      `2 つの秘密の値が ${name} になります。キーと値の組で名前を分けてください`,
    ),
  nameTooLong: (what: string, name: string, limit: number): Text =>
    text(
      `the ${what} "${name}" has ${name.length} characters, AWS allows ${limit}; shorten a name or set it under "names"`,
      `${what} の名前「${name}」は ${name.length} 文字です (AWS の上限は ${limit} 文字)。名前を短くするか「names」で指定してください`,
    ),
  reservedEnvironment: text(
    '"general" is where parameters of all environments are; choose another name',
    '「general」は全環境共通のパラメータの場所です。別の名前にしてください',
  ),
  stuckRollout: (count: number): Text =>
    text(
      `with ${count} task(s) this rollout can neither start a new task nor stop an old one; raise maximum_percent or lower minimum_percent`,
      `タスク数 ${count} では新しいタスクの起動も古いタスクの停止もできません。maximum_percent を上げるか minimum_percent を下げてください`,
    ),
  wrongStrategy: (key: string, strategy: string): Text =>
    text(`"${key}" has no meaning for the strategy ${strategy}`, `切り替え方が ${strategy} のとき「${key}」は使えません`),
  when: text('needs exactly one of "cron" and "rate"', '「cron」と「rate」のどちらか一方だけを指定してください'),
  cronFields: (fields: number): Text =>
    text(
      `a cron expression has five fields (minute hour day month weekday), this one has ${fields}`,
      `cron 式は 5 つの欄 (分 時 日 月 曜日) で書きます。この式は ${fields} 欄です`,
    ),
  cronField: (field: Text, value: string, from: number, to: number): Text =>
    text(
      `${field.en} "${value}" must be within ${from}-${to}`,
      `${field.ja}「${value}」は ${from}〜${to} の範囲で指定してください`,
    ),
  cronDays: text(
    'EventBridge Scheduler takes a day of the month or a weekday, not both; make one of them *',
    'EventBridge Scheduler では日と曜日を同時に指定できません。どちらかを * にしてください',
  ),
  timezone: text('must be a time zone such as Asia/Tokyo', 'Asia/Tokyo のような時間帯を指定してください'),
  stepKinds: text(
    'needs exactly one of "deploy", "run", "schedule", "parallel" and "approve"',
    '「deploy」「run」「schedule」「parallel」「approve」のうち 1 つだけを指定してください',
  ),
  workKinds: text(
    'needs exactly one of "deploy", "run" and "schedule"',
    '「deploy」「run」「schedule」のうち 1 つだけを指定してください',
  ),
  onlyWith: (keys: string): Text => text(`goes only with ${keys}`, `${keys} と一緒にだけ指定できます`),
  refOfOwn: text(
    'is of another product’s only: what this one is run at is said when it is run',
    '別のプロダクトにだけ指定できます (このプロダクトの分は実行時に指定します)',
  ),
  rateUnit: (right: string): Text => text(`must be written "${right}"`, `「${right}」と書いてください`),
}

export const cronFields = {
  minute: text('the minute', '分'),
  hour: text('the hour', '時'),
  day: text('the day of the month', '日'),
  month: text('the month', '月'),
  weekday: text('the weekday', '曜日'),
}

export const notices = {
  suspiciousVariable: (name: string): Text =>
    text(
      `${name} sounds like a secret; secrets belong under "secrets"`,
      `${name} は秘密の値のような名前です。秘密の値は「secrets」で指定してください`,
    ),
  healthMissing: text(
    'has a port but no "health": the load balancer will ask for /',
    '「port」がありますが「health」がありません。ロードバランサーは / を確認します',
  ),
}

export const manifestErrors = {
  invalid: (file: string, problems: number): Text =>
    text(`${file} has ${problems} problem${problems === 1 ? '' : 's'}`, `${file} に ${problems} 件の問題があります`),
  missing: (file: string): Text => text(`There is no ${file}`, `${file} がありません`),
  folderHint: text('Name a folder that is there', '存在するフォルダを指定してください'),
  invalidHint: text(
    'kiban manifest check tells them again; kiban manifest example explains every key',
    'kiban manifest check で再確認、kiban manifest example で全キーの説明を表示できます',
  ),
  missingHint: text('kiban init writes one by looking at the repository', 'kiban init を実行すると、リポジトリを見て作成します'),
  unreadable: (file: string): Text => text(`${file} cannot be read`, `${file} を読み取れません`),
  exists: (file: string): Text => text(`${file} is there already`, `${file} はすでにあります`),
  existsHint: text(
    '--print shows what would be written, --force replaces the file',
    '--print で内容だけを表示、--force で上書きします',
  ),
  nothingFound: (folder: string): Text =>
    text(
      `Nothing in ${folder} tells what to run: no Dockerfile, start script, Procfile, Gemfile or ECS file was found`,
      `${folder} には実行するものの手がかりがありません (Dockerfile、start スクリプト、Procfile、Gemfile、ECS のファイルが見つかりません)`,
    ),
  nothingFoundHint: text(
    'Run it in the root of the repository, or begin with kiban manifest example',
    'リポジトリの最上位で実行するか、kiban manifest example から始めてください',
  ),
  environmentUnknown: (product: string, environment: string): Text =>
    text(`${product} has no environment named ${environment}`, `${product} に ${environment} という環境はありません`),
  environmentsHint: (environments: readonly string[]): Text =>
    text(`It has ${quoted(environments)}`, `指定できる環境: ${environments.join('、')}`),
}

/** The head of kiban.example.yml. */
export const exampleIntroduction: Text = text(
  `kiban.yml with every key there is, each with what it is for. A real one needs ten lines of it:

  product: bookshop
  services:
    web: { build: ., port: 3000, health: /healthz }

Anything that is not written has a good default. Times are 30s, 5m, 1h or a number of seconds.
An environment's services, schedules and tasks are patches over those below: maps are merged, null takes a key away.
yaml-language-server: $schema=schema/kiban.schema.json`,
  `kiban.yml のすべてのキーとその役割です。実際に必要なのは 10 行ほどです。

  product: bookshop
  services:
    web: { build: ., port: 3000, health: /healthz }

書かなかったものには適切な既定値が使われます。時間は 30s・5m・1h、または秒数で書きます。
環境ごとの services・schedules・tasks は下の定義への差分です。組は重ね合わされ、null はキーを取り除きます。
yaml-language-server: $schema=schema/kiban.schema.json`,
)
