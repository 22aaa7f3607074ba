// What kiban adds to AWS's own words.
import type { Text } from '../text.ts'

export const aws = {
  /** AWS's words are kept as they are, in both languages: people search for them. */
  failed: (service: string, name: string, message: string): Text => {
    const words = message === '' || message === name ? name : `${name}: ${message}`
    return { en: `AWS ${service} answered ${words}`, ja: `AWS ${service} の応答: ${words}` }
  },
  noCredentials: {
    en: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    ja: 'AWS_PROFILE、または AWS_ACCESS_KEY_ID と AWS_SECRET_ACCESS_KEY を設定してください',
  },
  expired: {
    en: 'The session has expired: log in again (aws sso login, or a new session token)',
    ja: 'セッションの期限が切れています。ログインし直してください (aws sso login、または新しいセッショントークン)',
  },
  identityRefused: {
    en: "The role does not take this identity token: look at its issuer, audience and subject in the role's trust policy",
    ja: 'ロールがこの ID トークンを受け付けません。ロールの信頼ポリシーで発行者・aud・sub を確認してください',
  } satisfies Text,
  wrongCredentials: {
    en: 'These credentials are not known there: check the profile, the keys and AWS_ENDPOINT_URL',
    ja: 'この認証情報は接続先で認められません。プロファイル、キー、AWS_ENDPOINT_URL を確認してください',
  },
  denied: {
    en: 'The credentials are valid but lack this permission: aws sts get-caller-identity shows who you are',
    ja: '認証情報は有効ですが、この操作の権限がありません。aws sts get-caller-identity で現在の権限主体を確認できます',
  },
  throttled: {
    en: 'Too many calls in this account and region, even after waiting: try again in a minute',
    ja: 'このアカウントとリージョンでの呼び出しが多すぎます。1 分ほど待ってから再実行してください',
  },
  notFound: {
    en: 'Check the name, the account and the region (AWS_REGION, or region in kiban.yml)',
    ja: '名前、アカウント、リージョン (AWS_REGION または kiban.yml の region) を確認してください',
  },
  unreachable: {
    en: 'Check the network and AWS_ENDPOINT_URL; is the sandbox still running?',
    ja: 'ネットワークと AWS_ENDPOINT_URL を確認してください。サンドボックスは動いていますか',
  },
  conflict: {
    en: 'Somebody else changes it just now, or it is there already: look at it, and try again',
    ja: '他の変更が進行中か、すでに存在しています。状態を確認してから再実行してください',
  },
  rejected: {
    en: "AWS does not accept this request: its words say which value; look for them in the service's API reference",
    ja: 'AWS がリクエストを受け付けませんでした。メッセージが示す値を、そのサービスの API リファレンスで確認してください',
  },
  noRegion: {
    en: 'Set region in kiban.yml, or AWS_REGION',
    ja: 'kiban.yml の region、または AWS_REGION を設定してください',
  },
} satisfies Record<string, Text | ((...values: string[]) => Text)>
