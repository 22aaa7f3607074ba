// Why a task that started does not stay: how its program ended, or what its health checks saw.
import { told } from './cause-text.ts'

const because = (line: string) => (line === '' ? { en: '', ja: '' } : { en: `: ${line}`, ja: `: ${line}` })

export const runCauses = {
  crash: told<{ container: string; exit: number; line: string }>(
    { en: 'crash', ja: '異常終了' },
    ({ container, exit, line }) => ({
      en: `${container} ended with exit code ${exit}${because(line).en}`,
      ja: `${container} が終了コード ${exit} で終了しました${because(line).ja}`,
    }),
    () => ({
      en: 'Correct the program at the line that its log names, then deploy again',
      ja: 'ログが示す箇所を直して、もう一度デプロイしてください',
    }),
  ),
  'exits-zero': told<{ container: string }>(
    { en: 'ends by itself', ja: '自ら終了' },
    ({ container }) => ({
      en: `${container} ends with exit code 0 where it should go on`,
      ja: `動き続けるはずの ${container} が終了コード 0 で終了します`,
    }),
    () => ({
      en: 'Keep the program running, or declare it as a task or a schedule instead of a service',
      ja: 'プログラムを動かし続けるか、サービスではなくタスクやスケジュールとして宣言してください',
    }),
  ),
  'out-of-memory': told<{ container: string; memory: string }>(
    { en: 'out of memory', ja: 'メモリ不足' },
    ({ container, memory }) => ({
      en: `${container} used more memory than its task has${memory === '' ? '' : ` (${memory})`} and was killed`,
      ja: `${container} がタスクのメモリ${memory === '' ? '' : ` (${memory})`} を使い切り、強制終了されました`,
    }),
    () => ({
      en: 'Give it more memory (size in kiban.yml), or find what grows',
      ja: 'kiban.yml の size でメモリを増やすか、使用量が増え続ける原因を取り除いてください',
    }),
  ),
  'heap-exhausted': told<{ container: string; line: string }>(
    { en: 'heap exhausted', ja: 'ヒープ不足' },
    ({ container, line }) => ({
      en: `${container} filled the heap of its runtime${because(line).en}`,
      ja: `${container} が実行環境のヒープを使い切りました${because(line).ja}`,
    }),
    () => ({
      en: "Raise the runtime's own limit (--max-old-space-size, -Xmx) towards the task's memory, or find what grows",
      ja: '実行環境の上限 (--max-old-space-size、-Xmx) をタスクのメモリに合わせて上げるか、増え続ける原因を取り除いてください',
    }),
  ),
  killed: told<{ container: string }>(
    { en: 'killed (137)', ja: '強制終了 (137)' },
    ({ container }) => ({
      en: `${container} was killed by SIGKILL, and ECS does not say by whom`,
      ja: `${container} が SIGKILL で強制終了されました。ECS は理由を示していません`,
    }),
    () => ({
      en: 'Compare its memory with its size in kiban.yml: memory is the usual reason',
      ja: 'メモリ使用量を kiban.yml の size と比べてください。多くの場合、原因はメモリです',
    }),
  ),
  segfault: told<{ container: string }>(
    { en: 'segmentation fault', ja: 'セグメンテーション違反' },
    ({ container }) => ({
      en: `${container} ended with a segmentation fault (139)`,
      ja: `${container} がセグメンテーション違反 (139) で終了しました`,
    }),
    () => ({
      en: 'Look at native modules and the base image: one of them was built for other libraries or another machine',
      ja: 'ネイティブモジュールとベースイメージを確認してください。別のライブラリや機種向けのものが含まれている可能性があります',
    }),
  ),
  signal: told<{ container: string; signal: string; exit: number }>(
    { en: 'ended by a signal', ja: 'シグナルで終了' },
    ({ container, signal, exit }) => ({
      en: `${container} ended by ${signal} (${exit})`,
      ja: `${container} が ${signal} (${exit}) で終了しました`,
    }),
    () => ({
      en: 'Find in its log what raised the signal: an assertion, an abort, or a program that stops its own parent',
      ja: 'シグナルの原因 (アサーション、abort、親を止めるプログラムなど) をログで確認してください',
    }),
  ),
  'killed-at-stop': told<{ container: string; seconds: string }>(
    { en: 'killed while stopping', ja: '停止時に強制終了' },
    ({ container, seconds }) => ({
      en: `${container} did not end within its stop time-out${seconds === '' ? '' : ` of ${seconds} s`} and was killed`,
      ja: `${container} が停止の制限時間${seconds === '' ? '' : ` (${seconds} 秒)`} 内に終わらず、強制終了されました`,
    }),
    () => ({
      en: 'Let the program end on SIGTERM: finish what is in hand, then exit (a shell as first process does not pass it on)',
      ja: 'SIGTERM を受けたら処理中の仕事を終えて終了するようにしてください (シェル経由の起動では伝わりません)',
    }),
  ),
  'health-404': told<{ path: string; container: string }>(
    { en: 'health page 404', ja: 'ヘルスチェックが 404' },
    ({ path, container }) => ({
      en: `${container} answers 404 where the load balancer asks for its health${path === '' ? '' : ` (${path})`}`,
      ja: `ロードバランサーのヘルスチェック${path === '' ? '' : ` (${path})`} に、${container} が 404 を返しています`,
    }),
    ({ path }) => ({
      en: `Serve ${path === '' ? 'the health page' : path}, or set health in kiban.yml and on the target group to a path that is served`,
      ja: `${path === '' ? 'ヘルスチェックのパス' : path} に応答するか、kiban.yml の health とターゲットグループを応答するパスに合わせてください`,
    }),
  ),
  'health-5xx': told<{ path: string; container: string; code: string; line: string }>(
    { en: 'health page fails', ja: 'ヘルスチェックが 5xx' },
    ({ path, container, code, line }) => ({
      en: `${container} answers ${code} to its health check${path === '' ? '' : ` (${path})`}${because(line).en}`,
      ja: `${container} がヘルスチェック${path === '' ? '' : ` (${path})`} に ${code} を返しています${because(line).ja}`,
    }),
    () => ({
      en: 'Correct what the health page fails at; its log line says what',
      ja: 'ヘルスチェックが失敗している箇所を直してください。ログの行が原因を示しています',
    }),
  ),
  'health-code': told<{ path: string; container: string; code: string }>(
    { en: 'health page answers otherwise', ja: 'ヘルスチェックの応答コード不一致' },
    ({ path, container, code }) => ({
      en: `${container} answers ${code} to its health check${path === '' ? '' : ` (${path})`}, which does not count as healthy`,
      ja: `${container} がヘルスチェック${path === '' ? '' : ` (${path})`} に ${code} を返しており、正常とみなされません`,
    }),
    ({ code }) => ({
      en: `Answer 200 there (no redirect, no login), or count ${code} as healthy (health.matcher)`,
      ja: `リダイレクトや認証なしで 200 を返すか、health.matcher で ${code} を正常に含めてください`,
    }),
  ),
  'health-timeout': told<{ path: string; container: string; seconds: string }>(
    { en: 'health check timed out', ja: 'ヘルスチェックが時間切れ' },
    ({ path, container, seconds }) => ({
      en: `${container} does not answer its health check${path === '' ? '' : ` (${path})`}${seconds === '' ? ' in time' : ` within ${seconds} s`}`,
      ja: `${container} がヘルスチェック${path === '' ? '' : ` (${path})`} に${seconds === '' ? '時間内' : ` ${seconds} 秒以内`}に応答しません`,
    }),
    () => ({
      en: 'Answer the health page at once, without asking slow neighbours, or raise health.timeout',
      ja: '遅い外部に問い合わせずに即座に応答するようにするか、health.timeout を延ばしてください',
    }),
  ),
  'port-closed': told<{ port: string; group: string }>(
    { en: 'port closed', ja: 'ポートが閉じている' },
    ({ port, group }) => ({
      en: `The security group ${group} lets nobody in at port ${port}`,
      ja: `セキュリティグループ ${group} が、ポート ${port} への通信を許可していません`,
    }),
    ({ port, group }) => ({
      en: `Allow TCP ${port} in ${group} from the load balancer's security group`,
      ja: `${group} に、ロードバランサーのセキュリティグループからの TCP ${port} を許可するルールを追加してください`,
    }),
  ),
  'connection-refused': told<{ port: string; container: string }>(
    { en: 'connection refused', ja: '接続拒否' },
    ({ port, container }) => ({
      en: `${container} says that it listens, but connections to port ${port} are refused`,
      ja: `${container} は待ち受けていると記録していますが、ポート ${port} への接続が拒否されます`,
    }),
    () => ({
      en: 'Listen on 0.0.0.0 (all addresses), not on 127.0.0.1 or localhost',
      ja: '127.0.0.1 や localhost ではなく、0.0.0.0 (すべてのアドレス) で待ち受けてください',
    }),
  ),
  'port-mismatch': told<{ port: string; found: string; container: string }>(
    { en: 'wrong port', ja: 'ポート不一致' },
    ({ port, found, container }) => ({
      en: `${container} listens on port ${found}, and the load balancer sends to port ${port}`,
      ja: `${container} はポート ${found} で待ち受けていますが、ロードバランサーはポート ${port} に送信します`,
    }),
    ({ found }) => ({
      en: `Listen on the port in PORT, or set port: ${found} in kiban.yml`,
      ja: `環境変数 PORT のポートで待ち受けるか、kiban.yml に port: ${found} を指定してください`,
    }),
  ),
  'slow-start': told<{ port: string; container: string; grace: string }>(
    { en: 'slow start', ja: '起動が遅い' },
    ({ port, container, grace }) => ({
      en: `Nothing answered on port ${port} of ${container} when its grace period${grace === '' ? '' : ` (${grace} s)`} was over, and the program had not said that it listens`,
      ja: `猶予期間${grace === '' ? '' : ` (${grace} 秒)`} が過ぎても ${container} のポート ${port} で応答がなく、待ち受け開始のログもありませんでした`,
    }),
    () => ({
      en: 'Listen before the long work of starting, or raise health.grace above the time that it takes',
      ja: '時間のかかる初期化より先に待ち受けを始めるか、health.grace を起動にかかる時間より長くしてください',
    }),
  ),
  'container-health': told<{ container: string; command: string }>(
    { en: 'container check failed', ja: 'コンテナのヘルスチェック失敗' },
    ({ container, command }) => ({
      en: `The health check of the container ${container} failed${command === '' ? '' : ` (${command})`}`,
      ja: `コンテナ ${container} のヘルスチェック${command === '' ? '' : ` (${command})`} が失敗しました`,
    }),
    () => ({
      en: 'Run the command in the image by hand: it must exist there and end with 0 once the program is ready',
      ja: 'イメージの中でコマンドを実行し、コマンドが存在すること、準備完了後に 0 で終わることを確認してください',
    }),
  ),
  flapping: told<{ container: string }>(
    { en: 'flapping', ja: '不安定' },
    ({ container }) => ({
      en: `Tasks of ${container} become healthy and then fail again, over and over`,
      ja: `${container} のタスクが正常になった後に再び失敗することを繰り返しています`,
    }),
    () => ({
      en: 'Find in the log what fails a while after the start: connections that run out, a limit, a slow neighbour',
      ja: '起動後しばらくしてから失敗する原因 (接続の枯渇、上限、遅い外部など) をログで確認してください',
    }),
  ),
}
