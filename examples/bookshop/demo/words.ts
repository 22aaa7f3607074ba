// What the demo says between the outputs of the commands that it runs.
import type { Text } from '../../../src/core/text.ts'

const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(1) : String(Math.round(ms)))
const thousands = (count: number): string => count.toLocaleString('en')

export const words = {
  title: {
    en: 'A bookshop goes live on this machine, and no customer may ever see an error.',
    ja: 'このマシンで書店を公開します。買い物客にエラーを一度も見せてはなりません。',
  },

  cloudTitle: { en: 'A cloud on this machine', ja: 'このマシンの中のクラウド' },
  cloudUp: (endpoint: string): Text => ({
    en: `AWS answers at ${endpoint}, and on this machine only`,
    ja: `AWS が ${endpoint} で応答します (このマシンの中だけ)`,
  }),
  cloudSpeed: (factor: number): Text => ({
    en: `AWS's waits pass at ×${factor} here; programs and requests run in real time`,
    ja: `待ち時間は AWS の ${factor} 倍速、プログラムとリクエストは実時間です`,
  }),
  cloudMade: (count: number): Text => ({
    en: `${count} things made for the shop: network, load balancers, clusters, roles …`,
    ja: `書店のために ${count} 個のリソースを作成 (ネットワーク、ロードバランサー、ロール…)`,
  }),

  productTitle: { en: 'A product in Git', ja: 'Git リポジトリのプロダクト' },
  productIs: (services: string): Text => ({
    en: `kiban.yml: ${services}, and a migration that runs before them`,
    ja: `kiban.yml: ${services} と、その前に実行するマイグレーション`,
  }),
  committed: (commit: string, subject: string): Text => ({
    en: `Committed ${commit}  ${subject}`,
    ja: `コミット ${commit}  ${subject}`,
  }),

  firstTitle: { en: 'The first release', ja: '最初のリリース' },
  open: (url: string): Text => ({ en: `The shop is open at ${url}`, ja: `開店しました: ${url}` }),
  customers: (shoppers: number, perSecond: number): Text => ({
    en: `Customers come from now on: ${shoppers} shoppers, and ${perSecond} more requests a second`,
    ja: `ここから来客開始: 買い物客 ${shoppers} 人と、毎秒 ${perSecond} リクエスト`,
  }),

  customersSoFar: (requests: number, failed: number): Text => ({
    en: `Customers  ${thousands(requests)} requests, ${failed === 0 ? 'none' : thousands(failed)} failed`,
    ja: `買い物客  リクエスト ${thousands(requests)} 件、失敗 ${thousands(failed)} 件`,
  }),

  goodTitle: { en: 'A good release: three books on sale', ja: '良いリリース: 3 冊をセールに' },
  badTitle: { en: 'A bad release', ja: '悪いリリース' },
  rollbackTitle: { en: 'And back to the first release', ja: 'そして最初のリリースへ戻す' },
  rollbackWhy: {
    en: 'The sale is over. Nothing is built: the images are still there, by digest.',
    ja: 'セールは終了。ビルドはせず、当時のイメージをダイジェストで再び使います。',
  },
  reverted: (commit: string): Text => ({
    en: `Reverted in Git by ${commit}`,
    ja: `Git では ${commit} で取り消しました`,
  }),

  meanwhile: (requests: number, p50: number, p99: number): Text => ({
    en: `${thousands(requests)} requests meanwhile, none failed; half in ${milliseconds(p50)} ms, 99 % in ${milliseconds(p99)} ms`,
    ja: `その間のリクエスト ${thousands(requests)} 件、失敗なし。半数は ${milliseconds(p50)} ms、99 % は ${milliseconds(p99)} ms 以内`,
  }),
  meanwhileFailed: (requests: number, failed: number): Text => ({
    en: `${thousands(failed)} of ${thousands(requests)} requests meanwhile FAILED`,
    ja: `その間のリクエスト ${thousands(requests)} 件のうち ${thousands(failed)} 件が失敗しました`,
  }),
  asPromised: (exitCode: number, cause: string | undefined): Text => ({
    en: `Exit code ${exitCode}${cause === undefined ? '' : `, cause ${cause}`}: as it should be`,
    ja: `終了コード ${exitCode}${cause === undefined ? '' : `、原因 ${cause}`}: 期待どおりです`,
  }),
  notAsPromised: (was: string, wanted: string): Text => ({
    en: `This ended as ${was}, and should have been ${wanted}`,
    ja: `結果は ${was} でした。期待していたのは ${wanted} です`,
  }),

  endTitle: { en: 'What happened', ja: '結果' },
  requests: { en: 'Requests', ja: 'リクエスト' },
  requestsCount: (requests: number, failed: number): Text => ({
    en: `${thousands(requests)}, ${failed === 0 ? 'none' : thousands(failed)} failed`,
    ja: `${thousands(requests)} 件、失敗 ${thousands(failed)} 件`,
  }),
  latency: { en: 'Latency', ja: '応答時間' },
  latencyIs: (p50: number, p99: number): Text => ({
    en: `half within ${milliseconds(p50)} ms, 99 % within ${milliseconds(p99)} ms`,
    ja: `半数は ${milliseconds(p50)} ms 以内、99 % は ${milliseconds(p99)} ms 以内`,
  }),
  deployments: { en: 'Deployments', ja: 'デプロイ' },
  time: { en: 'Time', ja: '所要時間' },
  seconds: (seconds: number, factor: number): Text => ({
    en: `${seconds} s, with AWS's waits at ×${factor}`,
    ja: `${seconds} 秒 (AWS の待ち時間は ${factor} 倍速)`,
  }),

  stays: {
    en: 'The cloud stays up and customers keep coming until you leave this shell (exit)',
    ja: 'このシェルを抜けるまで (exit)、クラウドは動き続け、客も来続けます',
  },
  staysWithoutShell: {
    en: 'The cloud stays up until Ctrl-C. To use it, set in another terminal:',
    ja: 'クラウドは Ctrl-C まで動き続けます。別の端末で次を設定して使えます:',
  },
  shop: { en: 'Shop', ja: '書店' },
  whyStatus: { en: 'what runs where', ja: 'どこで何が動いているか' },
  whyHistory: { en: 'every deployment, and why one failed', ja: 'すべてのデプロイと、失敗の原因' },
  whyBreak: { en: 'commit another release that goes wrong', ja: '別の壊れたリリースをコミット' },
  whyDeploy: { en: 'and watch it being caught', ja: '検知されるのを見る' },
  whyReleases: { en: 'all the ways to go wrong', ja: '壊れ方の一覧' },
  whyPromote: { en: "staging's images to production", ja: 'staging のイメージを production へ' },
  whilePlaying: (requests: number, failed: number): Text => ({
    en: `While you played: ${thousands(requests)} requests, ${failed === 0 ? 'none' : thousands(failed)} failed.`,
    ja: `操作中のリクエスト: ${thousands(requests)} 件、失敗 ${thousands(failed)} 件。`,
  }),
  gone: { en: 'Everything is stopped and cleaned up.', ja: 'すべて停止し、後片付けも済みました。' },
  interrupted: {
    en: 'Interrupted; everything is stopped and cleaned up.',
    ja: '中断しました。すべて停止し、後片付けも済みました。',
  },
  broken: { en: 'The demo did not go as promised.', ja: 'デモは期待どおりに進みませんでした。' },
  logSays: { en: 'The logs end with:', ja: 'ログの末尾:' },

  usage: {
    en: `Usage: script/demo [--exit] [--json] [--bad RELEASES] [--lang en|ja]
  --exit   end without a prompt; the exit code is 0 only if everything went as promised
  --json   the last line is one JSON object
  --bad    what goes wrong: 03-crash, others of examples/bookshop/releases (a,b), or all
  --lang   language; by default that of KIBAN_LANG or the locale`,
    ja: `使い方: script/demo [--exit] [--json] [--bad リリース] [--lang en|ja]
  --exit   プロンプトを出さずに終わる。すべて期待どおりのときだけ終了コードは 0
  --json   最後の行に JSON オブジェクトを 1 つ出力する
  --bad    壊れたリリース。既定は 03-crash。examples/bookshop/releases の名前 (a,b) か all
  --lang   表示言語。既定は KIBAN_LANG またはロケール`,
  },
  badArgument: (argument: string): Text => ({ en: `${argument} is not understood`, ja: `${argument} を解釈できません` }),
  badLanguage: { en: '--lang must be en or ja', ja: '--lang には en か ja を指定してください' },
  badBad: (names: string): Text => ({
    en: `--bad must be one of ${names}`,
    ja: `--bad には次のいずれかを指定してください: ${names}`,
  }),

  notInSandbox: { en: 'The demo runs in a sandbox only', ja: 'デモはサンドボックスの中でのみ動きます' },
  notInSandboxHint: { en: 'Run script/demo', ja: 'script/demo を実行してください' },
  gitMissing: { en: 'git is not on the PATH', ja: 'git が PATH にありません' },
  gitMissingHint: {
    en: 'Install it (Debian: sudo apt-get install git; macOS: xcode-select --install), then run script/demo again',
    ja: 'インストールして (Debian: sudo apt-get install git、macOS: xcode-select --install)、script/demo を再実行してください',
  },
  tookTooLong: {
    en: 'A deployment took longer than any should; it was given up',
    ja: 'デプロイに時間がかかりすぎたため、打ち切りました',
  },
  diskFull: { en: 'The disk is full', ja: 'ディスクに空きがありません' },
  littleSpace: (folder: string, free: number, needed: number): Text => ({
    en: `${folder} has only ${free} MB left; the demo needs ${needed}`,
    ja: `${folder} の空きは ${free} MB だけです。デモには ${needed} MB が必要です`,
  }),
  diskFullHint: {
    en: 'Make room, or set TMPDIR to a folder on another disk',
    ja: '空きを作るか、TMPDIR に別のディスクのフォルダを指定してください',
  },
} satisfies Record<string, Text | ((...values: never[]) => Text)>
