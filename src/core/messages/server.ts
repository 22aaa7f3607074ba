// What `kiban server` says of itself.
import type { Text } from '../text.ts'

export const server = {
  brief: { en: 'Serve the API and the console to a team', ja: 'チーム向けに API とコンソールを提供します' },
  description: {
    en: 'Serves the HTTP API and the console, and works on deployments, until SIGTERM or Ctrl-C. It keeps its data in PostgreSQL (DATABASE_URL), or embedded in the data folder. It logs JSON lines on stdout.',
    ja: 'HTTP API とコンソールを提供し、デプロイを実行します。SIGTERM または Ctrl-C で終了します。データは PostgreSQL (DATABASE_URL) か、データフォルダ内の組み込みデータベースに保存します。ログは JSON で標準出力に書きます。',
  },
  flagHost: { en: 'Address to listen on (HOST; 127.0.0.1)', ja: '待ち受けるアドレス (HOST、既定は 127.0.0.1)' },
  flagPort: { en: 'Port to listen on (PORT; 8300)', ja: '待ち受けるポート (PORT、既定は 8300)' },
  flagUrl: {
    en: 'Where browsers find it, when that is another address (KIBAN_URL)',
    ja: 'ブラウザから見たアドレスが異なる場合に指定 (KIBAN_URL)',
  },
  flagRole: {
    en: 'all, api (answers only) or worker (works only); api and worker share a PostgreSQL',
    ja: 'all、api (応答のみ)、worker (実行のみ)。api と worker は PostgreSQL を共有します',
  },
  apiNeedsPostgres: {
    en: 'A server that only answers needs a PostgreSQL that it shares with a worker',
    ja: '応答だけを行うサーバーには、worker と共有する PostgreSQL が必要です',
  },
  apiNeedsPostgresHint: {
    en: 'Set DATABASE_URL, or leave --role out',
    ja: 'DATABASE_URL を設定するか、--role を省略してください',
  },
  flagLang: { en: 'Language of messages', ja: 'メッセージの言語' },
  firstLink: {
    en: 'Nobody has logged in yet. The first administrator comes in here, once, within a day:',
    ja: 'まだ誰もログインしていません。最初の管理者は、1 日以内に次のリンクからログインしてください (1 回だけ有効):',
  },
  badPort: (given: string): Text => ({ en: `${given} is not a port`, ja: `${given} はポート番号ではありません` }),
  badProxies: (given: string): Text => ({
    en: `KIBAN_PROXIES is ${given}; it takes the number of proxies before the server`,
    ja: `KIBAN_PROXIES の値 ${given} は正しくありません。サーバーの手前にあるプロキシの数を指定してください`,
  }),
  badUrl: (given: string): Text => ({
    en: `${given} is not the address of a server`,
    ja: `${given} はサーバーのアドレスではありません`,
  }),
  weakWebhookSecret: {
    en: 'KIBAN_GITHUB_WEBHOOK_SECRET is shorter than 16 characters',
    ja: 'KIBAN_GITHUB_WEBHOOK_SECRET が 16 文字より短いため使えません',
  },
  weakWebhookSecretHint: {
    en: 'Make one with "openssl rand -hex 32", and give the same to GitHub',
    ja: '"openssl rand -hex 32" で作り、同じ値を GitHub にも設定してください',
  },
  badUrlHint: {
    en: 'Give scheme and host alone: https://kiban.example.com',
    ja: 'https://kiban.example.com のようにスキームとホストだけを指定してください',
  },
} as const satisfies Record<string, Text | ((given: string) => Text)>
