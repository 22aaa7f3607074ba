// What the command line itself says.
import type { Text } from '../text.ts'

export const cli = {
  brief: {
    en: 'One manifest per product: deploy it, watch it, undo it',
    ja: 'マニフェスト 1 つでデプロイ・監視・ロールバックまで',
  } satisfies Text,
  everyday: { en: 'Every day', ja: 'よく使うコマンド' } satisfies Text,
  besides: { en: 'Besides', ja: 'そのほか' } satisfies Text,
  allOfThem: { en: 'By what they are about', ja: '対象ごと' } satisfies Text,
  moreHelp: {
    en: 'kiban COMMAND --help tells more; every command takes --json and --lang en|ja',
    ja: '詳しくは kiban コマンド --help。どのコマンドも --json と --lang en|ja を付けられます',
  } satisfies Text,
  noun: (noun: string): Text => ({ en: `Everything about ${noun}`, ja: `${noun} の操作` }),
  flagJson: {
    en: 'Print JSON (one document; a line per item when it streams)',
    ja: 'JSON で出力する (ストリームは 1 行 1 件)',
  } satisfies Text,
  flagYes: { en: 'Do not ask', ja: '確認せずに実行する' } satisfies Text,
  flagUtc: { en: 'Show times in UTC', ja: '時刻を UTC で表示する' } satisfies Text,
  flagLang: { en: 'Language of the output', ja: '出力の言語' } satisfies Text,
  needsYes: (command: string): Text => ({
    en: `${command} changes something and nobody can be asked here`,
    ja: `${command} は変更を伴いますが、ここでは確認を取れません`,
  }),
  needsYesHint: {
    en: 'Add --yes to run it without a question',
    ja: '確認なしで実行するには --yes を付けてください',
  } satisfies Text,
  declined: { en: 'Nothing was changed', ja: '何も変更していません' } satisfies Text,
  yes: { en: 'Yes', ja: 'はい' } satisfies Text,
  no: { en: 'No', ja: 'いいえ' } satisfies Text,
  goOn: { en: 'Go on?', ja: '続けますか?' } satisfies Text,
  badInput: (command: string): Text => ({
    en: `${command} was given something it cannot use`,
    ja: `${command} に使えない値が渡されました`,
  }),
  missing: { en: 'is missing', ja: '指定してください' } satisfies Text,
  badInputHint: (command: string): Text => ({
    en: `${command} --help shows what it takes`,
    ja: `使い方は ${command} --help で確認できます`,
  }),
  completion: {
    en: 'Print a script that completes commands in a shell',
    ja: 'シェル補完用のスクリプトを出力する',
  } satisfies Text,
  completionHow: {
    en: 'bash and zsh: add  source <(kiban completion bash)  to ~/.bashrc, or zsh to ~/.zshrc. fish: kiban completion fish > ~/.config/fish/completions/kiban.fish',
    ja: 'bash と zsh: ~/.bashrc に  source <(kiban completion bash)  を、zsh は ~/.zshrc に追加してください。fish: kiban completion fish > ~/.config/fish/completions/kiban.fish',
  } satisfies Text,
  completionShell: { en: 'Your shell', ja: '使用するシェル' } satisfies Text,
  completionUnknown: (shell: string): Text => ({
    en: `there is no script for ${shell}, only for bash, zsh and fish`,
    ja: `${shell} 用のスクリプトはありません。bash、zsh、fish から選んでください`,
  }),
  childMissing: (program: string): Text => ({
    en: `${program}: no such command`,
    ja: `${program} というコマンドはありません`,
  }),
  childNotRunnable: (program: string): Text => ({
    en: `${program}: permission denied`,
    ja: `${program} を実行する権限がありません`,
  }),
  childFailed: (program: string): Text => ({
    en: `${program} could not be run`,
    ja: `${program} を実行できませんでした`,
  }),
  hint: { en: 'Do', ja: '対処' } satisfies Text,
}

/** The words of the argument parser, in Japanese; in English its own are used. */
export const parserJa = {
  headers: { usage: '使い方', aliases: '別名', commands: 'コマンド', flags: 'オプション', arguments: '引数' },
  keywords: { default: '既定値 =', separator: '区切り文字 =' },
  briefs: {
    help: '使い方を表示して終了する',
    helpAll: '隠しコマンドも含めて使い方を表示する',
    version: 'バージョンを表示して終了する',
    argumentEscapeSequence: '以降をすべて引数として扱う',
  },
  unknownCommand: (input: string, corrections: readonly string[]) =>
    `${input} というコマンドはありません${corrections.length > 0 ? `。もしかして: ${corrections.join('、')}` : ''}`,
  flagUnknown: (input: string, corrections: readonly string[]) =>
    `--${input} というオプションはありません${corrections.length > 0 ? `。もしかして: ${corrections.map((name) => `--${name}`).join('、')}` : ''}`,
  aliasUnknown: (input: string) => `-${input} というオプションはありません`,
  valueMissing: (flag: string) => `--${flag} の値を指定してください`,
  valueNotAllowed: (flag: string, input: string, values: readonly string[]) =>
    `--${flag} に ${input} は使えません。使える値: ${values.join('、')}`,
  valueUnreadable: (name: string, input: string) => `${name} の値 ${input} を解釈できません`,
  argumentMissing: (name: string) => `引数 ${name} を指定してください`,
  argumentExtra: (input: string) => `引数 ${input} は余分です`,
  flagTwice: (flag: string) => `--${flag} は一度だけ指定できます`,
}
