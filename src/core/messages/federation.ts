// Jobs of GitHub Actions that come in by GitHub's own token.
import type { Text } from '../text.ts'

export const federation = {
  badRule: (field: string, value: string): Text => ({
    en: `${field} cannot be ${value}`,
    ja: `${field} に ${value} は指定できません`,
  }),
  repositoryHint: {
    en: 'Write owner/name; the name may hold *, the owner may not',
    ja: 'owner/name の形で指定してください。* は name の部分だけに使えます',
  } satisfies Text,
  issuerHint: {
    en: 'An issuer is an https address, as it stands in the tokens',
    ja: 'トークンに記載されている https のアドレスを指定してください',
  } satisfies Text,
  audienceHint: {
    en: 'Give the address of this server, or a word that the jobs ask their tokens for',
    ja: 'このサーバーのアドレス、またはジョブがトークンを要求するときの文字列を指定してください',
  } satisfies Text,
  tooWide: {
    en: 'Without a ref or an environment of GitHub, any branch of the repository would come in',
    ja: 'ref も GitHub の環境も指定しないと、どのブランチからもログインできてしまいます',
  } satisfies Text,
  tooWideHint: {
    en: "Give --ref refs/heads/main, or --job-environment; --ref '**' where any is meant",
    ja: "--ref refs/heads/main または --job-environment を指定してください。すべて許可する場合は --ref '**' と明示します",
  } satisfies Text,
  unknown: (id: string): Text => ({ en: `There is no rule ${id}`, ja: `ルール ${id} はありません` }),
  unknownHint: { en: '`kiban federation list` shows all', ja: '`kiban federation list` で一覧できます' } satisfies Text,
  badToken: (claim: string): Text => ({
    en: `This token of GitHub's does not count: ${claim}`,
    ja: `GitHub のトークンを確認できません: ${claim}`,
  }),
  badTokenHint: {
    en: 'A token counts once, for minutes, at the server it was asked for; the job asks GitHub for a new one. `kiban federation list` shows issuers and audiences',
    ja: 'トークンは要求先のサーバーで数分間、1 回だけ使えます。ジョブで取得し直してください。issuer と audience は `kiban federation list` で確認できます',
  } satisfies Text,
  noRule: (claims: string): Text => ({
    en: `No rule lets this job in; what does not match: ${claims}`,
    ja: `このジョブを許可するルールがありません。一致しない項目: ${claims}`,
  }),
  noRuleHint: {
    en: 'Whoever administers kiban adds one: kiban federation add OWNER/NAME developer --ref refs/heads/main --product PRODUCT --env ENV',
    ja: '管理者がルールを追加できます: kiban federation add OWNER/NAME developer --ref refs/heads/main --product PRODUCT --env ENV',
  } satisfies Text,
  unavailable: {
    en: 'The issuer of the token does not answer',
    ja: 'トークンの発行元が応答しません',
  } satisfies Text,
  unavailableHint: { en: 'Try again in a moment', ja: '少し待ってから再試行してください' } satisfies Text,

  add: { en: 'Let jobs of GitHub Actions in, without a secret', ja: 'GitHub Actions のジョブを秘密の値なしで許可する' },
  list: { en: 'List which jobs of GitHub Actions may come in', ja: '許可されている GitHub Actions のジョブを一覧する' },
  remove: { en: 'Let jobs in no more, at once', ja: 'ジョブの許可を直ちに取り消す' },
  login: { en: "Trade GitHub's token of a job for kiban's", ja: 'GitHub のジョブのトークンでログインする' },
  fieldRepository: {
    en: 'Repository, owner/name; * in the name stands for any letters',
    ja: 'リポジトリ (owner/name)。name には * を使えます',
  },
  fieldRef: {
    en: 'Ref that the job runs at, such as refs/heads/main; * for a part, ** for all',
    ja: 'ジョブを実行する ref (refs/heads/main など)。* は 1 区間、** は全体に一致',
  },
  fieldJobEnvironment: { en: "GitHub's environment of the job; * is allowed", ja: 'ジョブの GitHub 環境。* を使えます' },
  fieldJobWorkflow: {
    en: "File of the job's workflow at its ref: owner/name/.github/workflows/deploy.yml@refs/heads/main; * and ** are allowed",
    ja: 'ジョブのワークフローファイルと ref: owner/name/.github/workflows/deploy.yml@refs/heads/main。* と ** を使えます',
  },
  fieldOwnerId: {
    en: "Number of the repository's owner at GitHub, which a new owner of the name does not have",
    ja: 'GitHub でのリポジトリ所有者の番号。名前を取り直した別の所有者とは一致しません',
  },
  fieldIssuer: { en: 'Who signs the tokens', ja: 'トークンの発行元' },
  fieldAudience: {
    en: 'Whom the tokens are for; the address of this server by default',
    ja: 'トークンの宛先。既定はこのサーバーのアドレス',
  },
  fieldProduct: { en: 'Product; * for all', ja: 'プロダクト。* ですべて' },
  fieldEnv: { en: 'Environment; * for all', ja: '環境。* ですべて' },
  fieldFederation: { en: 'Rule', ja: 'ルール' },
  fieldToken: { en: "GitHub's token of the job", ja: 'GitHub が発行したジョブのトークン' },
  none: {
    en: 'No jobs may come in. Add a rule: kiban federation add OWNER/NAME developer --ref refs/heads/main --product PRODUCT --env ENV',
    ja: '許可されているジョブはありません。追加するには: kiban federation add OWNER/NAME developer --ref refs/heads/main --product PRODUCT --env ENV',
  } satisfies Text,
  done: { en: 'Done', ja: '完了しました' } satisfies Text,
}
