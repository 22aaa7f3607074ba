// What reading a Git repository says.
import type { Text } from '../text.ts'

export const git = {
  missing: { en: 'git is not installed', ja: 'git がインストールされていません' } satisfies Text,
  missingHint: { en: 'Install Git 2.35 or newer', ja: 'Git 2.35 以降をインストールしてください' } satisfies Text,
  addressRefused: (address: string): Text => ({
    en: `${address} is no repository that kiban reads`,
    ja: `${address} は kiban が扱えるリポジトリではありません`,
  }),
  addressHint: {
    en: 'Give a folder, or an address that begins with file://, ssh://, git@ or https://',
    ja: 'フォルダー、または file://、ssh://、git@、https:// で始まるアドレスを指定してください',
  } satisfies Text,
  passwordInAddress: {
    en: 'The address of the repository holds a password',
    ja: 'リポジトリのアドレスにパスワードが含まれています',
  } satisfies Text,
  passwordInAddressHint: {
    en: "Take it out; use SSH, or Git's credential helper (git help credentials)",
    ja: 'アドレスから取り除き、SSH か Git の認証ヘルパー (git help credentials) を使ってください',
  } satisfies Text,
  repositoryMissing: (address: string): Text => ({
    en: `There is no repository at ${address}`,
    ja: `${address} にリポジトリがありません`,
  }),
  repositoryMissingHint: {
    en: 'Check the address; a private repository is also called missing when you may not read it',
    ja: 'アドレスを確認してください。読み取り権限がない非公開リポジトリも「存在しない」と扱われます',
  } satisfies Text,
  authFailed: (address: string): Text => ({
    en: `${address} did not let us in`,
    ja: `${address} の認証に失敗しました`,
  }),
  authFailedHint: {
    en: 'Try `git ls-remote` with the address: kiban uses the same keys and helpers, and never asks for a password',
    ja: '同じアドレスで `git ls-remote` を試してください。kiban は同じ鍵と認証ヘルパーを使い、パスワードの入力は求めません',
  } satisfies Text,
  hostKey: {
    en: 'The host is not among your known ones: connect once with ssh and check its key',
    ja: 'ホストが known_hosts にありません。一度 ssh で接続してホスト鍵を確認してください',
  } satisfies Text,
  unreachable: (address: string): Text => ({ en: `${address} cannot be reached`, ja: `${address} に接続できません` }),
  failed: (command: string): Text => ({ en: `git ${command} failed`, ja: `git ${command} が失敗しました` }),
  timedOut: (command: string): Text => ({
    en: `git ${command} took too long and was ended`,
    ja: `git ${command} が時間内に終わらなかったため中止しました`,
  }),
  line: (line: string): Text => ({ en: line, ja: line }),
  refRefused: (ref: string): Text => ({
    en: `'${ref}' is no name of a branch, tag or commit`,
    ja: `'${ref}' はブランチ・タグ・コミットの名前として使えません`,
  }),
  refUnknown: (ref: string, address: string): Text => ({
    en: `${address} has no branch, tag or commit ${ref}`,
    ja: `${address} に ${ref} というブランチ・タグ・コミットはありません`,
  }),
  commitUnknown: (commit: string, address: string): Text => ({
    en: `${address} has no commit ${commit}`,
    ja: `${address} にコミット ${commit} はありません`,
  }),
  pushFirst: {
    en: 'Push it first (git push), or name what is there with --ref',
    ja: '先に git push するか、存在するものを --ref で指定してください',
  } satisfies Text,
  refAmbiguous: (ref: string): Text => ({
    en: `${ref} is the beginning of several commits`,
    ja: `${ref} で始まるコミットが複数あります`,
  }),
  refHint: {
    en: 'Name a branch, a tag or a commit that was pushed there',
    ja: 'そのリポジトリに push 済みのブランチ、タグ、コミットを指定してください',
  } satisfies Text,
  noCommitsHint: { en: 'Commit something first', ja: '先にコミットしてください' } satisfies Text,
  noCommits: (address: string): Text => ({ en: `${address} has no commits yet`, ja: `${address} にはまだコミットがありません` }),
  nearest: (names: string): Text => ({ en: `Did you mean ${names}?`, ja: `${names} のことですか?` }),
  pathOutside: (path: string): Text => ({
    en: `${path} leads out of the repository`,
    ja: `${path} はリポジトリの外を指しています`,
  }),
  fileTooLarge: (path: string, bytes: number): Text => ({
    en: `${path} is larger than ${bytes} bytes`,
    ja: `${path} が ${bytes} バイトを超えています`,
  }),
}
