// What `kiban auth` says.
import type { Text } from '../text.ts'

export const access = {
  brief: { en: 'Sessions of AWS profiles, with MFA', ja: 'AWS プロファイルのセッション (MFA 対応)' },
  assume: {
    en: 'Open a session and write it as [PROFILE-assume] for every tool of AWS',
    ja: 'セッションを開き、[PROFILE-assume] として書き込む',
  },
  exec: { en: 'Run a command with a session', ja: 'セッションでコマンドを実行する' },
  env: { en: 'Print a session for a shell to read', ja: 'シェル用にセッションを出力する' },
  process: { en: 'Print a session as credential_process wants it', ja: 'credential_process の形式でセッションを出力する' },
  console: { en: "Make a link that signs in to AWS's console", ja: 'AWS コンソールへのサインインリンクを作る' },
  whoami: { en: 'Ask AWS who a profile is', ja: 'プロファイルが誰かを AWS に確認する' },
  list: { en: 'List profiles, and how long their sessions last', ja: 'プロファイルとセッションの残り時間を一覧する' },
  logout: { en: 'Forget sessions', ja: 'セッションを破棄する' },
  argProfile: { en: 'Profile; AWS_PROFILE, else "default"', ja: 'プロファイル (既定は AWS_PROFILE、なければ default)' },
  argCommand: { en: 'Command, after --', ja: 'コマンド (-- の後)' },
  flagToken: { en: 'Code of the MFA device', ja: 'MFA コード' },
  flagTokenCommand: {
    en: 'Command that prints the code, such as "op item get aws --otp"',
    ja: 'コードを出力するコマンド ("op item get aws --otp" など)',
  },
  flagFresh: { en: 'Open a new session although one is good', ja: '有効なセッションがあっても新しく開く' },
  flagShell: { en: 'sh, fish or powershell', ja: 'sh・fish・powershell' },
  flagDestination: { en: 'Where in the console', ja: 'コンソールの行き先' },
  askCode: (serial: string): Text => ({ en: `Code of ${serial}`, ja: `${serial} のコード` }),
  wrote: (section: string, file: string): Text => ({
    en: `[${section}] is in ${file}`,
    ja: `[${section}] を ${file} に書き込みました`,
  }),
  lasts: (duration: string): Text => ({ en: `good for ${duration}`, ja: `残り ${duration}` }),
  reused: { en: 'the session of before', ja: '既存のセッション' },
  endless: { en: 'keys that do not end', ja: '期限のない鍵' },
  rests: {
    keyring: { en: "in the system's keyring", ja: 'システムのキーリング' },
    file: { en: 'in a file that you alone may read', ja: '本人だけが読めるファイル' },
  },
  nextAws: { en: 'uses it', ja: 'このセッションを使う' },
  noRegion: (section: string, file: string): Text => ({
    en: `It has no region: add [profile ${section}] with region = … to ${file}`,
    ja: `リージョンが未設定です。${file} に [profile ${section}] と region = … を追加してください`,
  }),
  noSessions: { en: 'No session was there', ja: 'セッションはありませんでした' },
  forgot: (count: number): Text => ({
    en: `${count} session${count === 1 ? '' : 's'} forgotten`,
    ja: `${count} 件のセッションを破棄しました`,
  }),
  kinds: {
    keys: { en: 'keys', ja: '鍵' },
    device: { en: 'keys and MFA', ja: '鍵と MFA' },
    role: { en: 'role', ja: 'ロール' },
    sso: { en: 'SSO', ja: 'SSO' },
    process: { en: 'process', ja: 'プロセス' },
    other: { en: 'settings only', ja: '設定のみ' },
  },
  nothingListed: { en: 'There is no profile yet', ja: 'プロファイルはまだありません' },

  profileUnknown: (name: string, config: string, credentials: string): Text => ({
    en: `There is no profile ${name} in ${config} or ${credentials}`,
    ja: `プロファイル ${name} は ${config} にも ${credentials} にもありません`,
  }),
  noProfiles: { en: 'Make one: aws configure --profile NAME', ja: '作成してください: aws configure --profile NAME' },
  knownProfiles: (names: readonly string[]): Text => ({
    en: `There are: ${names.slice(0, 20).join(', ')}`,
    ja: `利用可能: ${names.slice(0, 20).join('、')}`,
  }),
  sourceUnknown: (name: string, source: string): Text => ({
    en: `The profile ${name} stands on ${source}, which is not there`,
    ja: `プロファイル ${name} の source_profile ${source} がありません`,
  }),
  sourceLoop: (names: readonly string[]): Text => ({
    en: `These profiles stand on each other: ${names.join(' → ')}`,
    ja: `source_profile が循環しています: ${names.join(' → ')}`,
  }),
  sourceHint: { en: 'Correct source_profile in ~/.aws/config', ja: '~/.aws/config の source_profile を修正してください' },
  callsItself: (name: string): Text => ({
    en: `credential_process of ${name} calls kiban for ${name} itself`,
    ja: `${name} の credential_process が kiban に ${name} 自身を問い合わせています`,
  }),
  callsItselfHint: {
    en: 'Keep the keys in one profile, and let another have credential_process = kiban auth process THAT-ONE',
    ja: '鍵は別のプロファイルに置き、credential_process = kiban auth process そのプロファイル としてください',
  },
  fileUnreadable: (file: string): Text => ({ en: `${file} cannot be read`, ja: `${file} を読めません` }),
  fileUnreadableHint: (file: string): Text => ({
    en: `ls -l ${file} shows whose it is`,
    ja: `ls -l ${file} で所有者を確認してください`,
  }),
  fileReadOnly: (file: string): Text => ({ en: `${file} is protected from writing`, ja: `${file} は書き込み禁止です` }),
  fileReadOnlyHint: (file: string): Text => ({ en: `chmod u+w ${file}`, ja: `chmod u+w ${file}` }),
  fileLocked: (file: string): Text => ({
    en: `Another kiban is writing ${file}`,
    ja: `別の kiban が ${file} に書き込んでいます`,
  }),
  fileLockedHint: { en: 'Try again in a moment', ja: '少し待って再実行してください' },
  badCode: (given: number): Text => ({
    en: `A code has six digits, not ${given} characters`,
    ja: `コードは 6 桁の数字です (${given} 文字が入力されました)`,
  }),
  codeRefused: { en: 'The code is wrong, was used already, or is over', ja: 'コードが間違っているか、使用済みか、期限切れです' },
  codeRefusedHint: {
    en: 'Wait for the next one: each counts once. If that is refused too, is mfa_serial that of your device, and the clock of this machine right?',
    ja: '次のコードを待ってください (1 回だけ有効)。それでも拒否される場合は mfa_serial とこの機械の時計を確認してください',
  },
  clockSkew: { en: "AWS's clock and that of this machine differ too much", ja: 'この機械の時計が AWS と大きくずれています' },
  clockSkewHint: { en: 'Set it: timedatectl set-ntp true', ja: '時計を合わせてください: timedatectl set-ntp true' },
  noCode: { en: 'No code was given', ja: 'コードが入力されませんでした' },
  needsCode: (name: string): Text => ({
    en: `The profile ${name} needs a code of its MFA device`,
    ja: `プロファイル ${name} には MFA コードが必要です`,
  }),
  needsCodeHint: (name: string): Text => ({
    en: `kiban auth assume ${name} asks for it; --token and --token-command give it`,
    ja: `kiban auth assume ${name} で入力するか、--token・--token-command で渡してください`,
  }),
  codeCommandFailed: (program: string): Text => ({
    en: `${program} gave no code`,
    ja: `${program} からコードを取得できませんでした`,
  }),
  codeCommandFailedHint: {
    en: 'Run it by hand: it must print the code alone',
    ja: '手動で実行し、コードだけを出力することを確認してください',
  },
  badDuration: (name: string, given: string): Text => ({
    en: `duration_seconds of ${name} is ${given}, not a number from 900 to 129600`,
    ja: `${name} の duration_seconds ${given} は 900〜129600 の数値ではありません`,
  }),
  badDurationHint: {
    en: 'Correct it in ~/.aws/config or ~/.aws/credentials',
    ja: '~/.aws/config か ~/.aws/credentials を修正してください',
  },
  nothingToAssume: (name: string): Text => ({
    en: `The profile ${name} has neither keys nor a role nor SSO`,
    ja: `プロファイル ${name} には鍵もロールも SSO もありません`,
  }),
  nothingToAssumeHint: {
    en: 'aws configure --profile NAME gives it keys',
    ja: 'aws configure --profile NAME で鍵を設定できます',
  },
  noConsole: (name: string): Text => ({
    en: `${name} has plain keys: AWS's console takes sessions of roles and of SSO alone`,
    ja: `${name} は鍵のみです。コンソールにサインインできるのはロールか SSO のセッションだけです`,
  }),
  noConsoleHint: {
    en: 'Use a profile with role_arn and source_profile',
    ja: 'role_arn と source_profile のあるプロファイルを使ってください',
  },
  consoleRefused: (status: number): Text => ({
    en: `AWS's sign-in refused the session (${status})`,
    ja: `AWS のサインインに拒否されました (${status})`,
  }),
  consoleAway: { en: "AWS's sign-in does not answer", ja: 'AWS のサインインが応答しません' },
  consoleAwayHint: { en: 'Is there a network? A proxy?', ja: 'ネットワークとプロキシを確認してください' },
  execNothing: { en: 'No command was given', ja: 'コマンドが指定されていません' },
  execNothingHint: { en: 'kiban auth exec PROFILE -- aws s3 ls', ja: 'kiban auth exec PROFILE -- aws s3 ls' },
  frameBroken: { en: 'A frame of the session is broken', ja: 'セッションのフレームが壊れています' },
  frameBrokenHint: {
    en: 'Open the session again; when it stays so, something between here and AWS changes what passes',
    ja: 'セッションを開き直してください。繰り返す場合は、AWS との経路で通信が書き換えられています',
  },
  sessionOver: { en: 'The session is over', ja: 'セッションは終了しています' },
  sessionOverHint: { en: 'Open another one', ja: '新しいセッションを開いてください' },
  sessionEncryptedHint: {
    en: 'Have kms:GenerateDataKey allowed for that key',
    ja: 'この鍵に対する kms:GenerateDataKey の許可を依頼してください',
  },
  sessionEncrypted: (keyId: string): Text => ({
    en: `This account encrypts its sessions with ${keyId}, which cannot be used here`,
    ja: `このアカウントのセッションは ${keyId} で暗号化されますが、この鍵は使えません`,
  }),
  channelUnreachable: {
    en: 'The connection of the session broke and cannot be had again',
    ja: 'セッションの接続が切れ、再接続できませんでした',
  },
  channelUnreachableHint: {
    en: 'Is there a network, and a way to ssmmessages of this region?',
    ja: 'ネットワークと、このリージョンの ssmmessages への経路を確認してください',
  },
  tunnelNoPort: (type: string): Text => ({
    en: `The session is not for a port but of type ${type}`,
    ja: `ポート用のセッションではありません (種類: ${type})`,
  }),
  tunnelNoPortHint: { en: 'Start it with a document that forwards a port', ja: 'ポート転送のドキュメントで開始してください' },
  tunnelPortTaken: (port: number): Text => ({
    en: `Port ${port} of this machine cannot be opened`,
    ja: `このマシンのポート ${port} を開けません`,
  }),
  tunnelPortTakenHint: { en: 'Take another one, or none for a free one', ja: '別のポートを指定するか、指定を省略してください' },
}
