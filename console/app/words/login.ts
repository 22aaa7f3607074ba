import type { Text } from './language.ts'

export const login = {
  title: { en: 'Log in to kiban', ja: 'kiban にログイン' },
  name: { en: 'Name', ja: '名前' },
  password: { en: 'Password', ja: 'パスワード' },
  code: { en: 'One-time code', ja: 'ワンタイムコード' },
  codeHelp: { en: 'Six digits of your authenticator', ja: '認証アプリに表示される 6 桁の数字' },
  enter: { en: 'Log in', ja: 'ログイン' },
  enterBy: (name: string): Text => ({ en: `Log in with ${name}`, ja: `${name} でログイン` }),
  linkWith: (name: string): Text => ({ en: `Link ${name}`, ja: `${name} と連携` }),
  enterByPasskey: { en: 'Log in with a passkey', ja: 'パスキーでログイン' },
  passkeys: { en: 'Passkeys', ja: 'パスキー' },
  passkeyName: { en: 'What you call this device', ja: 'この端末の呼び名' },
  addPasskey: { en: 'Add a passkey', ja: 'パスキーを登録' },
  removePasskey: { en: 'Remove', ja: '削除' },
  passkeyFirst: {
    en: 'With a passkey you log in by your fingerprint, face or PIN, and no password can be stolen.',
    ja: 'パスキーを登録すると、指紋・顔・PIN でログインでき、パスワードを盗まれる心配がありません。',
  },
  passkeyThere: { en: 'This device has a passkey for kiban already.', ja: 'この端末のパスキーはすでに登録されています。' },
  noPasskeyUsed: { en: 'No passkey was used.', ja: 'パスキーは使用されませんでした。' },
  lost: {
    en: 'No way in? Ask whoever administers kiban for a link: kiban user invite NAME',
    ja: 'ログインできない場合は、管理者にリンクを依頼してください: kiban user invite NAME',
  },
  welcome: { en: 'Welcome to kiban', ja: 'kiban へようこそ' },
  entering: { en: 'Using the link…', ja: 'リンクを確認しています…' },
  noLink: {
    en: 'This address has no link in it. Open the whole link that you were given.',
    ja: 'アドレスにリンクの情報がありません。受け取ったリンクをそのまま開いてください。',
  },
  youAre: (name: string): Text => ({ en: `You are ${name}.`, ja: `${name} としてログインしました。` }),
  setPassword: {
    en: 'Set a password, so that you find the way back in',
    ja: '次回からのログイン用にパスワードを設定してください',
  },
  rules: {
    en: 'At least 8 characters, with an upper and a lower case letter, a digit and a sign',
    ja: '8 文字以上で、英大文字・英小文字・数字・記号をそれぞれ 1 文字以上',
  },
  next: { en: 'Next', ja: '次へ' },
  later: { en: 'Later', ja: 'あとで' },
  addSeed: {
    en: 'Add this key to your authenticator, then enter its first code',
    ja: '次のキーを認証アプリに登録し、最初のコードを入力してください',
  },
  openApp: { en: 'Open in the authenticator of this device', ja: 'この端末の認証アプリで開く' },
  deviceTitle: { en: 'Let a program in', ja: '端末のログインを許可' },
  deviceAsk: (name: string): Text => ({
    en: `${name} wants to work as you.`,
    ja: `${name} が、あなたとしてログインしようとしています。`,
  }),
  deviceCheck: {
    en: 'Allow it only if the terminal in front of you shows this very code.',
    ja: '手元のターミナルに同じコードが表示されている場合だけ許可してください。',
  },
  deviceCode: { en: 'Code', ja: 'コード' },
  deviceAllow: { en: 'Allow', ja: '許可する' },
  deviceDone: { en: 'Done. Go back to the terminal.', ja: '許可しました。ターミナルに戻ってください。' },
  confirm: { en: 'Confirm', ja: '確認する' },
} as const satisfies Record<string, Text | ((name: string) => Text)>
