import type { Text } from '../text.ts'

export const products = {
  product: { en: 'The product; that of ./kiban.yml by default', ja: 'プロダクト。既定は ./kiban.yml のもの' },
  productMissing: {
    en: 'name the product (--product), or run this where kiban.yml is',
    ja: 'プロダクトを指定するか (--product)、kiban.yml のあるフォルダで実行してください',
  },
  init: { en: 'Write a kiban.yml by looking at a repository', ja: 'リポジトリを調べて kiban.yml を作成する' },
  check: { en: 'Check a manifest and tell every problem at once', ja: 'マニフェストを確認し、問題をまとめて表示する' },
  schema: { en: 'Print the JSON Schema of kiban.yml for editors', ja: 'エディタ用に kiban.yml の JSON Schema を出力する' },
  example: { en: 'Print a manifest with every key, explained', ja: 'すべてのキーを説明付きで並べたマニフェストを出力する' },
  list: { en: 'List the products of the server', ja: 'サーバーのプロダクトを一覧する' },
  show: { en: 'Show a product: whose it is, where it runs, what it is made of', ja: 'プロダクトの責任者・環境・構成を表示する' },
  add: {
    en: 'Add a product by its repository, or read it again',
    ja: 'リポジトリを指定してプロダクトを追加する (読み直しもできる)',
  },
  remove: { en: 'Take a product out of the catalogue', ja: 'プロダクトを一覧から外す' },
  fieldProduct: { en: 'Product', ja: 'プロダクト' },
  fieldRepository: { en: 'Git repository: a URL, or a path of the server', ja: 'Git リポジトリの URL、またはサーバー上のパス' },
  fieldRef: {
    en: 'Branch whose manifest counts; the default branch otherwise',
    ja: 'マニフェストを読むブランチ。既定はデフォルトブランチ',
  },
  noManifest: (repository: string, ref: string): Text => ({
    en: `${repository} has no kiban.yml at ${ref}`,
    ja: `${repository} の ${ref} に kiban.yml がありません`,
  }),
  noManifestHint: { en: 'Write one with kiban init, and push it', ja: 'kiban init で作成し、push してください' } satisfies Text,
  exists: (name: string, repository: string): Text => ({
    en: `The product ${name} is known from ${repository}`,
    ja: `プロダクト ${name} は ${repository} から登録済みです`,
  }),
  existsHint: (name: string): Text => ({
    en: `Rename the product in its kiban.yml, or first: kiban product remove ${name}`,
    ja: `kiban.yml の product を変えるか、先に kiban product remove ${name} を実行してください`,
  }),
  unknown: (name: string): Text => ({
    en: `The server knows no product ${name}`,
    ja: `プロダクト ${name} はサーバーに登録されていません`,
  }),
  unknownHint: {
    en: 'kiban product list shows all; kiban product add adds one',
    ja: 'kiban product list で一覧、kiban product add で追加できます',
  } satisfies Text,
  added: (name: string): Text => ({ en: `${name} is in the catalogue`, ja: `${name} を登録しました` }),
  removed: { en: 'Taken out; what runs goes on', ja: '一覧から外しました。動いているものはそのままです' } satisfies Text,
  none: { en: 'No products yet', ja: 'プロダクトはまだありません' } satisfies Text,
  addWhy: { en: 'adds the one of a repository', ja: 'リポジトリのプロダクトを追加' } satisfies Text,
  service: { en: 'Service', ja: 'サービス' },
  protected: { en: 'protected', ja: '保護' },
  approvals: (count: number): Text => ({ en: `${count} approval${count === 1 ? '' : 's'}`, ja: `承認 ${count} 件` }),
}
