// People, machines and how they come in.
import type { Role } from '../permission.ts'
import type { Text } from '../text.ts'

export const roleName: Record<Role, Text> = {
  viewer: { en: 'viewer', ja: '閲覧者' },
  developer: { en: 'developer', ja: '開発者' },
  manager: { en: 'manager', ja: '開発マネジャー' },
  sre: { en: 'sre', ja: 'SRE' },
}

export const identity = {
  badName: (name: string): Text => ({ en: `${name} is not a name for a user`, ja: `${name} はユーザー名に使えません` }),
  badNameHint: {
    en: 'Use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first',
    ja: '英数字・ピリオド・ハイフン・アンダースコアで 64 文字以内とし、英数字で始めてください',
  } satisfies Text,
  userExists: (name: string): Text => ({ en: `There is a user ${name} already`, ja: `ユーザー ${name} はすでに存在します` }),
  userExistsHint: {
    en: 'Take another name; `kiban user list` shows those that are taken',
    ja: '別の名前を指定してください。使用中の名前は `kiban user list` で確認できます',
  } satisfies Text,
  nameTaken: (name: string): Text => ({
    en: `The name ${name} belongs to somebody else, a user or a token, for good`,
    ja: `${name} は別のユーザーまたはトークンの名前です (使い回しはできません)`,
  }),
  nameTakenHint: {
    en: 'Take another name: what is done stands under it on the timeline',
    ja: '別の名前を指定してください。タイムラインにはこの名前で記録されます',
  } satisfies Text,
  userUnknown: (name: string): Text => ({ en: `There is no user ${name}`, ja: `ユーザー ${name} は存在しません` }),
  usersHint: { en: '`kiban user list` shows all', ja: '`kiban user list` で一覧できます' } satisfies Text,
  passwordWeak: { en: 'The password is too weak', ja: 'パスワードが条件を満たしていません' } satisfies Text,
  passwordWeakHint: {
    en: 'Take one that keeps all of these, from a password manager',
    ja: 'すべての条件を満たすものを、パスワードマネージャーなどで作成してください',
  } satisfies Text,
  passwordLength: { en: 'at least 8 characters', ja: '8 文字以上' } satisfies Text,
  passwordUpper: { en: 'at least one upper case letter', ja: '英大文字を 1 文字以上' } satisfies Text,
  passwordLower: { en: 'at least one lower case letter', ja: '英小文字を 1 文字以上' } satisfies Text,
  passwordDigit: { en: 'at least one digit', ja: '数字を 1 文字以上' } satisfies Text,
  passwordSign: { en: 'at least one sign, such as - or !', ja: '記号を 1 文字以上 (- や ! など)' } satisfies Text,
  passwordTooLong: (most: number): Text => ({ en: `at most ${most} characters`, ja: `${most} 文字以内` }),
  codeWrong: { en: 'The code is not right', ja: 'コードが正しくありません' } satisfies Text,
  codeWrongHint: {
    en: 'Take the newest code of the authenticator; if none is right, check the clock of that device',
    ja: '認証アプリの最新のコードを入力してください。合わない場合は端末の時計を確認してください',
  } satisfies Text,
  loginFailed: {
    en: 'Name, password or code is not right',
    ja: '名前、パスワード、コードのいずれかが正しくありません',
  } satisfies Text,
  loginFailedHint: {
    en: 'After a few failures each try waits longer. Whoever administers kiban can send a new invitation: kiban user invite NAME',
    ja: '失敗が続くと待ち時間が長くなります。管理者は kiban user invite NAME で招待し直せます',
  } satisfies Text,
  blocked: (seconds: number): Text => ({
    en: `Too many failures; go on in ${seconds} s`,
    ja: `失敗が続いたため、${seconds} 秒後にお試しください`,
  }),
  blockedHint: {
    en: 'Whoever administers kiban can send a new invitation: kiban user invite NAME',
    ja: '管理者は kiban user invite NAME で招待し直せます',
  } satisfies Text,
  invitationUnknown: { en: 'This link is used up or too old', ja: 'このリンクは使用済みか、期限切れです' } satisfies Text,
  invitationHint: {
    en: 'Ask for a new one: kiban user invite NAME. The first administrator finds a new link in the log after a restart of the server',
    ja: '新しいリンクを依頼してください (kiban user invite NAME)。最初の管理者のリンクは、サーバーを再起動するとログに表示されます',
  } satisfies Text,
  moreThanOwn: (role: string, place: string): Text => ({
    en: `You may not give ${role} on ${place}: you do not hold it`,
    ja: `${place} の ${role} は、ご自身が持っていないため付与できません`,
  }),
  moreThanOwnHint: {
    en: 'Ask somebody who holds it; `kiban whoami` shows what you hold',
    ja: 'その役割を持つ人に依頼してください。ご自身の役割は `kiban whoami` で確認できます',
  } satisfies Text,
  lastAdministrator: {
    en: 'This would leave nobody who can administer kiban',
    ja: 'この操作を行うと、kiban を管理できる人がいなくなります',
  } satisfies Text,
  lastAdministratorHint: {
    en: 'First give sre on * to somebody else: kiban grant give NAME sre',
    ja: '先に別の人へ sre を付与してください: kiban grant give NAME sre',
  } satisfies Text,
  grantOver: { en: 'This role would be over already', ja: '権限の期限がすでに過ぎています' } satisfies Text,
  grantOverHint: {
    en: 'Give an end that is to come (--until), or none for as long as somebody takes it back',
    ja: 'これからの期限を --until で指定するか、取り消すまで有効にする場合は省略してください',
  } satisfies Text,
  grantUnknown: (id: string): Text => ({ en: `There is no grant ${id}`, ja: `権限の付与 ${id} はありません` }),
  sessionUnknown: (id: string): Text => ({ en: `There is no session ${id}`, ja: `セッション ${id} はありません` }),
  sessionsHint: { en: '`kiban session list` shows yours', ja: '`kiban session list` で一覧できます' } satisfies Text,
  tokenUnknown: (id: string): Text => ({ en: `There is no token ${id}`, ja: `トークン ${id} はありません` }),
  tokensHint: { en: '`kiban token list` shows all', ja: '`kiban token list` で一覧できます' } satisfies Text,
  tokenNameHint: { en: 'Name the token after what it is for', ja: '用途がわかるトークン名を付けてください' } satisfies Text,
  tokensOfPeople: {
    en: 'Tokens are made by people, not by tokens',
    ja: 'トークンを発行できるのは人だけです',
  } satisfies Text,
  tokensOfPeopleHint: {
    en: 'Log in as a person: kiban login, or the console',
    ja: '人としてログインしてください (kiban login、またはコンソール)',
  } satisfies Text,
  badSecretKey: {
    en: 'KIBAN_SECRET_KEY is not 32 bytes in base64',
    ja: 'KIBAN_SECRET_KEY が base64 形式の 32 バイトではありません',
  } satisfies Text,
  noSecretKey: {
    en: 'Passwords need KIBAN_SECRET_KEY, which seals the seeds of their one-time codes',
    ja: 'パスワードを使うには、ワンタイムコードの種を暗号化する KIBAN_SECRET_KEY が必要です',
  } satisfies Text,
  secretKeyHint: {
    en: 'Make one by `openssl rand -base64 32`, the same for all servers, and keep it where secrets are kept',
    ja: '`openssl rand -base64 32` で作成し、全サーバーで同じ値を使い、秘密の値を保管する場所に保存してください',
  } satisfies Text,
  noServer: {
    en: 'Sessions and tokens belong to a login at a server, and you work without one',
    ja: 'セッションとトークンは、サーバーにログインしているときに使うものです。現在はサーバーなしで動作しています',
  } satisfies Text,
  noServerHint: {
    en: 'Log in at a server first: kiban login https://kiban.example.com',
    ja: '先にサーバーへログインしてください: kiban login https://kiban.example.com',
  } satisfies Text,

  deviceUnknown: { en: 'This code is not, or no longer, good', ja: 'このコードは無効か、期限切れです' } satisfies Text,
  deviceHint: {
    en: 'Run kiban login again: a code is good for ten minutes',
    ja: 'もう一度 kiban login を実行してください。コードの有効期間は 10 分です',
  } satisfies Text,

  oidcSettings: (name: string, value: string): Text => ({
    en: value ? `${name} cannot be ${value}` : `${name} is missing`,
    ja: value ? `${name} に ${value} は指定できません` : `${name} が設定されていません`,
  }),
  oidcSettingsHint: {
    en: 'docs/operate/environment.md says what each of KIBAN_OIDC_… takes',
    ja: 'KIBAN_OIDC_… に指定できる値は docs/operate/environment.md を参照してください',
  } satisfies Text,
  oidcOff: { en: 'There is no identity provider here', ja: '外部の ID プロバイダーは設定されていません' } satisfies Text,
  oidcOffHint: { en: 'Log in another way', ja: '別の方法でログインしてください' } satisfies Text,
  oidcFailed: { en: 'The login did not come back as it went out', ja: 'ログインを確認できませんでした' } satisfies Text,
  oidcHint: { en: 'Log in again', ja: 'もう一度ログインしてください' } satisfies Text,
  oidcUnavailable: { en: 'The identity provider does not answer', ja: 'ID プロバイダーが応答しません' } satisfies Text,
  oidcUnknownUser: { en: 'kiban does not know this account', ja: 'このアカウントは kiban に登録されていません' } satisfies Text,
  oidcUnknownUserHint: {
    en: 'Ask whoever administers kiban for an invitation, and link the account in the settings: kiban user invite NAME',
    ja: '管理者に招待を依頼し、設定ページでアカウントを連携してください: kiban user invite NAME',
  } satisfies Text,
  oidcLinked: {
    en: 'This account belongs to another user already',
    ja: 'このアカウントはすでに別のユーザーと連携しています',
  } satisfies Text,
  oidcLinkedHint: {
    en: 'Log in with it as that user, or link another account',
    ja: 'そのユーザーとしてログインするか、別のアカウントを連携してください',
  } satisfies Text,

  passkeyFailed: { en: 'This passkey opens nothing here', ja: 'このパスキーではログインできません' } satisfies Text,
  passkeyFailedHint: {
    en: 'Try again; if it fails again, log in another way and add the passkey anew in the settings',
    ja: 'もう一度お試しください。繰り返す場合は別の方法でログインし、設定ページでパスキーを登録し直してください',
  } satisfies Text,
  passkeyNoName: {
    en: 'Passkeys need a server with a name, and this one has an address alone',
    ja: 'パスキーを使うには、IP アドレスではなく名前でサーバーを開く必要があります',
  } satisfies Text,
  passkeyNoNameHint: {
    en: 'Set KIBAN_URL to https and the name; on one machine http://localhost will do',
    ja: 'KIBAN_URL に https とホスト名を指定してください。1 台で使う場合は http://localhost でも使えます',
  } satisfies Text,
  passkeyTooMany: (most: number): Text => ({
    en: `There are ${most} passkeys already; remove one first`,
    ja: `パスキーは ${most} 個までです。先に不要なものを削除してください`,
  }),
  passkeysHint: { en: '`kiban passkey list` shows yours', ja: '`kiban passkey list` で一覧できます' } satisfies Text,
  passkeyUnknown: { en: 'There is no such passkey of yours', ja: 'そのパスキーは登録されていません' } satisfies Text,

  // Fields and commands.
  fieldPasskey: { en: 'Passkey', ja: 'パスキー' },
  fieldPasskeyName: { en: 'What you call the device', ja: '端末の呼び名' },
  fieldPasskeyAnswer: { en: 'What the device answered', ja: '端末からの応答' },
  passkeyList: { en: 'List your passkeys', ja: '自分のパスキーを一覧する' },
  passkeyRemove: { en: 'Remove a passkey of yours', ja: '自分のパスキーを削除する' },
  passkeyBegin: { en: 'Ask a device for a passkey', ja: 'パスキーの登録を開始する' },
  passkeyAdd: { en: 'Add a passkey', ja: 'パスキーを登録する' },
  loginChallenge: { en: 'Ask a device to log in by a passkey', ja: 'パスキーでのログインを開始する' },
  loginPasskey: { en: 'Log in by a passkey', ja: 'パスキーでログインする' },
  fieldTo: { en: 'Page to go to after the login', ja: 'ログイン後に開くページ' },
  fieldLinkAccount: { en: 'Link the account to the user who is logged in', ja: 'ログイン中のユーザーにアカウントを連携する' },
  fieldAnswer: { en: 'What the provider answered', ja: 'ID プロバイダーからの応答' },
  oidcBegin: { en: 'Go to the identity provider', ja: 'ID プロバイダーでのログインを開始する' },
  oidcFinish: { en: 'Come back from the identity provider', ja: 'ID プロバイダーでのログインを完了する' },
  fieldDeviceCode: { en: 'Code that the program shows', ja: '端末に表示されたコード' },
  fieldDeviceName: { en: 'What the program runs on', ja: '端末の名前' },
  deviceBegin: { en: 'Ask to log a program in by a browser', ja: 'ブラウザを使ったログインを開始する' },
  deviceClaim: { en: 'Fetch the session that was allowed', ja: '許可されたセッションを受け取る' },
  deviceShow: { en: 'Show which program asks', ja: 'ログインを求める端末を表示する' },
  deviceApprove: { en: 'Let a program in', ja: '端末のログインを許可する' },
  fieldName: { en: 'User', ja: 'ユーザー' },
  fieldDisplayName: { en: 'Name as people read it', ja: '表示名' },
  fieldEmail: { en: 'Mail address', ja: 'メールアドレス' },
  fieldRole: { en: 'Role: viewer, developer, manager or sre', ja: '役割: viewer、developer、manager、sre' },
  fieldProduct: { en: 'Product; * for all', ja: 'プロダクト。* ですべて' },
  fieldEnvironment: { en: 'Environment; * for all', ja: '環境。* ですべて' },
  fieldReason: { en: 'Why', ja: '理由' },
  fieldUntil: { en: 'When it ends: a date or time (ISO 8601)', ja: '期限: 日付または日時 (ISO 8601)' },
  fieldOperation: { en: 'Operation, such as deployment.start', ja: '操作 (deployment.start など)' },
  fieldPassword: { en: 'Password', ja: 'パスワード' },
  fieldCode: { en: 'One-time code', ja: 'ワンタイムコード' },
  fieldLink: { en: 'Secret of the link', ja: 'リンクに含まれる秘密の値' },
  fieldGrant: { en: 'Grant', ja: '権限の付与' },
  fieldSession: { en: 'Session', ja: 'セッション' },
  fieldToken: { en: 'Token', ja: 'トークン' },
  fieldTokenName: { en: 'What it is for; the timeline shows this name', ja: '用途。タイムラインにこの名前で表示されます' },
  fieldDays: { en: 'Days until it ends', ja: '有効日数' },
  whoami: { en: 'Show who you are here, and what you may', ja: '自分が誰で、何ができるかを表示する' },
  can: { en: 'Ask whether you may do something, and why', ja: 'ある操作ができるかどうかと、その理由を表示する' },
  userList: { en: 'List users and their roles', ja: 'ユーザーと役割を一覧する' },
  userInvite: { en: 'Invite a user, or again one who lost the way in', ja: 'ユーザーを招待する (再招待もできる)' },
  userDisable: { en: 'Shut a user out, at once and everywhere', ja: 'ユーザーを直ちに無効にする' },
  userEnable: { en: 'Let a user in again', ja: 'ユーザーを再び有効にする' },
  grantGive: { en: 'Give a user a role at a place', ja: 'ユーザーに役割を付与する' },
  grantTake: { en: 'Take a role back', ja: '役割を取り消す' },
  sessionList: { en: 'List your sessions', ja: '自分のセッションを一覧する' },
  sessionRevoke: { en: 'End a session of yours', ja: '自分のセッションを終了する' },
  sessionClose: { en: 'Log out', ja: 'ログアウトする' },
  tokenCreate: { en: 'Make a token for a machine', ja: '機械用のトークンを発行する' },
  tokenList: { en: 'List tokens', ja: 'トークンを一覧する' },
  tokenRevoke: { en: 'End a token', ja: 'トークンを無効にする' },
  loginMethods: { en: 'Ways to log in', ja: 'ログイン方法' },
  loginInvitation: { en: 'Log in by a one-time link', ja: 'ワンタイムリンクでログインする' },
  loginPassword: { en: 'Log in by password and one-time code', ja: 'パスワードとワンタイムコードでログインする' },
  passwordSet: { en: 'Set a password', ja: 'パスワードを設定する' },
  passwordConfirm: { en: 'Confirm a new password by its first code', ja: '最初のコードで新しいパスワードを確認する' },

  // What is shown.
  youAre: (name: string): Text => ({ en: `You are ${name}`, ja: `${name} としてログインしています` }),
  noRoles: { en: 'You hold no role yet', ja: 'まだ役割がありません' } satisfies Text,
  noRolesHint: {
    en: 'Ask an SRE for one: kiban grant give NAME developer --product PRODUCT',
    ja: 'SRE に依頼してください: kiban grant give NAME developer --product PRODUCT',
  },
  everywhere: { en: 'everywhere', ja: 'すべて' } satisfies Text,
  until: { en: 'until', ja: '期限' } satisfies Text,
  mayBecause: (operation: string, role: Text, place: string): Text => ({
    en: `You may run ${operation} on ${place}: you are ${role.en} there`,
    ja: `${place} で ${operation} を実行できます: ${role.ja}の役割があります`,
  }),
  mayAnybody: (operation: string): Text => ({ en: `Anybody may run ${operation}`, ja: `${operation} は誰でも実行できます` }),
  mayNot: (operation: string, place: string, wanted: string): Text => ({
    en: `You may not run ${operation} on ${place}: it takes ${wanted} there`,
    ja: `${place} で ${operation} は実行できません: 必要な役割は ${wanted} です`,
  }),
  invited: (name: string): Text => ({
    en: `Give ${name} this link; it works once`,
    ja: `${name} に次のリンクを渡してください (1 回だけ有効)`,
  }),
  tokenOnce: {
    en: 'This is shown once; keep it where secrets are kept',
    ja: '表示されるのは今回だけです。秘密の値を保管する場所に保存してください',
  } satisfies Text,
  disabled: { en: 'disabled', ja: '無効' } satisfies Text,
  done: { en: 'Done', ja: '完了しました' } satisfies Text,
  noSessions: { en: 'No sessions', ja: 'セッションはありません' } satisfies Text,
  noPasskeys: { en: 'No passkeys', ja: 'パスキーはありません' } satisfies Text,
  noTokens: { en: 'No tokens', ja: 'トークンはありません' } satisfies Text,
}

/** Why a login by the company's provider came to nothing, by the code of its error. */
export const oidcRefusal: Record<string, { text: Text; hint: Text }> = {
  'oidc.failed': { text: identity.oidcFailed, hint: identity.oidcHint },
  'oidc.unavailable': { text: identity.oidcUnavailable, hint: identity.oidcHint },
  'oidc.unknown-user': { text: identity.oidcUnknownUser, hint: identity.oidcUnknownUserHint },
  'oidc.linked': { text: identity.oidcLinked, hint: identity.oidcLinkedHint },
}
