// What `kiban login` and `kiban logout` say.
import type { Text } from '../text.ts'

export const login = {
  brief: { en: 'Work with a kiban server', ja: 'kiban サーバーに接続する' } satisfies Text,
  description: {
    en: 'Logs this machine in to a server, by a browser on any machine. All other commands then work there. Machines set KIBAN_SERVER and KIBAN_TOKEN instead.',
    ja: '任意の端末のブラウザを使って、この端末をサーバーにログインさせます。以後のコマンドはサーバーで実行されます。機械では KIBAN_SERVER と KIBAN_TOKEN を設定してください。',
  } satisfies Text,
  logoutBrief: { en: 'Go back to working without a server', ja: 'サーバーから切断する' } satisfies Text,
  argumentUrl: { en: 'Address of the server (KIBAN_SERVER)', ja: 'サーバーのアドレス (KIBAN_SERVER)' } satisfies Text,
  flagJson: { en: 'Answer with JSON', ja: 'JSON で出力する' } satisfies Text,
  flagLang: { en: 'Language of messages', ja: 'メッセージの言語' } satisfies Text,
  open: {
    en: 'Open this page in a browser, and see that it shows this code:',
    ja: 'ブラウザで次のページを開き、同じコードが表示されることを確認してください:',
  } satisfies Text,
  waiting: {
    en: 'Waiting for you to allow it there. Ctrl-C gives up.',
    ja: '許可されるのを待っています。中止するには Ctrl-C を押してください。',
  } satisfies Text,
  youAre: (name: string, url: string): Text => ({
    en: `You are ${name} at ${url}`,
    ja: `${url} に ${name} としてログインしました`,
  }),
  loggedOut: { en: 'Commands work without a server now', ja: '以後のコマンドはサーバーなしで動作します' } satisfies Text,
  serverNotTold: (url: string): Text => ({
    en: `${url} could not be told; the session there ends by itself within a week`,
    ja: `${url} に通知できませんでした。セッションは 1 週間以内に自動的に終了します`,
  }),
  noUrl: (given: string): Text => ({
    en: given ? `${given} is not the address of a server` : 'Which server?',
    ja: given ? `${given} はサーバーのアドレスではありません` : 'サーバーのアドレスを指定してください',
  }),
  noUrlHint: { en: 'kiban login https://kiban.example.com', ja: 'kiban login https://kiban.example.com' } satisfies Text,
  insecure: (origin: string): Text => ({
    en: `${origin} would carry your session in clear text`,
    ja: `${origin} では通信が暗号化されず、セッションが漏れるおそれがあります`,
  }),
  insecureHint: {
    en: 'Use https; http is for this machine itself only',
    ja: 'https を使ってください。http はこの端末自身に対してのみ使えます',
  } satisfies Text,
  tokenMissing: {
    en: 'KIBAN_SERVER is set, and KIBAN_TOKEN is not',
    ja: 'KIBAN_SERVER が設定されていますが、KIBAN_TOKEN がありません',
  } satisfies Text,
  tokenMissingHint: {
    en: 'Make a token: kiban token create NAME ROLE',
    ja: 'トークンを発行してください: kiban token create NAME ROLE',
  } satisfies Text,
  fileBroken: (file: string): Text => ({ en: `${file} cannot be read`, ja: `${file} を読み取れません` }),
  fileBrokenHint: {
    en: 'kiban logout removes it; then log in again',
    ja: 'kiban logout で削除し、もう一度ログインしてください',
  } satisfies Text,
}
