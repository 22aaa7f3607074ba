// What running tasks says.
import type { Text } from '../text.ts'
import type { Verdict } from '../verdict.ts'
import { deployView } from './deploy-view.ts'

export const taskRuns = {
  run: { en: 'Run a task to its end, and take its exit code', ja: 'タスクを最後まで実行し、その終了コードを返す' },
  list: { en: 'List the tasks of an environment with their last runs', ja: '環境のタスクと直近の実行を一覧する' },
  runs: { en: 'List runs of tasks', ja: 'タスクの実行履歴を表示する' },
  show: { en: 'Show a run with its log, to its end', ja: '実行の状況とログを終了まで表示する' },
  stop: { en: 'Stop a run', ja: '実行を停止する' },

  task: { en: 'Task, as the manifest names it', ja: 'タスク (マニフェストでの名前)' },
  command: {
    en: 'Runs instead of the declared command; each word is one argument, and no shell reads them',
    ja: '宣言されたコマンドの代わりに実行する。1 語が 1 引数で、シェルは介さない',
  },
  release: {
    en: 'Release, or commit of one; what runs in the environment by default',
    ja: 'リリースまたはそのコミット。既定は環境で稼働中のもの',
  },
  count: { en: 'How many of it at once', ja: '同時に実行する数' },
  size: { en: 'CPU and memory, such as 1vCPU/2GB', ja: 'CPU とメモリ (1vCPU/2GB など)' },
  setEnv: {
    en: 'NAME=value for its environment, again for each; seen by all who may look at ECS, so no secrets',
    ja: '環境変数 NAME=value (繰り返し可)。ECS を見られる人に見えるため、秘密は渡さない',
  },
  timeout: { en: 'How long it may run, such as 30m; then it is stopped', ja: '実行時間の上限 (30m など)。過ぎると停止する' },
  follow: { en: 'Go on until it has ended', ja: '終了まで表示し続ける' },
  id: { en: 'Run', ja: '実行の ID' },
  badEnv: { en: 'should be NAME=value', ja: 'NAME=value の形で指定してください' },
  badSize: {
    en: 'should be a size of Fargate, such as 0.5vCPU/1GB',
    ja: 'Fargate のサイズ (0.5vCPU/1GB など) を指定してください',
  },
  badTimeout: { en: 'should be from 1s to 7d, such as 30m', ja: '1s から 7d まで (30m など) で指定してください' },

  runQuestion: (task: string, env: string, command: readonly string[]): Text => ({
    en: `Run ${task} in ${env}${command.length > 0 ? ` with ${JSON.stringify(command)}` : ''}?`,
    ja: `${env} で ${task} を実行しますか?${command.length > 0 ? ` コマンド: ${JSON.stringify(command)}` : ''}`,
  }),
  stopQuestion: (id: string, env: string): Text => ({ en: `Stop ${id} in ${env}?`, ja: `${env} の ${id} を停止しますか?` }),

  nothingRuns: (environment: string): Text => ({
    en: `Nothing has been deployed to ${environment} yet, so that there is no image to run`,
    ja: `${environment} にはまだ何もデプロイされていないため、実行するイメージがありません`,
  }),
  nothingRunsHint: (environment: string): Text => ({
    en: `kiban deploy --env ${environment}, or take a release of elsewhere with --release (kiban releases)`,
    ja: `kiban deploy --env ${environment} を実行するか、--release で別のリリースを指定してください (一覧は kiban releases)`,
  }),
  taskUnknown: (task: string, environment: string): Text => ({
    en: `The release in ${environment} has no task named ${task}`,
    ja: `${environment} のリリースに ${task} というタスクはありません`,
  }),
  scheduleUnknown: (schedule: string, environment: string): Text => ({
    en: `The release in ${environment} has no schedule named ${schedule}`,
    ja: `${environment} のリリースに ${schedule} というスケジュールはありません`,
  }),
  knownHint: (known: string): Text =>
    known === ''
      ? {
          en: 'It has none; a deployment brings what kiban.yml declares',
          ja: '1 つもありません。kiban.yml の内容はデプロイで反映されます',
        }
      : {
          en: `There are: ${known}; a deployment brings what kiban.yml declares`,
          ja: `あるもの: ${known}。kiban.yml の内容はデプロイで反映されます`,
        },
  releaseUnknown: (release: string): Text => ({ en: `There is no release ${release}`, ja: `リリース ${release} はありません` }),
  releaseUnknownHint: { en: 'kiban releases lists them', ja: 'kiban releases で一覧できます' } satisfies Text,
  unknown: (id: string): Text => ({ en: `There is no run ${id}`, ja: `実行 ${id} はありません` }),
  unknownHint: { en: 'kiban task runs lists them', ja: 'kiban task runs で一覧できます' } satisfies Text,
  ended: (id: string): Text => ({ en: `${id} has ended already`, ja: `${id} はすでに終了しています` }),
  endedHint: (id: string): Text => ({ en: `kiban task show ${id}`, ja: `kiban task show ${id}` }),
  tooFew: (started: number, wanted: number): Text => ({
    en: `ECS started ${started} of ${wanted} tasks`,
    ja: `${wanted} 個のうち ${started} 個しか起動できませんでした`,
  }),

  state: {
    planned: { en: 'waiting for approval', ja: '承認待ち' },
    approved: { en: 'starting', ja: '起動中' },
    running: { en: 'running', ja: '実行中' },
    done: { en: 'done', ja: '終了' },
  } satisfies Record<string, Text>,
  started: (task: string): Text => ({ en: `${task} is running`, ja: `${task} を実行しています` }),
  continued: (task: string): Text => ({
    en: `Going on with ${task}, which was left`,
    ja: `中断していた ${task} を引き継ぎました`,
  }),
  goingOn: (id: string): Text => ({
    en: `Going on with ${id}, which an earlier kiban left`,
    ja: `前回の kiban が中断した ${id} を引き継ぎます`,
  }),
  endedWith: (task: string, verdict: Verdict, exitCode: number | undefined): Text => ({
    en: `${task} ${deployView.verdict[verdict].en}${exitCode === undefined ? '' : `, exit code ${exitCode}`}`,
    ja: `${task}: ${deployView.verdict[verdict].ja}${exitCode === undefined ? '' : ` (終了コード ${exitCode})`}`,
  }),
  unread: (why: Text): Text => ({ en: `Its log cannot be read: ${why.en}`, ja: `ログを読めません: ${why.ja}` }),
  elsewhere: (driver: string): Text => ({
    en: `Its log goes elsewhere (${driver})`,
    ja: `ログの出力先が CloudWatch Logs ではありません (${driver})`,
  }),
  stopping: (task: string): Text => ({
    en: `Stopping ${task}; press Ctrl-C again to leave it`,
    ja: `${task} を停止しています。もう一度 Ctrl-C を押すと待たずに終わります`,
  }),
  left: (id: string): Text => ({
    en: `${id} goes on in ECS; its end is told by the next kiban that is run here, or by the server`,
    ja: `${id} は ECS で動き続けます。結果は次に実行した kiban かサーバーが記録します`,
  }),
  showAgain: { en: 'shows it', ja: '状況を表示' } satisfies Text,
  stopIt: { en: 'stops it', ja: '停止する' } satisfies Text,

  none: (environment: string): Text => ({
    en: `The release in ${environment} has no tasks`,
    ja: `${environment} のリリースにタスクはありません`,
  }),
  noRuns: { en: 'No task has been run yet', ja: 'まだタスクは実行されていません' } satisfies Text,
  neverRan: { en: 'never run', ja: '未実行' } satisfies Text,
  column: {
    task: { en: 'task', ja: 'タスク' },
    service: { en: 'service', ja: 'サービス' },
    command: { en: 'command', ja: 'コマンド' },
    last: { en: 'last run', ja: '直近の実行' },
    run: { en: 'run', ja: '実行' },
    exit: { en: 'exit', ja: '終了コード' },
  } satisfies Record<string, Text>,
}
