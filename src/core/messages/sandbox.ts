// What the sandbox says to the person who starts it; its wire speaks AWS's own English.
import type { Text } from '../text.ts'

export const sandbox = {
  notLoopback: (host: string): Text => ({
    en: `The sandbox listens on loopback only, not on ${host}`,
    ja: `サンドボックスはループバックでのみ待ち受けます。${host} は使えません`,
  }),
  portTaken: (port: number): Text => ({
    en: `Port ${port} is already in use`,
    ja: `ポート ${port} はすでに使われています`,
  }),
  takeAnotherPort: {
    en: 'Choose another port, or 0 for any free one',
    ja: '別のポートを指定するか、0 を指定して空きポートを使ってください',
  },
  stateLocked: (folder: string, pid: number): Text => ({
    en: `Another sandbox (process ${pid}) is using the state in ${folder}`,
    ja: `別のサンドボックス (プロセス ${pid}) が ${folder} の状態を使用中です`,
  }),
  stateOfAnother: (folder: string, account: string, region: string): Text => ({
    en: `The state in ${folder} belongs to account ${account} in ${region}`,
    ja: `${folder} の状態はアカウント ${account} (${region}) のものです`,
  }),
  takeAnotherFolder: {
    en: 'Choose another folder for the state, or stop the other sandbox',
    ja: '別の状態フォルダーを指定するか、もう一方のサンドボックスを停止してください',
  },
  stateBroken: (file: string): Text => ({
    en: `The state file ${file} cannot be read`,
    ja: `状態ファイル ${file} を読み込めません`,
  }),
  invalidFaults: (problems: string): Text => ({
    en: `These faults are not understood: ${problems}`,
    ja: `障害の指定を解釈できません: ${problems}`,
  }),
  faultsHint: {
    en: 'A file or JSON such as {"ecs:UpdateService": {"latency": 500}}',
    ja: 'ファイル名か、{"ecs:UpdateService": {"latency": 500}} のような JSON を指定してください',
  },
  badSpeed: {
    en: '--speed must be a number above 0, such as 10',
    ja: '--speed には 0 より大きい数値 (10 など) を指定してください',
  },
  badLog: (file: string, why: string): Text => ({
    en: `The log ${file} cannot be written: ${why}`,
    ja: `ログ ${file} に書き込めません: ${why}`,
  }),
  badAccount: { en: '--account must be twelve digits', ja: '--account には 12 桁の数字を指定してください' },
  badNumber: (name: string, least: number, most: number): Text => ({
    en: `--${name} must be a whole number from ${least} to ${most}`,
    ja: `--${name} には ${least} から ${most} までの整数を指定してください`,
  }),
  helpHint: { en: 'kiban sandbox --help', ja: 'kiban sandbox --help' },

  brief: { en: 'Run a simulated AWS on this machine', ja: 'AWS を模したサンドボックスをこのマシンで動かす' },
  description: {
    en: 'Prints the variables to export once it accepts requests, and runs until Ctrl-C; or runs one command with them: kiban sandbox -- command',
    ja: '準備ができると export する変数を出力し、Ctrl-C まで動き続けます。kiban sandbox -- コマンド とすると、変数を設定してそのコマンドだけを実行します',
  },
  flagPort: { en: 'Port; 4566 by default, 0 picks a free one', ja: 'ポート。既定は 4566、0 で空きポート' },
  flagHost: { en: 'Loopback address to listen on', ja: '待ち受けるループバックアドレス' },
  flagState: { en: 'Folder in which everything is kept', ja: '状態を保存するフォルダ' },
  flagRegion: { en: 'Region; ap-northeast-1 by default', ja: 'リージョン。既定は ap-northeast-1' },
  flagAccount: { en: 'Account id; 123456789012 by default', ja: 'アカウント ID。既定は 123456789012' },
  flagSpeed: {
    en: 'How many times as fast the simulated services wait',
    ja: '模擬サービスの待ち時間を何倍速にするか',
  },
  flagManualClock: {
    en: 'Simulated time stands still until it is turned over HTTP',
    ja: '模擬時間を止め、HTTP で進めたときだけ進める',
  },
  flagFaults: {
    en: 'Throttling, latency, failures, lag: a file or JSON',
    ja: 'スロットリング・遅延・失敗・反映遅れ (ファイルまたは JSON)',
  },
  flagLog: { en: 'File for its own log; stderr by default', ja: 'サンドボックス自身のログのファイル。既定は標準エラー出力' },
  flagJson: { en: 'Print the variables as JSON', ja: '変数を JSON で出力する' },
  flagLang: { en: 'Language of the output', ja: '出力の言語' },
  argumentCommand: {
    en: 'After --: a command to run with the variables set; the sandbox ends with it',
    ja: '-- の後に: 変数を設定して実行するコマンド。終了するとサンドボックスも終わる',
  },

  ready: (account: string, region: string, endpoint: string): Text => ({
    en: `Account ${account} in ${region} answers at ${endpoint}; Ctrl-C ends it. Export these:`,
    ja: `アカウント ${account} (${region}) を ${endpoint} で提供しています。Ctrl-C で終了します。次の変数を export してください:`,
  }),
  faster: (factor: number): Text => ({
    en: `Its services wait ×${factor} as fast as AWS would; requests and processes run in real time`,
    ja: `サービスの待ち時間は ×${factor} 倍速です。リクエストとプロセスは実時間で動きます`,
  }),
  standsStill: (endpoint: string): Text => ({
    en: `Its time stands still: POST {"advance": milliseconds} to ${endpoint}/_sandbox/clock`,
    ja: `時間は止まっています。${endpoint}/_sandbox/clock に {"advance": ミリ秒} を POST すると進みます`,
  }),
  keptIn: (folder: string): Text => ({ en: `Everything is kept in ${folder}`, ja: `状態は ${folder} に保存されます` }),
  keptNowhere: {
    en: 'Nothing is kept when it ends (--state FOLDER keeps it)',
    ja: '終了すると状態は残りません (--state フォルダ で保存できます)',
  },
  unset: (names: string): Text => ({
    en: `Your shell sets ${names}, which would come before them: unset ${names}`,
    ja: `シェルに設定済みの ${names} が優先されます。unset ${names} を実行してください`,
  }),
} satisfies Record<string, Text | ((...values: never[]) => Text)>
