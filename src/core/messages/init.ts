// Why `kiban init` guessed what it wrote; these become comments in the manifest.
import type { Text } from '../text.ts'

const text = (en: string, ja: string): Text => ({ en, ja })

export const init = {
  introduction: (folder: string): Text =>
    text(
      `Written by kiban init from what it found in ${folder}. Each comment says where a value comes from; change what is wrong.\nCheck it with: kiban manifest check    Every key there is: kiban manifest example`,
      `kiban init が ${folder} を調べて作成しました。コメントは値の根拠です。違うところは直してください。\n確認: kiban manifest check    すべてのキー: kiban manifest example`,
    ),
  from: (file: string): Text => text(`from ${file}`, `${file} より`),
  fromKey: (file: string, key: string): Text => text(`from ${file}: ${key}`, `${file} の ${key} より`),
  folderName: text('the name of the folder', 'フォルダ名より'),
  dockerfile: (file: string): Text => text(`${file} is here`, `${file} があるため`),
  noDockerfile: text('no Dockerfile was found: write one here', 'Dockerfile が見つかりません。ここに作成してください'),
  expose: (file: string): Text => text(`EXPOSE in ${file}`, `${file} の EXPOSE より`),
  listens: (file: string): Text => text(`${file} listens on it`, `${file} が待ち受けているため`),
  usualPort: (framework: string): Text => text(`the usual port of ${framework}`, `${framework} の標準のポート`),
  healthFound: (file: string): Text => text(`${file} answers it`, `${file} が応答するため`),
  healthGuess: text(
    'no health path was found: give it a page of its own',
    '確認用のパスが見つかりません。専用のパスを用意してください',
  ),
  railsUp: text('Rails answers /up since 7.1', 'Rails 7.1 以降は /up に応答するため'),
  migration: (file: string, name: string): Text =>
    text(
      `${name} in ${file}: runs once per deployment, before the service`,
      `${file} の ${name}。デプロイごとに 1 回、サービスより先に実行`,
    ),
  runsBefore: text('the database first', 'データベースを先に更新するため'),
  secret: (file: string): Text =>
    text(
      `${file} sets it and it sounds secret: put the value into the parameter store`,
      `${file} にあり、秘密の値と思われます。値はパラメータストアに置いてください`,
    ),
  worker: (file: string): Text => text(`a process of ${file} without a port`, `${file} にある、ポートを持たないプロセス`),
  rounded: (from: string): Text =>
    text(`${from} is not a size of Fargate; the nearest`, `Fargate に ${from} がないため、最も近い値`),
  production: text('only managers and SREs may deploy', 'デプロイは manager と sre に限定'),
  notTakenOver: (what: string, file: string): Text =>
    text(`not taken over from ${file}: ${what}`, `${file} から引き継いでいないもの: ${what}`),
  written: (file: string): Text => text(`Wrote ${file}`, `${file} を作成しました`),
  services: text('Services', 'サービス'),
  tasks: text('Tasks', 'タスク'),
  schedules: text('Schedules', 'スケジュール'),
  environments: text('Environments', '環境'),
  product: text('Product', 'プロダクト'),
  sound: (file: string): Text => text(`${file} is right`, `${file} に問題はありません`),
  nextCheck: text('see what was understood', '内容を確認する'),
  nextPlan: text('see what a deployment would change', 'デプロイで何が変わるかを見る'),
}
