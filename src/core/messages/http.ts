import type { Text } from '../text.ts'

export const http = {
  ending: { en: 'This server is about to end; ask again', ja: 'このサーバーは終了します。もう一度お試しください' } satisfies Text,
  crossSite: {
    en: 'This request comes from another site than kiban',
    ja: 'このリクエストは kiban 以外のサイトから送られています',
  } satisfies Text,
  crossSiteHint: {
    en: 'Open the console at its own address, the one that KIBAN_URL names, and try again there',
    ja: 'KIBAN_URL に設定したアドレスでコンソールを開き、もう一度お試しください',
  } satisfies Text,
  loginNeeded: { en: 'You are not logged in', ja: 'ログインしていません' } satisfies Text,
  loginNeededHint: {
    en: 'Log in at the console, or by `kiban login`; machines send Authorization: Bearer <token>',
    ja: 'コンソールか `kiban login` でログインしてください。機械からは Authorization: Bearer <トークン> を送ります',
  } satisfies Text,
  noMethod: (method: string, path: string, allowed: string): Text => ({
    en: `${path} knows no ${method}, only ${allowed}`,
    ja: `${path} は ${method} に対応していません。使えるのは ${allowed} です`,
  }),
  noRoute: (method: string, path: string): Text => ({
    en: `There is no ${method} ${path}`,
    ja: `${method} ${path} はありません`,
  }),
  noRouteHint: { en: 'GET /api/openapi.json lists all there is', ja: 'GET /api/openapi.json に一覧があります' } satisfies Text,
  noText: { en: 'The request holds what is no text', ja: 'リクエストに文字として扱えない値が含まれています' } satisfies Text,
  noTextHint: { en: 'Send UTF-8 without NUL', ja: 'NUL を含まない UTF-8 で送信してください' } satisfies Text,
  notJson: { en: 'The body is not a JSON object', ja: '本文が JSON のオブジェクトではありません' } satisfies Text,
  notJsonHint: {
    en: 'Send Content-Type: application/json and one object',
    ja: 'Content-Type: application/json とし、オブジェクトを 1 つ送ってください',
  } satisfies Text,
  otherFields: {
    en: 'The body holds what this operation does not take',
    ja: '本文に、この操作が受け取らない項目があります',
  } satisfies Text,
  otherField: (name: string): Text => ({ en: `${name}: is not known here`, ja: `${name}: ここでは使えません` }),
  portTaken: (port: number): Text => ({ en: `Port ${port} is taken`, ja: `ポート ${port} は使用中です` }),
  takeAnotherPort: {
    en: 'Give another one with --port, or 0 for any that is free',
    ja: '--port で別の番号を指定してください (0 なら空いているものを使います)',
  } satisfies Text,
  noStream: (path: string): Text => ({ en: `${path} is no stream`, ja: `${path} はストリームではありません` }),
  sessionEnded: { en: 'Your session was ended', ja: 'セッションが終了しました' } satisfies Text,
  sessionEndedHint: {
    en: 'You logged out, or it was ended from another browser or by whoever administers kiban. Log in again',
    ja: 'ログアウトしたか、別のブラウザーまたは管理者がこのセッションを終了しました。もう一度ログインしてください',
  } satisfies Text,
  sessionExpired: { en: 'Your session has expired', ja: 'セッションの有効期限が切れました' } satisfies Text,
  sessionExpiredHint: {
    en: 'A session lasts seven days, and twelve hours without use. Log in again',
    ja: 'セッションは 7 日間、または 12 時間使用しないと切れます。もう一度ログインしてください',
  } satisfies Text,
  streamCount: (most: number): Text => ({
    en: `Name one to ${most} streams by \`follow\``,
    ja: `\`follow\` にストリームを 1〜${most} 個指定してください`,
  }),
  tooLarge: (bytes: number): Text => ({ en: `The body is above ${bytes} bytes`, ja: `本文が ${bytes} バイトを超えています` }),
  tooMany: (seconds: number): Text => ({
    en: `Too many requests; go on in ${seconds} s`,
    ja: `リクエストが多すぎます。${seconds} 秒後にお試しください`,
  }),
}
