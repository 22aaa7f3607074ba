import type { Text } from '../text.ts'

export const database = {
  firstTime: (folder: string): Text => ({
    en: `Making kiban's database in ${folder}: a few seconds, once`,
    ja: `${folder} に kiban のデータベースを作成しています (初回のみ、数秒かかります)`,
  }),
  ownerSilent: (folder: string): Text => ({
    en: `Another kiban holds ${folder} and does not answer`,
    ja: `ほかの kiban が ${folder} を使用中で、応答がありません`,
  }),
  ownerSilentHint: {
    en: 'Is one suspended (Ctrl-Z) in another terminal? fg brings it back',
    ja: '別の端末で一時停止 (Ctrl-Z) していませんか。fg で再開できます',
  } satisfies Text,
  notAFolder: (folder: string): Text => ({
    en: `${folder} is not a folder`,
    ja: `${folder} はフォルダではありません`,
  }),
  notWritable: (folder: string): Text => ({
    en: `kiban may not write in ${folder}, where its data belongs`,
    ja: `データを置くフォルダ ${folder} に書き込めません`,
  }),
  chooseFolder: {
    en: 'KIBAN_DATA names another folder',
    ja: '別のフォルダは KIBAN_DATA で指定できます',
  } satisfies Text,
  openToAll: (folder: string): Text => ({
    en: `Anybody on this machine may write in ${folder}: credentials could be read there`,
    ja: `${folder} にはこのマシンの誰でも書き込めるため、認証情報を読み取られるおそれがあります`,
  }),
  openToAllHint: (folder: string): Text => ({
    en: `chmod o-w ${folder}, or another folder by KIBAN_DATA`,
    ja: `chmod o-w ${folder} を実行するか、KIBAN_DATA で別のフォルダを指定してください`,
  }),
  notOwn: (own: string, folder: string): Text => ({
    en: `${own} stands in for ${folder}, whose path is too long for a socket, and belongs to another user`,
    ja: `${folder} のパスがソケットには長すぎるため ${own} を使いますが、別のユーザーの所有です`,
  }),
  shorterFolder: {
    en: 'Give a folder with a shorter path by KIBAN_DATA',
    ja: 'KIBAN_DATA でパスの短いフォルダを指定してください',
  } satisfies Text,
  ofAnotherUser: (folder: string): Text => ({
    en: `The kiban of another user works on ${folder}`,
    ja: `別のユーザーの kiban が ${folder} を使用中です`,
  }),
  full: (folder: string): Text => ({
    en: `The disk of ${folder} is full`,
    ja: `${folder} のディスクに空きがありません`,
  }),
  fullHint: {
    en: 'Make room there. Nothing is lost: the next command goes on with what was begun',
    ja: '空きを作ってください。失われたものはなく、次のコマンドが続きから再開します',
  } satisfies Text,
  broken: (folder: string, words: string): Text => ({
    en: `The database in ${folder} has stopped: ${words}`,
    ja: `${folder} のデータベースが停止しました: ${words}`,
  }),
  brokenHint: {
    en: 'The next command opens it again and goes on with what was begun; if it cannot, move the folder away to begin anew',
    ja: '次のコマンドがデータベースを開き直し、続きから再開します。開けない場合は、フォルダを別の場所に移すと新しく始められます',
  } satisfies Text,
  unavailable: (server: string): Text => ({
    en: `PostgreSQL (${server}) does not answer`,
    ja: `PostgreSQL (${server}) が応答しません`,
  }),
  unavailableHint: {
    en: 'Is it running, and is DATABASE_URL right? What was begun goes on when it is back',
    ja: '起動しているか、DATABASE_URL が正しいかを確認してください。復旧すれば、始まっていた作業は続行されます',
  } satisfies Text,
  refused: (server: string, words: string): Text => ({
    en: `PostgreSQL (${server}) refuses the connection: ${words}`,
    ja: `PostgreSQL (${server}) が接続を拒否しました: ${words}`,
  }),
  refusedHint: {
    en: 'Check user, password and database in DATABASE_URL',
    ja: 'DATABASE_URL のユーザー、パスワード、データベース名を確認してください',
  } satisfies Text,
  owned: (folder: string): Text => ({
    en: `Another kiban works on ${folder}`,
    ja: `別の kiban が ${folder} を使用中です`,
  }),
  ownedHint: {
    en: 'Wait until it ends, or give this server a folder of its own by KIBAN_DATA, or a PostgreSQL by DATABASE_URL',
    ja: '終了を待つか、KIBAN_DATA で別のフォルダを、または DATABASE_URL で PostgreSQL を指定してください',
  } satisfies Text,
  brief: { en: 'The database in which kiban keeps its state', ja: 'kiban の状態を保存するデータベース' },
  copyBrief: {
    en: 'Copy the embedded database to an empty PostgreSQL',
    ja: '組み込みデータベースを空の PostgreSQL へコピーします',
  },
  copyDescription: {
    en: 'Copies everything in the data folder (KIBAN_DATA) to the empty PostgreSQL that DATABASE_URL names, in one transaction, and compares every table. No other kiban may be using the folder; nothing in it is changed.',
    ja: 'データフォルダ (KIBAN_DATA) の内容を、DATABASE_URL が指す空の PostgreSQL へ 1 つのトランザクションでコピーし、すべての表を照合します。ほかの kiban が使用中のフォルダはコピーできません。フォルダの内容は変更しません。',
  },
  copyFlagJson: { en: 'Print JSON', ja: 'JSON で出力' },
  copyFlagLang: { en: 'Language of messages', ja: 'メッセージの言語' },
  copyNoTarget: {
    en: 'DATABASE_URL does not say where to copy to',
    ja: 'コピー先を指定する DATABASE_URL が設定されていません',
  },
  copyNoTargetHint: {
    en: 'DATABASE_URL=postgres://user@host/kiban kiban database copy; as a variable, so that no password stands in a list of processes',
    ja: 'DATABASE_URL=postgres://user@host/kiban kiban database copy のように指定してください (パスワードがプロセス一覧に残らないよう、環境変数を使います)',
  },
  copied: (tables: number, rows: number): Text => ({
    en: `Copied ${rows} rows of ${tables} tables; counts and checksums are the same on both sides`,
    ja: `${tables} 個の表の ${rows} 行をコピーしました。行数とチェックサムは一致しています`,
  }),
  copyNext: (folder: string): Text => ({
    en: `Start kiban with this DATABASE_URL, and with KIBAN_SECRET_KEY from ${folder}/secret.key if that file is there`,
    ja: `この DATABASE_URL で kiban を起動してください。${folder}/secret.key がある場合は、その内容を KIBAN_SECRET_KEY に設定してください`,
  }),
  missing: (folder: string): Text => ({
    en: `There is no database in ${folder}`,
    ja: `${folder} にデータベースがありません`,
  }),
  missingHint: {
    en: 'Name the data folder by KIBAN_DATA',
    ja: 'KIBAN_DATA でデータフォルダを指定してください',
  },
  ownedCopyHint: {
    en: 'End the server and every other kiban on this folder, then copy again',
    ja: 'このフォルダを使うサーバーやほかの kiban を終了してから、もう一度実行してください',
  },
  notEmpty: (found: string): Text => ({
    en: `The target is not empty: ${found}`,
    ja: `コピー先が空ではありません: ${found}`,
  }),
  notEmptyHint: {
    en: 'Make a new database (createdb), and name it by DATABASE_URL',
    ja: '新しいデータベースを作成し (createdb)、DATABASE_URL で指定してください',
  },
  copyDiffers: (table: string, here: number, there: number): Text => ({
    en: `${table} is not the same on both sides (${here} rows here, ${there} there); nothing was copied`,
    ja: `表 ${table} がコピー元とコピー先で一致しません (コピー元 ${here} 行、コピー先 ${there} 行)。コピーは取り消しました`,
  }),
  copyDiffersHint: {
    en: 'The target is as empty as it was. Is it PostgreSQL 15 or later, with encoding UTF8?',
    ja: 'コピー先は空のままです。PostgreSQL 15 以降で、文字コードが UTF8 であることを確認してください',
  },
} satisfies Record<string, Text | ((...values: never[]) => Text)>
