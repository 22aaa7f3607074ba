import type { Text } from '../text.ts'

export const github = {
  unreachable: (what: string): Text => ({ en: `GitHub did not answer: ${what}`, ja: `GitHub が応答しません: ${what}` }),
  refused: (status: number, what: string): Text => ({
    en: `GitHub refused ${what} (${status})`,
    ja: `GitHub が ${what} を拒否しました (${status})`,
  }),
  refusedHint: {
    en: 'Install the GitHub App on the repository, with read and write of "Deployments" and "Commit statuses"',
    ja: 'GitHub App をリポジトリにインストールし、Deployments と Commit statuses の読み書きを許可してください',
  },
  throttled: { en: 'GitHub asks to wait', ja: 'GitHub が待機を求めています' },
  settings: (what: string): Text => ({ en: `${what} cannot be meant`, ja: `${what} の値が正しくありません` }),
  settingsHint: {
    en: 'KIBAN_GITHUB_APP_ID and the App\'s private key (PEM) belong together; see "kiban server" and docs/capabilities/github.md',
    ja: 'KIBAN_GITHUB_APP_ID と App の秘密鍵 (PEM) を一緒に設定してください。docs/capabilities/github.md を参照してください',
  },
  description: (product: string, verdict: string): Text => ({ en: `${product}: ${verdict}`, ja: `${product}: ${verdict}` }),
}
